# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""Random trees of values that an application or a renderer could send.

The same random.Random gives the same trees. Lengths agree with what they
count; everything else is free, extremes included.
"""

import struct

from .lengths import evaluate, names_in
from .scalars import PRESENT_SRC, base, memory_code
from .scope import FULL, PARTIAL
from .shapes import Shape, inner_length, outer_length, shape

RANGES = {'b': (8, True), 'B': (8, False), 'h': (16, True), 'H': (16, False),
          'i': (32, True), 'I': (32, False), 'q': (64, True),
          'Q': (64, False), 'N': (64, False)}

# The member that an encoder writes when C does not tell which one is meant.
UNION_DEFAULTS = {'VkClearValue': 'color', 'VkClearColorValue': 'uint32',
                  'VkDeviceOrHostAddressKHR': 'deviceAddress',
                  'VkDeviceOrHostAddressConstKHR': 'deviceAddress'}

UNKNOWN_STYPES = (0x7ffffffe, -1, 1000999000)


class Maker:
    """Makes trees for a Scope."""

    def __init__(self, scope, rng, max_count=3, max_chain=4):
        self.scope = scope
        self.registry = scope.registry
        self.rng = rng
        self.max_count = max_count
        self.max_chain = max_chain
        self.next_id = 0x100000001

    def new_id(self):
        """An id that no other object has; its upper half is not 0."""
        self.next_id += 0x10000000f
        return self.next_id

    def scalar(self, type_name):
        """A number of a scalar type."""
        code = memory_code(self.registry, type_name)
        rng = self.rng
        if code == 'f':
            return rng.choice([0.0, 1.0, -0.5, float('inf'),
                               struct.unpack('<f', struct.pack(
                                   '<f', rng.uniform(-1e6, 1e6)))[0]])
        bits, signed = RANGES[code]
        top = (1 << (bits - 1)) - 1 if signed else (1 << bits) - 1
        bottom = -top - 1 if signed else 0
        if self.registry.canonical(type_name) == 'VkBool32':
            return rng.choice([0, 1, 1, top])
        if self.registry.canonical(type_name) == 'VkImageLayout':
            return rng.choice([0, 1, 2, PRESENT_SRC, PRESENT_SRC + 1])
        if base(self.registry, type_name) == 'enum32':
            return rng.choice([0, 1, 2, 1000138000, -1, top, bottom,
                               rng.randint(0, 200)])
        return rng.choice([0, 1, top, bottom, rng.randint(0, 100),
                           rng.randint(bottom, top),
                           rng.randint(bottom, top)])

    def text(self):
        """A string without its NUL."""
        size = self.rng.choice([0, 0, 1, 2, 3, 4, 5, 7, 8, 17])
        return bytes(self.rng.randint(1, 255) for _ in range(size))

    def fixed_bytes(self, field):
        """An array of bytes in place; of characters, it ends with NUL."""
        data = self.rng.randbytes(field.dims[0])
        if field.type == 'char':
            data = data[:-1] + b'\0'
        return data

    # -- structs

    def struct(self, name, chain=None, form=FULL):
        """A tree of a struct.

        chain: names to put into pNext; None for some at random. form:
        PARTIAL makes a struct that is going to be filled, where handles are
        NULL.
        """
        kind = self.registry.structs[name]
        tree = {}
        if kind.has_chain:
            tree['pNext'] = self.chain(name, chain, form)
        self.fields(kind.fields, tree, form)
        return tree

    def chain(self, head, names, form):
        """A pNext chain, now and then with structs that nobody knows."""
        rng = self.rng
        if names is None:
            known = self.scope.chain_of(head)
            names = rng.sample(known, min(len(known),
                                          rng.randint(0, self.max_chain)))
        chain = []
        for name in names:
            tree = {'pNext': []}
            self.fields(self.registry.structs[name].fields, tree, form)
            chain.append((name, tree))
        if chain and rng.random() < 0.1:
            chain.append(rng.choice(chain))
        for stype in UNKNOWN_STYPES:
            if rng.random() < 0.1:
                chain.insert(rng.randint(0, len(chain)),
                             ('unknown', {'sType': stype}))
        return chain

    def fields(self, fields, tree, form):
        """Adds all fields to a tree; counts first, they rule the rest."""
        self.counts(fields, tree)
        for field in fields:
            if field.selector:
                self.selected(fields, field, tree)
        for field in fields:
            if field.name in tree or shape(field) in (Shape.STYPE,
                                                      Shape.CHAIN):
                continue
            tree[field.name] = self.field(field, tree, form)

    def counts(self, fields, tree):
        """Values of those fields that are lengths of others."""
        rng = self.rng
        by_name = {f.name: f for f in fields}
        for field in fields:
            if not field.pointers or shape(field) in (
                    Shape.STRING, Shape.CHAIN, Shape.POINTER, Shape.NULL):
                continue
            length = outer_length(field)
            for name in names_in(length):
                if name in tree or name not in by_name or '->' in length:
                    continue
                count = rng.randint(0, self.max_count)
                if length == name:
                    tree[name] = count
                elif '/ 4' in length:
                    tree[name] = 4 * count
                elif '+ 31) / 32' in length:
                    tree[name] = 1 << rng.randint(0, 6)
                else:
                    raise ValueError('length expression ' + length)

    def selected(self, fields, field, tree):
        """The selector of a union and what it selects."""
        union = self.scope.canonical_struct(field.type)
        member = self.rng.choice([f for f in union.fields if f.selection])
        tree[field.selector] = self.registry.value(
            self.rng.choice(member.selection))
        tree[field.name] = (member.name,
                            self.field(member, {}, FULL))

    def field(self, field, tree, form):
        """The value of a field that is no count and no union's selector."""
        look = shape(field)
        if look is Shape.NULL:
            return None
        if look is Shape.VALUE:
            return self.value(field.type, form, field.optional)
        if look is Shape.FIXED:
            return [self.value(field.type, form)
                    for _ in range(field.dims[0])]
        if look is Shape.FIXED_BYTES:
            return self.fixed_bytes(field)
        may_be_null = field.optional or field.unchecked
        is_null = may_be_null and self.rng.random() < 0.3
        if look is Shape.POINTER:
            return None if is_null else self.value(field.type, form)
        if look is Shape.STRING:
            return None if is_null else self.text()
        count = evaluate(outer_length(field), tree, self.registry)
        if is_null or (count == 0 and self.rng.random() < 0.5):
            return None
        if look is Shape.BYTES:
            return self.rng.randbytes(count)
        if look is Shape.STRINGS:
            return [self.text() for _ in range(count)]
        if look is Shape.NESTED:
            return [[self.value(field.type, form) for _ in range(
                evaluate(inner_length(field), tree, self.registry, i))]
                    for i in range(count)]
        return [self.value(field.type, form) for _ in range(count)]

    def value(self, type_name, form, may_be_null=False):
        """One thing of a type."""
        name = self.registry.canonical(type_name)
        if name in self.registry.handles:
            if form == PARTIAL or (may_be_null and self.rng.random() < 0.3):
                return 0
            return self.new_id()
        if name not in self.registry.structs:
            return self.scalar(name)
        if self.registry.structs[name].is_union:
            union = self.registry.structs[name]
            member = union.find(UNION_DEFAULTS[name])
            return member.name, self.field(member, {}, form)
        return self.struct(name, None, form)

    # -- commands

    def arguments(self, command, chains=None):
        """The tree of a call.

        chains: {parameter: names to put into its pNext}.
        """
        tree = {}
        self.counts(command.params, tree)
        for param in command.params:
            self.remote_count(command, param, tree)
            if param.name in tree:
                continue
            if chains and param.name in chains:
                name = self.registry.canonical(param.type)
                form = PARTIAL if self.scope.is_output(param) else FULL
                tree[param.name] = self.struct(name, chains[param.name],
                                               form)
            elif self.scope.is_output(param):
                tree[param.name] = self.output(param, tree)
            else:
                tree[param.name] = self.field(param, tree, FULL)
        return tree

    def remote_count(self, command, param, tree):
        """Bounds a count inside of a struct that is already made."""
        length = param.lengths[0] if param.lengths else ''
        if '->' not in length:
            return
        parent, name = length.split('->')
        type_name = next(p.type for p in command.params if p.name == parent)
        struct = self.scope.canonical_struct(type_name)
        if name not in self.scope.counted_by(struct.fields):
            tree[parent][name] = self.rng.randint(0, self.max_count)

    def output(self, param, tree):
        """What an output parameter points to before the call."""
        is_handle = (self.registry.canonical(param.type) in
                     self.registry.handles)
        # the driver chooses ids of handles before the call
        form = FULL if is_handle else PARTIAL
        return self.field(param, tree, form)

    # -- replies

    def result(self, command):
        """A return value, None for void."""
        if command.ret == 'void':
            return None
        if command.ret == 'VkResult':
            return self.rng.choice([0, 0, 0, 5, 1, -1, -3, -1000072003])
        return self.scalar(command.ret)

    def results(self, command, args):
        """{output parameter: tree} of a reply to a call."""
        tree = dict(args)
        outputs = [p for p in command.params if self.scope.is_output(p)]
        self.new_counts(outputs, args, tree)
        for param in outputs:
            if param.name in self.scope.counted_by(command.params):
                continue
            tree[param.name] = self.refilled(param, args[param.name], tree)
        return tree

    def new_counts(self, fields, before, tree):
        """Counts after the call: no more than there is room for."""
        for name in self.scope.counted_by(fields):
            arrays = [f for f in fields if f.pointers and
                      name in f.lengths and before[f.name] is not None]
            limit = min((len(before[f.name]) for f in arrays), default=1000)
            if before[name] is not None:
                tree[name] = self.rng.randint(0, limit)

    def new_in_place_count(self, limit):
        """How many of an array in place mean something."""
        return self.rng.choice([0, 1, limit, self.rng.randint(0, limit)])

    def refilled(self, field, before, tree):
        """The value of an output after the call."""
        look = shape(field)
        if before is None:
            return None
        if look in (Shape.VALUE, Shape.POINTER):
            return self.refilled_value(field.type, before)
        if look is Shape.FIXED:
            return [self.refilled_value(field.type, x) for x in before]
        if look is Shape.FIXED_BYTES:
            return self.fixed_bytes(field)
        count = min(len(before), evaluate(outer_length(field), tree,
                                          self.registry))
        if look is Shape.BYTES:
            return self.rng.randbytes(count)
        return [self.refilled_value(field.type, x) for x in before[:count]]

    def refilled_value(self, type_name, before):
        """One thing after the call."""
        name = self.registry.canonical(type_name)
        if name in self.registry.handles:
            if before == 0:     # a struct names an object of the driver's
                return self.rng.choice([0, self.new_id()])
            return self.rng.choice([before, before, 0])
        if name not in self.registry.structs:
            return self.scalar(name)
        kind = self.registry.structs[name]
        tree = {}
        if kind.has_chain:
            tree['pNext'] = [
                (n, t if n == 'unknown' else self.refilled_value(n, t))
                for n, t in before['pNext']]
        counted = self.scope.counted_by(kind.fields)
        self.new_counts(kind.fields, before, tree)
        for name, limit in self.scope.limits(kind).items():
            tree[name] = self.new_in_place_count(limit)
        for field in kind.fields:
            if (field.name not in tree and field.name not in counted and
                    shape(field) not in (Shape.STYPE, Shape.CHAIN)):
                tree[field.name] = self.refilled(field, before[field.name],
                                                 tree)
        return tree
