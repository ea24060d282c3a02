# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""Which commands and structs the protocol has, and when they may be sent."""

from dataclasses import dataclass, field
from pathlib import Path

from . import mesa
from .conditions import holds
from .registry import Registry
from .shapes import Shape, shape

HERE = Path(__file__).parent

# Numbers are reserved for these, but no renderer decodes them.
NO_DECODER = {
    'vkGetInstanceProcAddr', 'vkGetDeviceProcAddr', 'vkMapMemory',
    'vkUpdateDescriptorSetWithTemplate', 'vkGetMemoryFdKHR',
    'vkGetMemoryFdPropertiesKHR', 'vkImportFenceFdKHR', 'vkGetFenceFdKHR',
    'vkImportSemaphoreFdKHR', 'vkGetSemaphoreFdKHR',
    'vkCmdPushDescriptorSetWithTemplate', 'vkMapMemory2',
    'vkCmdPushDescriptorSetWithTemplate2', 'vkCopyMemoryToImage',
    'vkCopyImageToMemory', 'vkBuildAccelerationStructuresKHR',
    'vkCopyAccelerationStructureToMemoryKHR',
    'vkCopyMemoryToAccelerationStructureKHR', 'vkWriteSamplerDescriptorsEXT',
    'vkWriteResourceDescriptorsEXT',
}

# Would be known by the rules, and are not.
UNKNOWN_STRUCTS = {'VkImportMemoryFdInfoKHR',
                   'VkPhysicalDeviceLayeredApiPropertiesListKHR'}

# Counts of arrays in place, of which older registries say nothing.
IN_PLACE_COUNTS = {
    'VkPhysicalDeviceMemoryProperties': (
        ('memoryTypeCount', 'memoryTypes'),
        ('memoryHeapCount', 'memoryHeaps')),
    'VkPhysicalDeviceGroupProperties': (
        ('physicalDeviceCount', 'physicalDevices'),),
    'VkQueueFamilyGlobalPriorityPropertiesKHR': (
        ('priorityCount', 'priorities'),),
    'VkQueueFamilyGlobalPriorityProperties': (
        ('priorityCount', 'priorities'),),
}

# Outputs whose value is sent all the same.
SENT_OUTPUTS = {('vkRegisterCustomBorderColorEXT', 'pIndex')}

FULL, PARTIAL, REPLY = 'full', 'partial', 'reply'


@dataclass
class Origin:
    """Where a struct comes from."""

    versions: set = field(default_factory=set)      # of core: (1, 2)
    # (registry number, condition of the <require> block)
    extensions: set = field(default_factory=set)


@dataclass
class Caps:
    """What a renderer's decoder knows."""

    version: tuple = (1, 4)
    spec_version: int = 4
    extensions: set = None      # registry numbers; None: all are known

    def permits(self, origin, spec, numbers):
        """Whether a chained struct may be sent.

        spec: the protocol's version that it needs if it is a MESA struct.
        numbers: extension name -> registry number, for conditions: a
        renderer without what a block depends on does not count the block.
        """
        if spec is not None:
            return self.spec_version >= spec
        core = bool(origin.versions) and self.version >= min(origin.versions)
        if not origin.extensions or (origin.versions and
                                     min(origin.versions) <= (1, 2)):
            return core or self.has_extension_of(origin, numbers)
        return self.has_extension_of(origin, numbers)

    def has_command_of(self, origin, spec, numbers):
        """Whether a command of an origin may be sent."""
        if spec is not None:
            return self.spec_version >= spec
        return (any(version <= self.version for version in origin.versions) or
                self.has_extension_of(origin, numbers))

    def has_extension_of(self, origin, numbers):
        """Whether a <require> block counts for the renderer."""
        def is_met(name):
            if '::' in name:
                return True
            if name.startswith('VK_VERSION_'):
                return self.version >= tuple(map(int, name.split('_')[2:]))
            return name in numbers and self.knows(numbers[name])

        return any(self.knows(number) and holds(condition, is_met)
                   for number, condition in origin.extensions)

    def knows(self, number):
        """Whether the renderer's decoder knows an extension."""
        return self.extensions is None or number in self.extensions


def read_table(name):
    """[(number, [names])] of a table beside this file."""
    lines = (HERE / name).read_text().splitlines()
    rows = [x.split() for x in lines if x and not x.startswith('#')]
    return [(int(row[0]), row[1:]) for row in rows]


def add_origin(origins, name, provider, block):
    """Notes that a <require> block of a provider names something."""
    origin = origins.setdefault(name, Origin())
    if provider.version:
        origin.versions.add(provider.version)
    else:
        origin.extensions.add((provider.number, block.depends))


