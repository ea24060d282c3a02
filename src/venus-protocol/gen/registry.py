# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""A model of a Vulkan registry (vk.xml), or of any file of its shape.

Only what the protocol needs is kept: types, commands, constants, and which
version or extension brings which of them. Nothing here knows Venus.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field


class GeneratorError(Exception):
    """The input holds something the generator has no rule for."""


@dataclass
class Member:
    """A struct or union member, or a command parameter.

    `pointers` counts the stars; `suffix` is the C text between type and
    name; `dims` are the fixed dimensions as written; `lens` has one length
    expression per pointer level that has one, C syntax, `altlen` applied;
    `stride` names the parameter with the distance of array elements.
    """

    name: str
    type: str
    const: bool
    struct: bool
    pointers: int
    suffix: str
    dims: list[str]
    lens: list[str]
    optional: bool
    selector: str | None
    selection: list[str]
    stype: str | None
    bits: bool
    stride: str | None = None

    @property
    def decl(self) -> str:
        """The C declaration, without a semicolon."""
        text = 'const ' if self.const else ''
        text += 'struct ' if self.struct else ''
        text += f'{self.type} {self.suffix}{self.name}'
        return text + ''.join(f'[{d}]' for d in self.dims)


@dataclass
class Type:
    """A named type. `category` as in the registry; `base` is the type that a
    basetype or bitmask is made of; `width` the bits of an enum."""

    name: str
    category: str
    members: list[Member] = field(default_factory=list)
    extends: list[str] = field(default_factory=list)
    base: str | None = None
    width: int = 32
    object_type: str | None = None
    dispatchable: bool = False
    spec: int = 0
    depends: str = ''

    @property
    def stype(self) -> str | None:
        """The VkStructureType value of a struct that has one."""
        if self.members and self.members[0].name == 'sType':
            return self.members[0].stype
        return None

    def member(self, name: str) -> Member:
        for member in self.members:
            if member.name == name:
                return member
        raise GeneratorError(f'{self.name} has no member {name}')


@dataclass
class Command:
    name: str
    ret: str
    params: list[Member]
    spec: int = 0
    depends: str = ''


@dataclass
class Block:
    """One <require>: what it brings, under which condition."""

    depends: str
    types: list[str]
    commands: list[str]


@dataclass
class Provider:
    """A core version or an extension."""

    name: str
    blocks: list[Block]
    version: tuple[int, int] | None = None  # of a core version
    number: int = 0
    spec_version: int = 0
    kind: str = ''  # of an extension: 'device', 'instance'
    promoted_to: str = ''
    depends: str = ''
    protect: str = ''  # the macro that its declarations are behind


def _is_vulkan(element: ET.Element) -> bool:
    api = element.get('api')
    return api is None or 'vulkan' in api.split(',')


def _depends(element: ET.Element) -> str:
    """The condition of an element; older registries spell it in up to two
    attributes that must both hold."""
    parts = [element.get(a) for a in ('depends', 'feature', 'extension')]
    parts = [p for p in parts if p]
    if len(parts) > 1:
        return '+'.join(f'({p})' for p in parts)
    return parts[0] if parts else ''


def parse_member(element: ET.Element) -> Member:
    """Reads a <member> or <param>."""
    before = element.text or ''
    after = ''
    kind = ''
    name = ''
    suffix = ''
    for child in element:
        if child.tag == 'type':
            kind = child.text.strip()
            suffix = child.tail or ''
        elif child.tag == 'name':
            name = child.text.strip()
            after = child.tail or ''
        elif child.tag == 'enum':
            after += child.text + (child.tail or '')
        # a <comment> says nothing about the declaration
    lens = element.get('altlen') or element.get('len') or ''
    suffix = re.sub(r'\s+', '', suffix)
    return Member(
        name=name,
        type=kind,
        const='const' in before,
        struct='struct' in before,
        pointers=suffix.count('*'),
        suffix=suffix.replace('*const*', '*const *'),
        dims=re.findall(r'\[\s*(\w+)\s*\]', after),
        lens=[part.strip() for part in lens.split(',') if part.strip()],
        optional=(element.get('optional') or '').split(',')[0] == 'true',
        selector=element.get('selector'),
        selection=(element.get('selection') or '').split(',')
        if element.get('selection') else [],
        stype=element.get('values') if name == 'sType' else None,
        bits=':' in after,
        stride=element.get('stride'))


