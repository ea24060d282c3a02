# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""How C types and members look on the wire.

Every type is a Wire; every member or parameter is a Field, that is a Wire
plus a shape. All sizes are in bytes, on the wire unless said otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from gen import lengths
from gen.registry import GeneratorError, Member, Type
from gen.venus import Venus

# C type: (size in memory, size on the wire, how it is stored)
SCALARS = {
    'char': (1, 4, 'u32'),
    'uint8_t': (1, 4, 'u32'),
    'uint16_t': (2, 4, 'u32'),
    'int': (4, 4, 'u32'),
    'int32_t': (4, 4, 'u32'),
    'uint32_t': (4, 4, 'u32'),
    'float': (4, 4, 'f32'),
    'int64_t': (8, 8, 'u64'),
    'uint64_t': (8, 8, 'u64'),
    'size_t': (0, 8, 'u64'),  # as large as the machine has it
}


@dataclass
class Wire:
    """A type on the wire.

    kind: 'scalar', 'id' (a handle), 'struct', 'union' or 'void'.
    size: of a type that always takes the same number of bytes, else 0.
    memory: size of a type that looks the same in memory and on the wire (an
            array of it is one copy), else 0. align goes with it.
    store:  of a scalar: 'u32', 'u64' or 'f32'.
    replace: of an enum: a value that a renderer must not see, and what is
            sent instead of it.
    """

    name: str
    kind: str
    size: int = 0
    memory: int = 0
    align: int = 0
    store: str = ''
    replace: tuple[str, str] | None = None
    type: Type | None = None
    fields: list['Field'] = field(default_factory=list)
    union_member: 'Field | None' = None  # the one that is always sent
    union_tag: int = 0

    @property
    def stype(self) -> str | None:
        return self.type.stype if self.type else None

    def sent(self, expr: str) -> str:
        """The C value that is sent for a value of the type."""
        return f'vn_sent_{self.name}({expr})' if self.replace else expr

    @property
    def is_flat(self) -> bool:
        return self.size > 0

    @property
    def is_byte(self) -> bool:
        return self.kind == 'void' or (self.kind == 'scalar' and
                                       SCALARS.get(self.name, (4,))[0] == 1)


@dataclass
class Field:
    """A member or parameter on the wire.

    shape: 'value'    by value
           'fixed'    array of `count` elements, inside the struct
           'pointer'  to one thing, or NULL
           'array'    through a pointer, `count` elements (of bytes: a blob)
           'string'   'strings' (an array of them)
           'nested'   array of `count` pointers to arrays of `inner` elements
           'null'     a pointer that is sent as NULL
           'chain'    pNext, written with the head of the struct
    count and inner are C expressions; limit is the C expression of how many
    elements of a fixed array are in use, if something says so. unless is a
    C condition without which an array is sent as empty.
    """

    member: Member
    wire: Wire
    shape: str
    expr: str
    count: str = ''
    number: int = 0  # of a fixed array, the count as a number
    inner: str = ''
    limit: str = ''
    unless: str = ''
    is_length: bool = False  # some pointer's length
    count_index: str = 'uint32_t'  # C type for counting the elements
    count_names: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.member.name