class Scope:
    """The protocol for one registry."""

    def __init__(self, path):
        self.registry = Registry(path)
        self.numbers = {name: number
                        for number, names in read_table('commands.txt')
                        for name in names}
        self.extension_numbers = {
            name: number for number, names in read_table('extensions.txt')
            for name in names}
        self.providers = [p for p in self.registry.providers
                          if p.version or p.name in self.extension_numbers]
        for provider in self.providers:
            assert provider.number in (
                None, self.extension_numbers.get(provider.name))
        self.known_providers = {p.name for p in self.providers}
        self.origins = {}
        self.command_origins = {}
        self.commands = {}
        self._collect()
        for name in mesa.add_to(self.registry):
            self.commands[name] = self.registry.commands[name]
        self.structs_in = {FULL: set(), PARTIAL: set(), REPLY: set()}
        self.heads_in = {FULL: set(), PARTIAL: set(), REPLY: set()}
        self._chains = {}
        for command in self.commands.values():
            for param in command.params:
                if shape(param) is not Shape.NULL:
                    for role in self.param_roles(param):
                        self._use(param.type, role)

    def canonical_struct(self, name):
        """The Struct that a type name means, None for other types."""
        return self.registry.structs.get(self.registry.canonical(name))

    def number(self, command):
        """The command type of a canonical command name."""
        return self.numbers[command]

    def chain_of(self, head):
        """Names of all structs that may extend a struct, sorted."""
        if head not in self._chains:
            self._chains[head] = sorted(
                s.name for s in self.registry.structs.values()
                if head in map(self.registry.canonical, s.extends) and
                self.is_known(s.name))
        return self._chains[head]

    def is_known(self, name):
        """Whether the protocol has a struct that extends others."""
        return ((name in self.origins or name in mesa.SPEC_VERSION) and
                name not in UNKNOWN_STRUCTS)

    def permitted(self, name, caps):
        """Whether a known struct may be sent to a renderer."""
        return caps.permits(self.origins.get(name),
                            mesa.SPEC_VERSION.get(name),
                            self.extension_numbers)

    def stype(self, name):
        """The VkStructureType of a struct."""
        return self.registry.value(
            self.registry.structs[name].fields[0].stype)

    def has_command(self, name, caps):
        """Whether a renderer knows a command."""
        spec = None
        if name not in self.command_origins:
            spec = mesa.COMMAND_SPEC_VERSION.get(name, 1)
        return caps.has_command_of(self.command_origins.get(name), spec,
                                   self.extension_numbers)

    @staticmethod
    def is_output(param):
        """Whether a parameter of a command is an output."""
        return param.pointers > 0 and not param.const

    def param_roles(self, param):
        """The forms in which a parameter's type is needed."""
        if self.is_output(param):
            return (PARTIAL, REPLY)
        return (FULL,)

    def counted_by(self, fields):
        """Names of the fields that are lengths of pointers."""
        return {length for f in fields if f.pointers for length in f.lengths
                if any(length == g.name for g in fields)}

    @staticmethod
    def in_place_counts(struct):
        """{array in place: member that says how much of it is in use}."""
        names = {f.name for f in struct.fields}
        counts = {f.name: f.used for f in struct.fields if f.used in names}
        for name, array in IN_PLACE_COUNTS.get(struct.name, ()):
            counts[array] = name
        return counts

    def limits(self, struct):
        """{count: room} for the arrays in place of a struct."""
        return {count: struct.find(array).dims[0]
                for array, count in self.in_place_counts(struct).items()}

    # -- internals

    def _met(self, name):
        """Whether a name in a condition is met; feature bits are."""
        return '::' in name or name in self.known_providers

    def _collect(self):
        no_decoder = {self.numbers[name] for name in NO_DECODER}
        for provider in self.providers:
            for block in provider.blocks:
                if not holds(block.depends, self._met):
                    continue
                for name in map(self.registry.canonical, block.types):
                    if name not in self.registry.structs:
                        continue
                    add_origin(self.origins, name, provider, block)
                for name in map(self.registry.canonical, block.commands):
                    # Old registries drag in commands of foreign extensions,
                    # which have no number. Those without decoder are told
                    # by number, as a later registry may rename them.
                    number = self.numbers.get(name)
                    if number is not None and number not in no_decoder:
                        self.commands[name] = self.registry.commands[name]
                        add_origin(self.command_origins, name, provider,
                                   block)

    def _use(self, type_name, role, chained=False):
        struct = self.canonical_struct(type_name)
        if struct is None:
            return
        if not chained:
            self.heads_in[role].add(struct.name)
        if struct.name in self.structs_in[role]:
            return
        self.structs_in[role].add(struct.name)
        for member in struct.fields:
            if shape(member) not in (Shape.CHAIN, Shape.NULL):
                self._use(member.type, role)
        if struct.has_chain:
            for name in self.chain_of(struct.name):
                self._use(name, role, chained=True)