class Registry:
    """Everything that the files given to load() define."""

    def __init__(self) -> None:
        self.types: dict[str, Type] = {}
        self.type_aliases: dict[str, str] = {}
        self.commands: dict[str, Command] = {}
        self.command_aliases: dict[str, str] = {}
        self.constants: dict[str, str] = {}
        self.providers: dict[str, Provider] = {}
        self.platforms: dict[str, str] = {}
        self.header_version = 0

    def load(self, root: ET.Element) -> None:
        """Adds the definitions of one parsed file."""
        for element in root.findall('platforms/platform'):
            self.platforms[element.get('name')] = element.get('protect')
        for element in root.findall('types/type'):
            if _is_vulkan(element):
                self._add_type(element)
        for element in root.findall('enums'):
            self._add_enums(element)
        for element in root.findall('commands/command'):
            if _is_vulkan(element):
                self._add_command(element)
        for element in root.findall('feature'):
            self._add_feature(element)
        for element in root.findall('extensions/extension'):
            if 'vulkan' in (element.get('supported') or '').split(','):
                self._add_extension(element)

    def type(self, name: str) -> Type:
        """The type behind a name or an alias of it."""
        name = self.resolve_type(name)
        if name not in self.types:
            raise GeneratorError(f'type {name} is not in the registry')
        return self.types[name]

    def resolve_type(self, name: str) -> str:
        while name in self.type_aliases:
            name = self.type_aliases[name]
        return name

    def resolve_command(self, name: str) -> str:
        while name in self.command_aliases:
            name = self.command_aliases[name]
        return name

    def constant(self, text: str) -> int:
        """The value of a number or of a named constant."""
        seen = text
        while not re.fullmatch(r'\d+', text):
            if text not in self.constants:
                raise GeneratorError(f'constant {seen} has no number')
            text = self.constants[text]
        return int(text)

    def versions(self) -> list[tuple[int, int]]:
        return sorted({p.version for p in self.providers.values()
                       if p.version})

    def aliases_of_command(self, name: str) -> list[str]:
        """All names of a command, its own first."""
        return [name] + sorted(a for a in self.command_aliases
                               if self.resolve_command(a) == name)

    def _add_type(self, element: ET.Element) -> None:
        category = element.get('category') or 'external'
        name = element.get('name') or element.findtext('name') or ''
        if element.get('alias'):
            self.type_aliases[name] = element.get('alias')
            return
        base = None
        if category in ('basetype', 'bitmask', 'handle'):
            base = element.findtext('type')
        if category == 'define' and name == 'VK_HEADER_VERSION':
            tail = element.find('name').tail or ''
            self.header_version = int(re.findall(r'\d+', tail)[0])
        self.types[name] = Type(
            name=name,
            category=category,
            members=[parse_member(m) for m in element.findall('member')
                     if _is_vulkan(m)],
            extends=[s for s in (element.get('structextends') or ''
                                 ).split(',') if s],
            base=base,
            object_type=element.get('objtypeenum'),
            dispatchable=base == 'VK_DEFINE_HANDLE',
            spec=int(element.get('spec') or 0),
            depends=element.get('depends') or '')

    def _add_enums(self, element: ET.Element) -> None:
        name = element.get('name')
        if name == 'API Constants':
            for enum in element.findall('enum'):
                self.constants[enum.get('name')] = (enum.get('alias') or
                                                    enum.get('value'))
        elif name == 'VkStructureType':
            for enum in element.findall('enum'):
                self._add_stype(enum, 0)
        elif element.get('bitwidth') == '64' and name in self.types:
            self.types[name].width = 64

    def _add_stype(self, enum: ET.Element, extension: int) -> None:
        if enum.get('offset'):
            number = int(enum.get('extnumber') or extension)
            value = 1000000000 + (number - 1) * 1000 + int(enum.get('offset'))
            self.constants[enum.get('name')] = str(value)
        else:
            self.constants.setdefault(enum.get('name'), enum.get('alias') or
                                      enum.get('value'))

    def _add_stypes(self, provider: ET.Element, extension: int) -> None:
        for enum in provider.iter('enum'):
            if enum.get('extends') == 'VkStructureType':
                self._add_stype(enum, extension)

    def _add_command(self, element: ET.Element) -> None:
        if element.get('alias'):
            self.command_aliases[element.get('name')] = element.get('alias')
            return
        proto = element.find('proto')
        name = proto.findtext('name')
        self.commands[name] = Command(
            name=name,
            ret=proto.findtext('type'),
            params=[parse_member(p) for p in element.findall('param')
                    if _is_vulkan(p)],
            spec=int(element.get('spec') or 0),
            depends=element.get('depends') or '')

    def _blocks(self, element: ET.Element) -> list[Block]:
        return [Block(depends=_depends(block),
                      types=[t.get('name') for t in block.findall('type')],
                      commands=[c.get('name')
                                for c in block.findall('command')])
                for block in element.findall('require')
                if _is_vulkan(block)]

    def _add_feature(self, element: ET.Element) -> None:
        # newer registries build a version from several internal parts
        name = element.get('name')
        match = re.fullmatch(r'VK_(?:[A-Z]+_)?VERSION_(\d+)_(\d+)', name)
        apis = (element.get('api') or '').split(',')
        if match and ('vulkan' in apis or 'vulkanbase' in apis):
            self._add_stypes(element, 0)
            self.providers[name] = Provider(
                name=name, blocks=self._blocks(element),
                version=(int(match.group(1)), int(match.group(2))))

    def _protect(self, extension: ET.Element) -> str:
        """The macro that the headers put around an extension."""
        platform = extension.get('platform')
        if platform is None and extension.get('provisional') == 'true':
            platform = 'provisional'
        return self.platforms.get(platform, '') if platform else ''

    def _add_extension(self, element: ET.Element) -> None:
        name = element.get('name')
        self._add_stypes(element, int(element.get('number')))
        spec_version = 0
        for enum in element.iter('enum'):
            if (enum.get('name').endswith('_SPEC_VERSION') and
                    (enum.get('value') or '').isdigit()):
                spec_version = int(enum.get('value'))
                break
        for enum in element.iter('enum'):
            if (not enum.get('extends') and
                    (enum.get('alias') or enum.get('value'))):
                self.constants.setdefault(
                    enum.get('name'), enum.get('alias') or enum.get('value'))
        self.providers[name] = Provider(
            name=name, blocks=self._blocks(element),
            number=int(element.get('number')),
            spec_version=spec_version,
            kind=element.get('type') or '',
            protect=self._protect(element),
            promoted_to=element.get('promotedto') or '',
            depends=element.get('depends') or element.get('requires') or '')
