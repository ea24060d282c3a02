# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""Which part of a registry is in the Venus protocol.

Reads venus.xml next to the registry and answers: which commands exist on the
wire and under which number, which structs a renderer may know, and what it
must know (a condition) for each of them.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass

from gen import condition
from gen.registry import GeneratorError, Provider, Registry


@dataclass
class Number:
    """A row of venus.xml's command numbers."""

    number: int
    names: list[str]
    renderer: str  # '', 'none', 'unhandled', 'fatal'
    always_reply: bool
    virtqueue_only: bool


@dataclass
class TableExtension:
    """A row of venus.xml's extension table."""

    name: str
    number: int
    spec_version: int
    private: bool


class Rules:
    """The <rules> of venus.xml, with aliases resolved."""

    def __init__(self, root: ET.Element, registry: Registry) -> None:
        self.unknown: set[str] = set()
        self.null_types: set[str] = set()
        self.null_members: set[tuple[str, str]] = set()
        self.ignore: dict[tuple[str, str], str] = {}
        self.union: dict[str, str] = {}
        self.lens: dict[tuple[str, str], list[str]] = {}
        self.value: set[tuple[str, str]] = set()
        self.first: dict[str, str] = {}
        self.replace: dict[str, tuple[str, str]] = {}
        for rule in root.findall('rules/*'):
            self._add(rule, registry)

    def _add(self, rule: ET.Element, registry: Registry) -> None:
        if rule.get('type'):
            owner = registry.resolve_type(rule.get('type'))
        else:
            owner = registry.resolve_command(rule.get('command'))
        if owner in registry.types:
            names = [m.name for m in registry.types[owner].members]
        elif owner in registry.commands:
            names = [p.name for p in registry.commands[owner].params]
        else:
            return
        member = rule.get('member') or rule.get('param')
        if member and member not in names:
            raise GeneratorError(
                f'venus.xml: rule for {owner}.{member}, which is not there')
        if rule.tag == 'unknown':
            self.unknown.add(owner)
        elif rule.tag == 'null' and member:
            self.null_members.add((owner, member))
        elif rule.tag == 'null':
            self.null_types.add(owner)
        elif rule.tag == 'ignore':
            self.ignore[owner, member] = rule.get('unless')
        elif rule.tag == 'union':
            self.union[owner] = member
        elif rule.tag == 'len':
            self.lens[owner, member] = rule.get('len').split(',')
        elif rule.tag == 'value':
            self.value.add((owner, member))
        elif rule.tag == 'first':
            self.first[owner] = member
        elif rule.tag == 'replace':
            self.replace[owner] = (rule.get('value'), rule.get('by'))
        else:
            raise GeneratorError(f'venus.xml: no rule is named {rule.tag}')


