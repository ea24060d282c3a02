# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""What a generated function does, step by step.

An encoder or decoder is a list of steps. The fixed-size stretches between
the variable parts are collected into runs, so that the C code makes room (or
checks what is left) once per run. The templates turn steps into C; nothing
here writes statements.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from gen.registry import GeneratorError
from gen.wire import Field, Wire, fixed_size


@dataclass
class Item:
    """One value at a fixed place of a run.

    kind: 'u32' 'u64' 'f32'  a scalar; expr is its C value
          'id'               a handle
          'struct'           a flat struct or union of type `type`
          'check'            decoding only: a u64 that must equal expr
          'words' 'bytes' 'chars' 'structs' 'ids'
                             `count` elements of `type`, `unit` bytes each,
                             without their count
          'zero'             `unit` zero bytes
    """

    kind: str
    offset: int
    expr: str
    type: str = ''
    count: str = ''
    unit: int = 0
    wire: Wire | None = None
    limit: str = ''


@dataclass
class Run:
    """`size` bytes in one piece. With a head, sType and chain come first."""

    size: int = 0
    items: list[Item] = field(default_factory=list)
    head: Wire | None = None
    kind: str = 'run'


@dataclass
class Step:
    """One variable part; kind says what to call. Which of the others are set
    depends on it, see the templates."""

    kind: str
    expr: str
    wire: Wire | None = None
    count: str = ''
    inner: str = ''
    index: str = 'uint32_t'
    tag: str = ''
    limit: str = ''
    field: Field | None = None


class Plan:
    """A list of steps under construction."""

    def __init__(self, head: Wire | None = None) -> None:
        self.steps: list = []
        self.locals: list[Field] = []
        self._run: Run | None = None
        if head:
            self._run = Run(head=head)
            self.steps.append(self._run)

    @property
    def is_empty(self) -> bool:
        return not self.steps

    def put(self, kind: str, size: int, expr: str, **more) -> None:
        """Adds one item of `size` bytes to the current run."""
        if self._run is None:
            self._run = Run()
            self.steps.append(self._run)
        self._run.items.append(Item(kind, self._run.size, expr, **more))
        self._run.size += size

    def call(self, kind: str, expr: str, **more) -> None:
        """Adds a variable part, which ends the current run."""
        self.steps.append(Step(kind, expr, **more))
        self._run = None

    def put_value(self, wire: Wire, expr: str) -> None:
        if wire.kind == 'id':
            self.put('id', 8, expr, wire=wire)
        elif wire.kind == 'scalar':
            self.put(wire.store, wire.size, expr, wire=wire)
        else:
            self.put('struct', wire.size, expr, type=wire.name, wire=wire)

    def put_fixed(self, f: Field) -> None:
        """The elements of a fixed array of a flat type, after their count."""
        size = fixed_size(f) - 8
        if f.wire.replace:
            raise GeneratorError(f'no rule for the array "{f.member.decl}", '
                                 'whose values are replaced')
        if f.wire.is_byte:
            kind = 'chars' if f.wire.name == 'char' else 'bytes'
            self.put(kind, size, f.expr, count=f.count, unit=f.number)
        elif f.wire.memory:
            self.put('words', size, f.expr, count=f.count,
                     unit=f.wire.memory, wire=f.wire)
        elif f.wire.kind == 'id':
            self.put('ids', size, f.expr, count=f.count, unit=8, wire=f.wire,
                     limit=f.limit)
        else:
            self.put('structs', size, f.expr, count=f.count,
                     unit=f.wire.size, type=f.wire.name, wire=f.wire)


def encode(fields: list[Field], plan: Plan) -> Plan:
    """Writes members or input parameters in full."""
    for f in fields:
        if f.shape != 'chain' and f.name != 'sType':
            encode_field(f, plan)
    return plan


