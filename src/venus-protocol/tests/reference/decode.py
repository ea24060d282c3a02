# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""The bytes of requests back to trees of values.

Strict: WireError for anything that a renderer would call fatal. Trees are
those of views.carried(): only what the wire carries, [] for a NULL array.
"""

import struct

from .encode import VK_SHARING_MODE_CONCURRENT, WIRE_ORDER
from .lengths import evaluate
from .scalars import base, wire_code
from .scope import FULL, PARTIAL, SENT_OUTPUTS
from .shapes import Shape, inner_length, outer_length, shape

SMALL = {'uint8_t': 0xff, 'uint16_t': 0xffff}


class WireError(Exception):
    """Bytes that no renderer accepts."""


class Decoder:
    """Reads one request."""

    def __init__(self, scope, data):
        self.scope = scope
        self.registry = scope.registry
        self.data = data
        self.at = 0
        self.by_stype = {}

    def read(self, code):
        """One scalar of a struct code."""
        size = struct.calcsize('<' + code)
        if self.at + size > len(self.data):
            raise WireError('short at %#x' % self.at)
        value, = struct.unpack_from('<' + code, self.data, self.at)
        self.at += size
        return value

    def flag(self):
        """A pointer word."""
        word = self.read('Q')
        if word > 1:
            raise WireError('pointer word %#x' % word)
        return bool(word)

    def raw(self, size):
        """Byte data and its padding."""
        end = self.at + size + -size % 4
        if end > len(self.data):
            raise WireError('short bytes at %#x' % self.at)
        value = self.data[self.at:self.at + size]
        if any(self.data[self.at + size:end]):
            raise WireError('padding is not zero at %#x' % self.at)
        self.at = end
        return bytes(value)

    def count(self, expected, may_be_null):
        """The size word of an array."""
        size = self.read('Q')
        if size == 0 and (expected == 0 or may_be_null):
            return 0
        if size != expected:
            raise WireError('size %d, expected %d, at %#x' %
                            (size, expected, self.at))
        return size

    # -- commands

    def request(self):
        """(canonical command name, flags, tree), of all the data."""
        number = self.read('I')
        command = next(c for c in self.scope.commands.values()
                       if self.scope.number(c.name) == number)
        flags = self.read('I')
        tree = {}
        counted = self.scope.counted_by(command.params)
        for param in command.params:
            if not self.scope.is_output(param):
                tree[param.name] = self.field(param, tree, FULL)
                continue
            is_struct = self.scope.canonical_struct(param.type)
            is_handle = self.is_handle(param.type)
            if shape(param) is Shape.POINTER:
                tree[param.name] = None
                if self.flag():
                    if is_struct:
                        value = self.value(param.type, PARTIAL)
                    elif (is_handle or param.name in counted or
                          (command.name, param.name) in SENT_OUTPUTS):
                        value = self.value(param.type, FULL)
                    else:
                        value = ...
                    tree[param.name] = value
            else:
                count = self.count(
                    evaluate(outer_length(param), tree, self.registry),
                    may_be_null=True)
                if is_struct:
                    value = [self.value(param.type, PARTIAL)
                             for _ in range(count)]
                elif is_handle:
                    value = [self.value(param.type, FULL)
                             for _ in range(count)]
                else:
                    value = count
                tree[param.name] = value
        if self.at != len(self.data):
            raise WireError('%d bytes too many' % (len(self.data) - self.at))
        return command.name, flags, tree

    # -- structs

    def struct(self, name, form):
        """A struct in place."""
        tree = {}
        if self.registry.structs[name].has_chain:
            if self.read('i') != self.scope.stype(name):
                raise WireError('sType is not that of ' + name)
            tree['pNext'] = self.chain(name, form, ())
        self.members(name, tree, form)
        return tree

    def chain(self, head, form, seen):
        """A pNext chain, outermost struct first."""
        if not self.flag():
            return []
        stype = self.read('i')
        name = next((n for n in self.scope.chain_of(head)
                     if self.scope.stype(n) == stype), None)
        if name is None or name in seen:
            raise WireError('sType %d behind %s' % (stype, head))
        rest = self.chain(head, form, seen + (name,))
        tree = {}
        self.members(name, tree, form)
        return [(name, tree)] + rest

    def members(self, name, tree, form):
        """The members of a struct behind sType and pNext."""
        kind = self.registry.structs[name]
        fields = kind.fields
        if name in WIRE_ORDER:
            fields = [kind.find(n) for n in WIRE_ORDER[name]]
        counted = self.scope.counted_by(kind.fields)
        for member in fields:
            if shape(member) in (Shape.STYPE, Shape.CHAIN):
                continue
            if form == FULL:
                tree[member.name] = self.field(member, tree, FULL)
            else:
                value = self.partial_member(member, tree,
                                            member.name in counted)
                if value is not None:
                    tree[member.name] = value

    def partial_member(self, member, tree, is_length):
        """A member in the partial form; None if it has none."""
        look = shape(member)
        is_struct = self.scope.canonical_struct(member.type)
        if look is Shape.VALUE and is_struct:
            return self.value(member.type, PARTIAL)
        if look is Shape.VALUE and is_length:
            return self.value(member.type, FULL)
        if look is Shape.FIXED and (is_struct or
                                    self.is_handle(member.type)):
            size = self.count(member.dims[0], False)
            return [self.value(member.type, PARTIAL) for _ in range(size)]
        if look in (Shape.ARRAY, Shape.BYTES):
            size = self.count(
                evaluate(outer_length(member), tree, self.registry), True)
            if is_struct:
                return [self.value(member.type, PARTIAL)
                        for _ in range(size)]
            return size
        return None

    # -- fields in full

    def field(self, field, siblings, form):
        """A member or parameter in full."""
        look = shape(field)
        may_be_null = field.optional or field.unchecked
        if look is Shape.NULL:
            if self.flag():
                raise WireError(field.name + ' is not NULL')
            return None
        if look is Shape.VALUE:
            tag = siblings[field.selector] if field.selector else None
            return self.value(field.type, form, tag)
        if look is Shape.FIXED:
            size = self.count(field.dims[0], False)
            return [self.value(field.type, form) for _ in range(size)]
        if look is Shape.FIXED_BYTES:
            return self.raw(self.count(field.dims[0], False))
        if look is Shape.POINTER:
            return self.value(field.type, form) if self.flag() else None
        if look is Shape.STRING:
            return self.string()
        expected = evaluate(outer_length(field), siblings, self.registry)
        if (field.name == 'pQueueFamilyIndices' and
                siblings['sharingMode'] != VK_SHARING_MODE_CONCURRENT):
            if self.read('Q'):
                raise WireError('queue families that mean nothing')
            return []
        size = self.count(expected, may_be_null)
        if look is Shape.BYTES:
            return self.raw(size)
        if look is Shape.STRINGS:
            return [self.string() for _ in range(size)]
        if look is Shape.NESTED:
            return [self.inner(field, siblings, i, form)
                    for i in range(size)]
        return [self.value(field.type, form) for _ in range(size)]

    def inner(self, field, siblings, index, form):
        """One array in an array of pointers."""
        size = self.count(evaluate(inner_length(field), siblings,
                                   self.registry, index), False)
        return [self.value(field.type, form) for _ in range(size)]

    def string(self):
        """Characters without NUL, None for NULL."""
        size = self.read('Q')
        if size == 0:
            return None
        text = self.raw(size)
        if text[-1] != 0 or 0 in text[:-1]:
            raise WireError('string without end')
        return text[:-1]

    def is_handle(self, type_name):
        """Whether a type is a handle."""
        return self.registry.canonical(type_name) in self.registry.handles

    def value(self, type_name, form, tag=None):
        """One thing in place."""
        name = self.registry.canonical(type_name)
        if name in self.registry.handles:
            return self.read('Q')
        if name not in self.registry.structs:
            value = self.read(wire_code(self.registry, name))
            limit = SMALL.get(base(self.registry, name))
            if limit is not None and value > limit:
                raise WireError('%s has upper bits' % name)
            return value
        if self.registry.structs[name].is_union:
            return self.union(name, tag)
        return self.struct(name, form)

    def union(self, name, expected):
        """(member, tree) of a union; expected: the selector or None."""
        tag = self.read('I')
        fields = self.registry.structs[name].fields
        if expected is None:
            if tag >= len(fields):
                raise WireError('tag %d of %s' % (tag, name))
            member = fields[tag]
        else:
            member = next(f for f in fields if tag in
                          map(self.registry.value, f.selection))
            if tag != expected:
                raise WireError('tag is not the selector')
        return member.name, self.field(member, {}, FULL)
