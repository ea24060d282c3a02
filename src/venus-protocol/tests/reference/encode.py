# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""Trees of values to the bytes of requests and replies.

A tree is: numbers; ids for handles; bytes for strings and byte data; lists;
None for NULL; (member, tree) for a union; {member: tree} for a struct, with
'pNext' a list of (struct name, tree). For commands, {parameter: tree}, where
an output holds what the caller's memory holds before the call.

Every item that is written is also marked with what it is, so that tests can
spoil items of a kind.
"""

import struct
from collections import namedtuple

from .scalars import requested, wire_bytes
from .scope import FULL, PARTIAL, REPLY, SENT_OUTPUTS, Scope
from .shapes import Shape, shape

VK_SHARING_MODE_CONCURRENT = 1

# Structs on the wire in an order that is not that of C.
WIRE_ORDER = {
    'VkHostAddressRangeEXT': ('size', 'address'),
    'VkHostAddressRangeConstEXT': ('size', 'address'),
}

# kind: 'type', 'result', 'pointer', 'count', 'fixed', 'stype', 'link',
# 'id', 'value', 'length' (a value that is the length of an array)
Mark = namedtuple('Mark', 'offset size kind')


class Writer:
    """Bytes of a stream and the marks of its items."""

    def __init__(self):
        self.data = bytearray()
        self.marks = []

    def put(self, data, kind):
        """One item."""
        self.marks.append(Mark(len(self.data), len(data), kind))
        self.data += data

    def u64(self, value, kind):
        """A 64-bit item."""
        self.put(struct.pack('<Q', value), kind)

    def raw(self, data):
        """Byte data, padded to 4 bytes."""
        if data:
            self.put(bytes(data) + b'\0' * (-len(data) % 4), 'value')


class Encoder:
    """Writes the protocol of a Scope to a renderer with some Caps."""

    def __init__(self, scope: Scope, caps):
        self.scope = scope
        self.registry = scope.registry
        self.caps = caps

    # -- commands

    def request(self, command, flags, args):
        """Writer with the request of a Command."""
        writer = Writer()
        writer.put(struct.pack('<I', self.scope.number(command.name)), 'type')
        writer.put(struct.pack('<I', flags), 'value')
        counted = self.scope.counted_by(command.params)
        for param in command.params:
            value = args[param.name]
            if not self.scope.is_output(param):
                self.field(writer, param, args, FULL)
            elif shape(param) is Shape.POINTER:
                self.output_pointer(
                    writer, param, value, param.name in counted or
                    (command.name, param.name) in SENT_OUTPUTS)
            else:
                self.output_array(writer, param, value)
        return writer

    def output_pointer(self, writer, param, value, is_sent):
        """An output of one thing in a request."""
        writer.u64(value is not None, 'pointer')
        if value is None:
            return
        if self.scope.canonical_struct(param.type):
            self.value(writer, param.type, value, PARTIAL)
        elif is_sent or self.is_handle(param.type):
            self.value(writer, param.type, value, FULL)

    def output_array(self, writer, param, value):
        """An output of many things in a request."""
        writer.u64(len(value or ()), 'count')
        if self.scope.canonical_struct(param.type):
            for element in value or ():
                self.value(writer, param.type, element, PARTIAL)
        elif self.is_handle(param.type):
            for element in value or ():
                self.value(writer, param.type, element, FULL)

    def reply(self, command, ret, results):
        """Writer with a reply. results: {output parameter: tree}."""
        writer = Writer()
        writer.put(struct.pack('<I', self.scope.number(command.name)), 'type')
        if command.ret != 'void':
            writer.put(wire_bytes(self.registry, command.ret, ret), 'result')
        for param in command.params:
            if self.scope.is_output(param):
                self.field(writer, param, results, REPLY,
                           self.length_kind(command.params, param, results))
        return writer

    # -- structs

    def struct(self, writer, name, tree, form):
        """A struct in a form, in place."""
        kind = self.registry.structs[name]
        if kind.has_chain:
            writer.put(struct.pack('<i', self.scope.stype(name)), 'stype')
            self.chain(writer, name, tree.get('pNext', []), form)
        self.members(writer, name, tree, form)

    def chain(self, writer, head, chain, form):
        """The pNext of a struct; what may not be sent is left out."""
        allowed = self.scope.chain_of(head)
        sent = {}       # a struct that is there twice counts once
        for name, tree in chain:
            if name in allowed and self.scope.permitted(name, self.caps):
                sent.setdefault(name, tree)
        chain = list(sent.items())
        for name, _ in chain:
            writer.u64(1, 'link')
            writer.put(struct.pack('<i', self.scope.stype(name)), 'stype')
        writer.u64(0, 'link')
        for name, tree in reversed(chain):
            self.members(writer, name, tree, form)

    def members(self, writer, name, tree, form):
        """The members of a struct behind sType and pNext."""
        kind = self.registry.structs[name]
        fields = kind.fields
        if name in WIRE_ORDER:
            fields = [kind.find(n) for n in WIRE_ORDER[name]]
        counted = self.scope.counted_by(kind.fields)
        for member in fields:
            if shape(member) in (Shape.STYPE, Shape.CHAIN):
                continue
            is_length = member.name in counted
            if form == PARTIAL:
                self.partial_member(writer, member, tree, is_length)
            else:
                self.field(writer, member, tree, form,
                           self.member_kind(kind, member, tree))

    def member_kind(self, struct, member, tree):
        """The kind of mark of a member."""
        if member.name in self.scope.limits(struct):
            return 'length'
        return self.length_kind(struct.fields, member, tree)

    @staticmethod
    def length_kind(fields, field, tree):
        """The kind of mark of a field that may be a length of others."""
        counts = any(field.name in f.lengths and tree[f.name] is not None
                     for f in fields if f.pointers)
        return 'length' if counts else None

    def partial_member(self, writer, member, tree, is_length):
        """What is left of a member in the partial form."""
        look = shape(member)
        value = tree[member.name]
        is_struct = self.scope.canonical_struct(member.type)
        if look is Shape.VALUE:
            if is_struct:
                self.value(writer, member.type, value, PARTIAL)
            elif is_length:
                self.value(writer, member.type, value, FULL)
        elif look is Shape.FIXED:
            if is_struct or self.is_handle(member.type):
                writer.u64(len(value), 'fixed')
                for element in value:
                    self.value(writer, member.type, element, PARTIAL)
        elif look in (Shape.ARRAY, Shape.BYTES):
            writer.u64(len(value or ()), 'count')
            if is_struct:
                for element in value or ():
                    self.value(writer, member.type, element, PARTIAL)
        elif look is not Shape.FIXED_BYTES:
            raise ValueError(member.name + ' has no partial form')

    # -- fields in full

    def field(self, writer, field, siblings, form, kind=None):
        """A member or parameter in full."""
        value = siblings[field.name]
        look = shape(field)
        if look is Shape.NULL:
            writer.u64(0, 'pointer')
        elif look is Shape.VALUE:
            tag = None
            if field.selector:
                tag = siblings[field.selector]
            self.value(writer, field.type, value, form, tag, kind)
        elif look is Shape.FIXED:
            writer.u64(field.dims[0], 'fixed')
            for element in value:
                self.value(writer, field.type, element, form)
        elif look is Shape.FIXED_BYTES:
            writer.u64(field.dims[0], 'fixed')
            writer.raw(value)
        elif look is Shape.POINTER:
            writer.u64(value is not None, 'pointer')
            if value is not None:
                self.value(writer, field.type, value, form, None, kind)
        elif look is Shape.STRING:
            self.string(writer, value)
        elif look is Shape.STRINGS:
            writer.u64(len(value or ()), 'count')
            for element in value or ():
                self.string(writer, element)
        elif look is Shape.NESTED:
            writer.u64(len(value or ()), 'count')
            for inner in value or ():
                self.elements(writer, field.type, inner, form)
        elif look in (Shape.ARRAY, Shape.BYTES):
            if (field.name == 'pQueueFamilyIndices' and
                    siblings['sharingMode'] != VK_SHARING_MODE_CONCURRENT):
                value = None
            if look is Shape.BYTES:
                writer.u64(len(value or b''), 'count')
                writer.raw(value)
            else:
                self.elements(writer, field.type, value, form)

    def elements(self, writer, type_name, values, form):
        """An array with its count."""
        writer.u64(len(values or ()), 'count')
        for element in values or ():
            self.value(writer, type_name, element, form)

    def string(self, writer, value):
        """Characters without NUL, None for NULL."""
        if value is None:
            writer.u64(0, 'count')
        else:
            writer.u64(len(value) + 1, 'count')
            writer.raw(value + b'\0')

    def is_handle(self, type_name):
        """Whether a type is a handle."""
        return self.registry.canonical(type_name) in self.registry.handles

    def value(self, writer, type_name, value, form, tag=None, kind=None):
        """One thing in place."""
        name = self.registry.canonical(type_name)
        if name in self.registry.handles:
            writer.u64(value, 'id')
        elif name not in self.registry.structs:
            if form != REPLY:
                value = requested(self.registry, name, value)
            writer.put(wire_bytes(self.registry, name, value),
                       kind or 'value')
        elif self.registry.structs[name].is_union:
            self.union(writer, name, value, tag)
        else:
            self.struct(writer, name, value, form)

    def union(self, writer, name, value, tag):
        """A tag and a member; tag is the selector's value or None."""
        member_name, tree = value
        union = self.registry.structs[name]
        member = union.find(member_name)
        if tag is None:
            tag = union.fields.index(member)
        writer.put(struct.pack('<I', tag), 'value')
        self.field(writer, member, {member_name: tree}, FULL)