def encode_field(f: Field, plan: Plan) -> None:
    expr = f.expr
    if f.unless:
        plan.locals.append(f)
        expr = f.name
    size = f'{expr} ? {f.count} : 0'
    if f.shape == 'null':
        plan.put('u64', 8, '0')
    elif f.shape == 'value' and f.wire.is_flat:
        plan.put_value(f.wire, f.wire.sent(expr))
    elif f.shape == 'value' and f.wire.kind == 'union':
        plan.call('union', expr, wire=f.wire,
                  tag=f'val->{f.member.selector}')
    elif f.shape == 'value':
        plan.call('struct', expr, wire=f.wire)
    elif f.shape == 'fixed':
        plan.put('u64', 8, f.count)
        if f.wire.is_flat:
            plan.put_fixed(f)
        else:
            plan.call('structs', expr, wire=f.wire, count=f.count)
    elif f.shape == 'pointer':
        plan.put('u64', 8, f'{expr} != NULL')
        plan.call('pointer', expr, wire=f.wire)
    elif f.shape == 'string':
        plan.call('string', expr)
    elif f.shape == 'strings':
        plan.call('strings', expr, count=f.count)
    elif f.shape == 'nested':
        plan.put('u64', 8, size)
        plan.call('nested', expr, wire=f.wire, count=f.count, inner=f.inner,
                  index=f.count_index)
    else:
        plan.put('u64', 8, size)
        plan.call(array_kind(f.wire), expr, wire=f.wire, count=f.count,
                  index=f.count_index)


def array_kind(wire: Wire) -> str:
    """How the elements of an array behind a pointer are handled."""
    if wire.is_byte:
        return 'bytes'
    if wire.memory:
        return 'words'
    if wire.kind == 'id':
        return 'ids'
    return 'flats' if wire.is_flat else 'structs'


def encode_partial(fields: list[Field], plan: Plan) -> Plan:
    """Writes what the renderer must have of an output struct."""
    for f in fields:
        if f.shape == 'chain' or f.name == 'sType':
            continue
        if f.shape == 'value' and f.wire.kind == 'struct':
            if not partial_is_empty(f.wire):
                plan.call('partial', f.expr, wire=f.wire)
        elif f.shape == 'value' and f.is_length:
            plan.put_value(f.wire, f.expr)
        elif f.shape == 'fixed' and f.wire.kind == 'struct':
            plan.put('u64', 8, f.count)
            if not partial_is_empty(f.wire):
                plan.call('partials', f.expr, wire=f.wire, count=f.count)
        elif f.shape == 'fixed' and f.wire.kind == 'id':
            plan.put('u64', 8, f.count)
            plan.put('zero', 8 * f.number, '', unit=8 * f.number)
        elif f.shape == 'array':
            plan.put('u64', 8, f'{f.expr} ? {f.count} : 0')
            if f.wire.kind == 'struct' and not partial_is_empty(f.wire):
                plan.call('partials', f.expr, wire=f.wire, count=f.count,
                          index=f.count_index)
            elif f.wire.kind == 'id':
                plan.call('ids', f.expr, wire=f.wire, count=f.count,
                          index=f.count_index)
    return plan


def partial_is_empty(wire: Wire) -> bool:
    """The partial form of a type takes no bytes."""
    return (wire.kind == 'scalar' or
            not wire.stype and encode_partial(wire.fields, Plan()).is_empty)


def decode(fields: list[Field], plan: Plan) -> Plan:
    """Reads the members of an output struct."""
    for f in fields:
        if f.shape == 'chain' or f.name == 'sType':
            continue
        if f.shape == 'value' and is_loadable(f.wire):
            plan.put_value(f.wire, f.expr)
        elif f.shape == 'value' and f.wire.kind == 'struct':
            plan.call('struct', f.expr, wire=f.wire)
        elif f.shape == 'fixed' and is_loadable(f.wire):
            plan.put('check', 8, f.count)
            plan.put_fixed(f)
            if f.limit:
                plan.call('limit', f.limit, count=f.count)
        elif f.shape == 'fixed' and f.wire.kind == 'struct':
            plan.put('check', 8, f.count)
            plan.call('structs', f.expr, wire=f.wire, count=f.count)
            if f.limit:
                plan.call('limit', f.limit, count=f.count)
        elif f.shape == 'array':
            plan.locals.append(f)
            plan.call('array', f.expr, wire=f.wire, count=f.count,
                      index=f.count_index, field=f)
        else:
            raise GeneratorError(f'no rule to decode "{f.member.decl}"')
    return plan


