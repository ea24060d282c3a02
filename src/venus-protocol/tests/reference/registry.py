# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""Reads vk.xml into plain types; decides nothing about the wire.

Only what the API named "vulkan" has is kept. Names of aliases are resolved
with Registry.canonical(). Errors in the file surface as KeyError or
ValueError with the name of the thing.
"""

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Field:
    """A member of a struct or a parameter of a command."""

    name: str
    type: str
    pointers: int = 0           # number of stars
    const: bool = False         # the innermost pointee is const
    dims: tuple = ()            # of an array in place
    lengths: tuple = ()         # one length expression for each star
    used: str = None            # how many of an array in place mean something
    optional: bool = False      # the first word of the attribute
    unchecked: bool = False     # noautovalidity
    selector: str = None        # sibling that says which union member
    selection: tuple = ()       # enumerants that select this union member
    stype: str = None           # enumerant, for the member sType
    bits: bool = False          # a bit field


@dataclass
class Struct:
    """A struct or a union."""

    name: str
    fields: list
    is_union: bool = False
    extends: tuple = ()

    @property
    def has_chain(self):
        """Whether it starts with sType and pNext."""
        return bool(self.fields) and self.fields[0].name == 'sType'

    def find(self, name):
        """The field of that name."""
        return next(f for f in self.fields if f.name == name)


@dataclass
class Command:
    """A command under its canonical name."""

    name: str
    ret: str
    params: list


@dataclass
class Requirement:
    """One <require> block: what it names, and when it counts."""

    depends: str                # '' or an expression of '+', ',', '(', ')'
    types: list
    commands: list


@dataclass
class Provider:
    """A core version or an extension."""

    name: str
    version: tuple = None       # (major, minor), of a core version
    number: int = None          # of an extension
    blocks: list = field(default_factory=list)


def for_vulkan(element, attribute='api'):
    """Whether an element belongs to the API "vulkan"."""
    return 'vulkan' in element.get(attribute, 'vulkan').split(',')


class Registry:
    """The parts of a vk.xml that a wire protocol may care about."""

    def __init__(self, path):
        root = ElementTree.parse(path).getroot()
        self.aliases = {}
        self.constants = {}
        self.scalars = {}       # name -> C type name or 'enum32', 'enum64'
        self.handles = {}       # name -> VkObjectType enumerant
        self.dispatchable = set()
        self.structs = {}
        self.commands = {}
        self.providers = []
        self.header_version = None
        self._read_enums(root)
        self._read_types(root)
        self._read_commands(root)
        self._read_providers(root)

    def canonical(self, name):
        """The name that an alias stands for, or the name itself."""
        while name in self.aliases:
            name = self.aliases[name]
        return name

    def value(self, enumerant):
        """The number of an enumerant or API constant."""
        return self.constants[self.canonical(enumerant)]

    # -- enums

    def _read_enums(self, root):
        for group in root.findall('enums'):
            if group.get('type') in ('enum', 'bitmask'):
                wide = group.get('bitwidth') == '64'
                self.scalars[group.get('name')] = (
                    'enum64' if wide else 'enum32')
            for enum in group.findall('enum'):
                self._read_enum(enum, None)
        for provider in root.findall('feature') + root.findall(
                'extensions/extension'):
            if not (for_vulkan(provider) and
                    for_vulkan(provider, 'supported')):
                continue
            number = provider.get('number')
            number = int(number) if number.isdigit() else None
            for block in provider.findall('require'):
                if for_vulkan(block):
                    for enum in block.findall('enum'):
                        self._read_enum(enum, number)

    def _read_enum(self, enum, number):
        if not for_vulkan(enum):
            return
        name = enum.get('name')
        if enum.get('alias'):
            self.aliases[name] = enum.get('alias')
        elif enum.get('value'):
            self.constants[name] = constant(enum.get('value'))
        elif enum.get('bitpos'):
            self.constants[name] = 1 << int(enum.get('bitpos'))
        elif enum.get('offset'):
            number = int(enum.get('extnumber', number or 0))
            value = (1000000000 + (number - 1) * 1000 +
                     int(enum.get('offset')))
            self.constants[name] = -value if enum.get('dir') else value

    # -- types

    def _read_types(self, root):
        for element in root.findall('types/type'):
            if not for_vulkan(element):
                continue
            name = element.get('name') or element.findtext('name')
            category = element.get('category')
            if element.get('alias'):
                self.aliases[name] = element.get('alias')
            elif category in ('struct', 'union'):
                self.structs[name] = Struct(
                    name,
                    [self._read_field(m) for m in element.findall('member')
                     if for_vulkan(m)],
                    category == 'union',
                    tuple(filter(None, element.get('structextends',
                                                   '').split(','))))
            elif category == 'handle':
                self.handles[name] = element.get('objtypeenum')
                if element.findtext('type') == 'VK_DEFINE_HANDLE':
                    self.dispatchable.add(name)
            elif category in ('bitmask', 'basetype'):
                base = element.findtext('type')
                if base and '*' not in ''.join(element.itertext()):
                    self.scalars[name] = base
            elif category == 'enum':
                self.scalars.setdefault(name, 'enum32')
            elif category == 'define' and name == 'VK_HEADER_VERSION':
                self.header_version = int(''.join(
                    element.itertext()).split()[-1])

    def _read_field(self, element):
        pieces = [element.text or '']
        dims = []
        seen_name = False
        for child in element:
            if child.tag == 'comment':
                pieces.append(child.tail or '')
                continue
            if child.tag == 'name':
                seen_name = True
            elif child.tag == 'enum':
                dims.append(self.value(child.text.strip()))
            pieces.append(child.tail or '')
            if seen_name:
                dims += [int(n) for n in re.findall(r'\[(\d+)\]',
                                                    child.tail or '')]
        text = ' '.join(pieces)
        pointers = text.count('*')
        lengths = element.get('altlen') or element.get('len') or ''
        lengths = tuple(x.strip() for x in lengths.split(',') if x.strip())
        return Field(
            name=element.findtext('name'),
            type=element.findtext('type'),
            pointers=pointers,
            const='const' in pieces[0].split(),
            dims=tuple(dims),
            lengths=lengths if pointers else (),
            used=lengths[0] if dims and lengths else None,
            optional=element.get('optional', '').split(',')[0] == 'true',
            unchecked=element.get('noautovalidity') == 'true',
            selector=element.get('selector'),
            selection=tuple(filter(None, element.get('selection',
                                                     '').split(','))),
            stype=(element.get('values')
                   if element.findtext('name') == 'sType' else None),
            bits=bool(re.search(r':\s*\d', text)))

    # -- commands

    def _read_commands(self, root):
        for element in root.findall('commands/command'):
            if not for_vulkan(element):
                continue
            if element.get('alias'):
                self.aliases[element.get('name')] = element.get('alias')
                continue
            name = element.findtext('proto/name')
            self.commands[name] = Command(
                name, element.findtext('proto/type'),
                [self._read_field(p) for p in element.findall('param')
                 if for_vulkan(p)])

    # -- who provides what

    def _read_providers(self, root):
        for element in root.findall('feature'):
            if for_vulkan(element):
                version = tuple(int(n) for n in
                                element.get('number').split('.'))
                self._read_provider(element, version, None)
        for element in root.findall('extensions/extension'):
            if for_vulkan(element, 'supported'):
                self._read_provider(element, None, int(element.get('number')))

    def _read_provider(self, element, version, number):
        provider = Provider(element.get('name'), version, number)
        for block in element.findall('require'):
            if not for_vulkan(block):
                continue
            # registries before 1.3.241 have two attributes instead of one
            parts = [block.get(a) for a in ('depends', 'feature', 'extension')
                     if block.get(a)]
            provider.blocks.append(Requirement(
                '+'.join('(%s)' % p for p in parts),
                [t.get('name') for t in block.findall('type')
                 if for_vulkan(t)],
                [c.get('name') for c in block.findall('command')
                 if for_vulkan(c)]))
        self.providers.append(provider)


def constant(text):
    """The number of a C constant; text constants stay text."""
    if text.startswith('"'):
        return text.strip('"')
    inverted = re.fullmatch(r'\(~(\d+)U(LL)?(?:-(\d+))?\)', text)
    if inverted:
        bits = 64 if inverted[2] else 32
        value = (1 << bits) - 1 - int(inverted[1])
        return value - int(inverted[3] or 0)
    text = re.sub(r'(?<=[0-9a-fA-F])(U|ULL|L|LL)$', '', text)
    try:
        return int(text, 0)
    except ValueError:
        return float(text.rstrip('fF'))