class Venus:
    """The protocol as far as the registry covers it.

    `commands` maps the name of each command on the wire to its Number;
    `structs` maps the name of each type that a renderer may know to the
    condition under which it does; both by resolved name, registry order.
    """

    def __init__(self, registry: Registry, root: ET.Element) -> None:
        self.registry = registry
        registry.load(root)
        self.rules = Rules(root, registry)
        self.spec = int(root.get('spec') or 1)
        major, minor = (root.get('api') or '1.0').split('.')
        self.api = (int(major), int(minor))
        self.numbers = self._read_numbers(root)
        self.table = self._read_table(root)
        self.origins = self._collect_origins()
        self.listed = {registry.resolve_type(t)
                       for provider in registry.providers.values()
                       for block in provider.blocks for t in block.types}
        self.mesa_commands = [registry.commands[name] for name in
                              _names(root, 'commands/command/proto/name')]
        self.mesa_types = [registry.types[t.get('name')]
                           for t in root.findall('types/type')]
        self.structs = self._select_structs()
        self.commands: dict[str, Number] = {}
        self.command_conditions: dict[str, tuple] = {}
        self._select_commands()

    @property
    def vk_xml_version(self) -> tuple[int, int, int]:
        """The version of the registry, as renderers state theirs."""
        versions = self.registry.versions()
        if not versions or not self.registry.header_version:
            raise GeneratorError('the registry has no core version or no '
                                 'VK_HEADER_VERSION')
        return (*versions[-1], self.registry.header_version)

    @property
    def spec_covered(self) -> int:
        """The newest protocol version all of whose MESA commands and structs
        can be generated with this registry."""
        missing = [item.spec for item in self.mesa_commands + self.mesa_types
                   if not self._covered(item)]
        return min([self.spec] + [spec - 1 for spec in missing])

    def is_foreign(self, name: str) -> bool:
        """A struct that the registry says comes with something else. One
        that no version or extension names goes with whatever uses it."""
        return name in self.listed and name not in self.structs

    def extensions(self) -> list[tuple[TableExtension, Provider]]:
        """The table's extensions that the registry has, by name."""
        return [(row, self.registry.providers[row.name])
                for row in sorted(self.table.values(), key=lambda r: r.name)
                if not row.private and row.name in self.registry.providers]

    def other_names(self, name: str) -> list[str]:
        """What else a command is or was called, here or in other
        registries."""
        names = set(self.registry.aliases_of_command(name))
        if name in self.numbers:
            names |= set(self.numbers[name].names)
        return sorted(names - {name} - set(self.registry.commands))

    def _read_numbers(self, root: ET.Element) -> dict[str, Number]:
        numbers: dict[str, Number] = {}
        used: dict[int, str] = {}
        for row in root.findall('numbers/command'):
            names = [row.get('name')]
            names += [a for a in (row.get('alias') or '').split(',') if a]
            number = Number(number=int(row.get('number')), names=names,
                            renderer=row.get('renderer') or '',
                            always_reply=row.get('reply') == 'always',
                            virtqueue_only=row.get('path') == 'virtqueue')
            for name in names:
                if name in numbers:
                    raise GeneratorError(f'venus.xml: {name} has two numbers')
                numbers[name] = number
            taken = used.setdefault(number.number, names[0])
            if taken != names[0]:
                raise GeneratorError(f'venus.xml: {taken} and {names[0]} '
                                     f'both have number {number.number}')
        return numbers

    def _read_table(self, root: ET.Element) -> dict[str, TableExtension]:
        table = {}
        for row in root.findall('extensions/extension'):
            extension = TableExtension(
                name=row.get('name'), number=int(row.get('number')),
                spec_version=int(row.get('spec')),
                private=row.get('private') == 'true')
            table[extension.name] = extension
            provider = self.registry.providers.get(extension.name)
            if provider and provider.number != extension.number:
                raise GeneratorError(
                    f'{extension.name} is number {extension.number} in '
                    f'venus.xml and {provider.number} in the registry')
        return table

    def _leaf(self, name: str) -> tuple:
        """The condition behind one name of a `depends`."""
        if '::' in name:
            return condition.TRUE  # a feature bit
        provider = self.registry.providers.get(name)
        return self._provider(provider) if provider else condition.FALSE

    def _provider(self, provider: Provider) -> tuple:
        if provider.version:
            if provider.version > self.api:
                return condition.FALSE
            return ('version', *provider.version)
        row = self.table.get(provider.name)
        if row is None:
            return condition.FALSE
        return ('ext', row.number, row.name)

    def _collect_origins(self) -> dict[str, list[tuple[Provider, tuple]]]:
        """For each type and command: who brings it, and when that is known.
        Providers and blocks outside the protocol are left out."""
        origins: dict[str, list[tuple[Provider, tuple]]] = {}
        for provider in self.registry.providers.values():
            own = self._provider(provider)
            for block in provider.blocks:
                when = condition.parse_depends(block.depends, self._leaf)
                when = condition.both(own, when)
                if when == condition.FALSE:
                    continue
                names = [self.registry.resolve_type(t) for t in block.types]
                names += [self.registry.resolve_command(c)
                          for c in block.commands]
                for name in names:
                    origins.setdefault(name, []).append((provider, when))
        return origins

    def _covered(self, item) -> bool:
        return not item.depends or item.depends in self.registry.providers

    def _select_structs(self) -> dict[str, tuple]:
        structs = {}
        mesa = {t.name for t in self.mesa_types}
        for name, kind in self.registry.types.items():
            if kind.category not in ('struct', 'union'):
                continue
            if name in mesa:
                if self._covered(kind):
                    structs[name] = (('spec', kind.spec) if kind.spec > 1
                                     else condition.TRUE)
            elif name in self.origins and name not in self.rules.unknown:
                structs[name] = self._struct_condition(name)
        return structs

    def _struct_condition(self, name: str) -> tuple:
        """Everybody has the structs of Vulkan 1.0. Those of 1.1 and 1.2
        follow the core version or the extension they came with: renderers
        have them, devices may not. Newer ones follow the extension they came
        with, even where promoted since; only those that no extension had
        follow the core version."""
        core = [(p, when) for p, when in self.origins[name] if p.version]
        if any(p.version == (1, 0) for p, _ in core):
            return condition.TRUE
        extension = [when for p, when in self.origins[name] if not p.version]
        if any(p.version <= (1, 2) for p, _ in core):
            return condition.either(*[when for _, when in core], *extension)
        if extension:
            return condition.either(*extension)
        return condition.either(*[when for _, when in core])

    def _select_commands(self) -> None:
        for command in self.mesa_commands:
            if self._covered(command):
                when = (('spec', command.spec) if command.spec > 1
                        else condition.TRUE)
                self._add_command(command.name, when)
        for name in self.registry.commands:
            if name in self.origins and name not in self.rules.unknown:
                whens = [when for _, when in self.origins[name]]
                if ('version', 1, 0) in whens:
                    whens = [condition.TRUE]
                self._add_command(name, condition.either(*whens))
        self.commands = dict(sorted(self.commands.items(),
                                    key=lambda item: item[1].number))

    def _add_command(self, name: str, when: tuple) -> None:
        if name not in self.numbers:
            raise GeneratorError(f'venus.xml: {name} has no number')
        if self.numbers[name].renderer == 'none':
            return
        self.commands[name] = self.numbers[name]
        self.command_conditions[name] = when


def _names(root: ET.Element, path: str) -> list[str]:
    return [element.text for element in root.findall(path)]