class Wires:
    """All types of a protocol, made on demand."""

    def __init__(self, venus: Venus) -> None:
        self.venus = venus
        self.registry = venus.registry
        self.rules = venus.rules
        self._wires: dict[str, Wire | None] = {}

    def get(self, name: str) -> Wire:
        name = self.registry.resolve_type(name)
        if name not in self._wires:
            self._wires[name] = None
            self._wires[name] = self._make(name)
        if self._wires[name] is None:
            raise GeneratorError(f'type {name} contains itself')
        return self._wires[name]

    def fields(self, members: list[Member], owner: str,
               prefix: str) -> list[Field]:
        """The members of a struct, or the parameters of a command, in wire
        order."""
        fields = [self._field(m, members, owner, prefix) for m in members]
        counting = set()
        for f in fields:
            if f.shape in ('array', 'strings', 'nested'):
                counting |= set(f.count_names)
        for f in fields:
            f.is_length = f.name in counting
        first = self.rules.first.get(owner)
        if first:
            fields.sort(key=lambda f: f.name != first and
                        f.shape != 'chain' and f.name != 'sType')
        return fields

    def _make(self, name: str) -> Wire:
        if name == 'void':
            return Wire(name, 'void')
        if name in SCALARS:
            memory, size, store = SCALARS[name]
            same = memory if memory == size else 0
            return Wire(name, 'scalar', size, same, same, store)
        kind = self.registry.type(name)
        if kind.category in ('basetype', 'bitmask'):
            if not kind.base or kind.base == 'void':
                raise GeneratorError(f'type {name} has no known base')
            return replace(self.get(kind.base), name=name)
        if kind.category == 'enum':
            size = kind.width // 8
            replaced = self.rules.replace.get(name)
            # one that is not sent as it is is no plain memory
            same = 0 if replaced else size
            return Wire(name, 'scalar', size, same, same, f'u{kind.width}',
                        replaced)
        if kind.category == 'handle':
            return Wire(name, 'id', 8, type=kind)
        if kind.category == 'struct':
            return self._make_struct(kind)
        if kind.category == 'union':
            return self._make_union(kind)
        raise GeneratorError(f'type {name} has category {kind.category}, '
                             'which has no rule')

    def _make_struct(self, kind: Type) -> Wire:
        wire = Wire(kind.name, 'struct', type=kind,
                    fields=self.fields(kind.members, kind.name, 'val->'))
        if kind.stype:
            return wire
        size = memory = 0
        align = 1
        for f in wire.fields:
            count = f.number if f.shape == 'fixed' else 1
            if f.shape not in ('value', 'fixed') or not f.wire.is_flat:
                return wire
            size += fixed_size(f) if f.shape == 'fixed' else f.wire.size
            if f.shape == 'value' and f.wire.memory:
                align = max(align, f.wire.align)
                memory = -(-memory // f.wire.align) * f.wire.align
                memory += f.wire.memory * count
            else:
                memory = 1 << 30  # never equal
        if size and memory == size and memory % align == 0:
            wire.memory, wire.align = memory, align
        wire.size = size
        return wire

    def _make_union(self, kind: Type) -> Wire:
        fields = [self._field(m, kind.members, kind.name, 'val->')
                  for m in kind.members
                  if self._is_sendable(m)]
        wire = Wire(kind.name, 'union', type=kind, fields=fields)
        chosen = self.rules.union.get(kind.name)
        if chosen:
            wire.union_member = next(f for f in fields if f.name == chosen)
            wire.union_tag = [m.name for m in kind.members].index(chosen)
            inner = wire.union_member
            if inner.shape not in ('value', 'fixed') or not inner.wire.size:
                raise GeneratorError(f'union {kind.name}: member {chosen} '
                                     'has no fixed size')
            wire.size = 4 + (fixed_size(inner) if inner.shape == 'fixed'
                             else inner.wire.size)
        elif not all(f.member.selection for f in fields):
            raise GeneratorError(f'union {kind.name} has neither a selector '
                                 'nor a rule')
        return wire

    def _is_sendable(self, member: Member) -> bool:
        """A union member that can be on the wire: not a bare address, and
        not of an extension that the protocol does not have."""
        if member.type == 'void' and member.pointers and not member.lens:
            return False
        name = self.registry.resolve_type(member.type)
        kind = self.registry.types.get(name)
        return not (kind and kind.category in ('struct', 'union') and
                    self.venus.is_foreign(name))

    def _field(self, member: Member, scope: list[Member], owner: str,
               prefix: str) -> Field:
        where = f'{owner}.{member.name}'
        if member.bits:
            raise GeneratorError(f'{where} is a bit field')
        expr = prefix + member.name
        if member.name == 'pNext' and member.type == 'void':
            return Field(member, self.get('void'), 'chain', expr)
        if (self.registry.resolve_type(member.type) in self.rules.null_types
                or (owner, member.name) in self.rules.null_members):
            return Field(member, self.get('void'), 'null', expr)
        lens = self.rules.lens.get((owner, member.name), member.lens)
        for text in lens:
            if text.startswith('latexmath'):
                raise GeneratorError(f'{where}: len is LaTeX and there is no '
                                     'altlen')

        def c_length(text: str) -> str:
            return lengths.to_c(text, scope, prefix, self.registry, where)

        wire = self.get(member.type)
        if member.dims:
            return self._fixed(member, wire, expr, lens, where, c_length)
        if member.pointers == 0:
            if wire.kind == 'void':
                raise GeneratorError(f'{where} has no value')
            return Field(member, wire, 'value', expr)
        result = Field(member, wire, '', expr)
        if lens and lens[0] != 'null-terminated':
            result.count = c_length(lens[0])
            result.count_names = lengths.names(lens[0])
            result.count_index = self._index_type(lens[0], scope)
            result.unless = self._unless(owner, member, scope, prefix, where)
        inner = lens[1] if len(lens) > 1 else ''
        if member.type == 'char' and lens == ['null-terminated']:
            result.shape = 'string'
        elif (member.type == 'char' and member.pointers == 2 and
              inner == 'null-terminated'):
            result.shape = 'strings'
        elif member.pointers == 2 and inner:
            result.shape = 'nested'
            result.inner = c_length(inner)
        elif member.pointers == 1 and result.count and not inner:
            result.shape = 'array'
        elif member.pointers == 1 and not lens and wire.kind != 'void':
            result.shape = 'pointer'
        else:
            raise GeneratorError(f'{where}: no rule for the pointer '
                                 f'"{member.decl}" with len={lens}')
        return result

    def _fixed(self, member: Member, wire: Wire, expr: str, lens: list[str],
               where: str, c_length) -> Field:
        if len(member.dims) != 1 or member.pointers or wire.kind == 'void':
            raise GeneratorError(f'{where}: no rule for "{member.decl}"')
        limit = ''
        if lens and lens[0] != 'null-terminated':
            limit = c_length(lens[0])
        return Field(member, wire, 'fixed', expr, count=member.dims[0],
                     number=self.registry.constant(member.dims[0]),
                     limit=limit)

    def _index_type(self, text: str, scope: list[Member]) -> str:
        """The C type that counts up to a length expression."""
        head = lengths.names(text)[:1]
        for member in scope:
            if [member.name] == head:
                wire = self.get(member.type)
                wide = wire.kind == 'scalar' and wire.size == 8
                return 'size_t' if wide else 'uint32_t'
        return 'uint32_t'

    def _unless(self, owner: str, member: Member, scope: list[Member],
                prefix: str, where: str) -> str:
        text = self.rules.ignore.get((owner, member.name))
        if not text:
            return ''
        left, comparison, right = text.split()
        if comparison not in ('==', '!=') or all(m.name != left
                                                 for m in scope):
            raise GeneratorError(f'{where}: cannot read unless="{text}"')
        return f'{prefix}{left} {comparison} {right}'


def padded(size: int) -> int:
    return (size + 3) // 4 * 4


def fixed_size(f: Field) -> int:
    """Wire size of a fixed array of a flat type, with its count."""
    if f.wire.is_byte:
        return 8 + padded(f.number)
    return 8 + f.number * f.wire.size