def is_loadable(wire: Wire) -> bool:
    """A flat type without anything to be checked in it."""
    if wire.kind in ('scalar', 'id') or wire.is_byte:
        return True
    return (wire.kind == 'struct' and wire.is_flat and
            all(f.shape == 'value' and f.wire.kind != 'id' and
                is_loadable(f.wire) for f in wire.fields))


@dataclass
class Size:
    """The size of something in full form: `constant` bytes plus parts."""

    constant: int = 0
    parts: list[Step] = field(default_factory=list)

    def add(self, kind: str, expr: str, **more) -> None:
        self.parts.append(Step(kind, expr, **more))


def size_of_fields(fields: list[Field]) -> Size:
    """What an output struct's members take in a reply, at most."""
    size = Size()
    for f in fields:
        if f.shape == 'chain' or f.name == 'sType':
            continue
        if f.shape == 'value' and f.wire.is_flat:
            size.constant += f.wire.size
        elif f.shape == 'value':
            size.add('struct', f.expr, wire=f.wire)
        elif f.shape == 'fixed' and f.wire.is_flat:
            size.constant += fixed_size(f)
        elif f.shape == 'fixed':
            size.constant += 8
            size.add('structs', f.expr, wire=f.wire, count=f.count)
        else:
            size.constant += 8
            size_of_array(f, size)
    return size


def size_of_array(f: Field, size: Size) -> None:
    """The elements behind a pointer, without their count."""
    kind = 'structs'
    if f.wire.is_byte:
        kind = 'bytes'
    elif f.wire.is_flat:
        kind = 'flats'
    size.add(kind, f.expr, wire=f.wire, count=f.count, index=f.count_index)



def is_output(f: Field) -> bool:
    """A parameter that the command writes to."""
    return (f.member.pointers > 0 and not f.member.const and
            f.shape not in ('null', 'chain'))


def encode_request(params: list[Field], value_params: set[str],
                   plan: Plan) -> Plan:
    """Writes the parameters of a request. value_params are outputs that are
    sent with their value without being the length of anything."""
    for f in params:
        if not is_output(f):
            encode_field(f, plan)
        elif f.shape == 'pointer':
            plan.put('u64', 8, f'{f.expr} != NULL')
            if f.wire.kind == 'struct':
                if not partial_is_empty(f.wire):
                    plan.call('partial_pointer', f.expr, wire=f.wire)
            elif (f.wire.kind == 'id' or f.is_length or
                  f.name in value_params):
                plan.call('pointer', f.expr, wire=f.wire)
        elif f.shape == 'array':
            plan.put('u64', 8, f'{f.expr} ? {f.count} : 0')
            if f.wire.kind == 'struct' and not partial_is_empty(f.wire):
                plan.call('partials', f.expr, wire=f.wire, count=f.count,
                          index=f.count_index)
            elif f.wire.kind == 'id':
                plan.call('ids', f.expr, wire=f.wire, count=f.count,
                          index=f.count_index)
        else:
            raise GeneratorError(f'no rule for the output "{f.member.decl}"')
    return plan


def size_of_reply(ret: Wire, params: list[Field]) -> Size:
    """What the reply to a command takes, at most."""
    size = Size(4 + ret.size)
    for f in params:
        if not is_output(f):
            continue
        size.constant += 8
        if f.shape == 'array':
            size_of_array(f, size)
        elif f.wire.is_flat:
            size.add('flat_pointer', f.expr, wire=f.wire)
        else:
            size.add('struct_pointer', f.expr, wire=f.wire)
    return size
