# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""Trees of values as C has them in memory, there and back.

Every pointer leads to a block of its own of exactly the needed size. Bytes
that belong to no member hold PADDING, so that they are seen if they leak.
"""

import ctypes
import struct

from .layout import CTYPES, Layout, POINTER_SIZE
from .scalars import memory_code
from .shapes import Shape, shape

PADDING = 0xa5
POINTER_CODE = '@P'


class Memory:
    """Memory of one call or one struct; lives until the next one."""

    def __init__(self, scope, peer):
        self.scope = scope
        self.registry = scope.registry
        self.layout = Layout(self.registry)
        self.peer = peer
        peer.peer_blocks_free()
        self.objects = {}       # id -> address
        self.ids = {0: 0}       # address -> id

    def block(self, data):
        """Address of a block with some bytes."""
        address = self.peer.peer_block(len(data))
        ctypes.memmove(address, bytes(data), len(data))
        return address

    def object(self, object_id, type_name):
        """Address of the object with an id, NULL for 0."""
        if object_id == 0:
            return 0
        if object_id not in self.objects:
            enumerant = self.registry.handles[
                self.registry.canonical(type_name)]
            address = self.peer.peer_object(object_id,
                                            self.registry.value(enumerant))
            self.objects[object_id] = address
            self.ids[address] = object_id
        return self.objects[object_id]

    # -- writing

    def image(self, type_name, value):
        """The bytes of one thing."""
        name = self.registry.canonical(type_name)
        if name in self.registry.handles:
            code = 'P' if self.layout.handle_size(name) == POINTER_SIZE \
                else 'Q'
            return struct.pack('@' + code, self.object(value, name))
        if name in self.registry.structs:
            if self.registry.structs[name].is_union:
                return self.union_image(name, value)
            return self.struct_image(name, value)
        return struct.pack('@' + memory_code(self.registry, name), value)

    def union_image(self, name, value):
        """The bytes of a union with one member set."""
        size, _, _ = self.layout.of_struct(name)
        data = bytearray([PADDING]) * size
        member, tree = value
        field = self.registry.structs[name].find(member)
        image = self.field_image(field, tree)
        data[:len(image)] = image
        return data

    def struct_image(self, name, tree):
        """The bytes of a struct; what it points to gets placed."""
        size, _, offsets = self.layout.of_struct(name)
        data = bytearray([PADDING]) * size
        for field in self.registry.structs[name].fields:
            look = shape(field)
            if look is Shape.STYPE:
                image = struct.pack('@i', self.scope.stype(name))
            elif look is Shape.CHAIN:
                image = struct.pack(POINTER_CODE,
                                    self.chain(tree.get('pNext', [])))
            else:
                image = self.field_image(field, tree[field.name])
            start = offsets[field.name]
            data[start:start + len(image)] = image
        return data

    def chain(self, chain):
        """Places a pNext chain, gives its address."""
        address = 0
        for name, tree in reversed(chain):
            if name == 'unknown':
                image = struct.pack('@iP', tree['sType'], address)
            else:
                image = self.struct_image(name, dict(tree, pNext=[]))
                offset = self.layout.of_struct(name)[2]['pNext']
                struct.pack_into(POINTER_CODE, image, offset, address)
            address = self.block(image)
        return address

    def field_image(self, field, value):
        """The bytes of a member."""
        look = shape(field)
        if look is Shape.VALUE:
            return self.image(field.type, value)
        if look is Shape.FIXED:
            return b''.join(self.image(field.type, x) for x in value)
        if look is Shape.FIXED_BYTES:
            return value
        return struct.pack(POINTER_CODE, self.pointer(field, value))

    def pointer(self, field, value):
        """Places what a field points to, gives its address."""
        if value is None:
            return 0
        look = shape(field)
        if look is Shape.POINTER:
            return self.block(self.image(field.type, value))
        if look is Shape.STRING:
            return self.block(value + b'\0')
        if look is Shape.BYTES:
            return self.block(value)
        if look is Shape.STRINGS:
            pointers = [self.block(x + b'\0') for x in value]
        elif look is Shape.NESTED:
            pointers = [self.block(b''.join(self.image(field.type, x)
                                            for x in inner))
                        for inner in value]
        else:
            return self.block(b''.join(self.image(field.type, x)
                                       for x in value))
        return self.block(b''.join(struct.pack(POINTER_CODE, x)
                                   for x in pointers))

    def arguments(self, command, tree):
        """What to pass to a C function for each parameter."""
        passed = []
        for param in command.params:
            value = tree[param.name]
            if param.dims:
                value = self.block(self.field_image(param, value))
            elif param.pointers:
                value = self.pointer(param, value)
            elif self.registry.canonical(param.type) in self.registry.handles:
                value = self.object(value, param.type)
            passed.append(value)
        return passed

    def argument_types(self, command):
        """The ctypes of the parameters."""
        types = []
        for param in command.params:
            name = self.registry.canonical(param.type)
            if param.dims or param.pointers:
                types.append(ctypes.c_void_p)
            elif name in self.registry.handles:
                types.append(ctypes.c_void_p
                             if self.layout.handle_size(name) == POINTER_SIZE
                             else ctypes.c_uint64)
            else:
                types.append(CTYPES[memory_code(self.registry, name)])
        return types

    # -- reading

    def read(self, type_name, address, like):
        """The tree at an address, which has the form of another tree."""
        name = self.registry.canonical(type_name)
        if name in self.registry.handles:
            code = 'P' if self.layout.handle_size(name) == POINTER_SIZE \
                else 'Q'
            value = self.unpack('@' + code, address)
            return self.ids.get(value, 'wild pointer %#x' % value)
        if name in self.registry.structs:
            if self.registry.structs[name].is_union:
                return like
            return self.read_struct(name, address, like)
        return self.unpack('@' + memory_code(self.registry, name), address)

    def read_struct(self, name, address, like):
        """The tree of a struct at an address."""
        _, _, offsets = self.layout.of_struct(name)
        tree = {}
        for field in self.registry.structs[name].fields:
            look = shape(field)
            place = address + offsets[field.name]
            if look is Shape.STYPE:
                stype = self.unpack('@i', place)
                if stype != self.scope.stype(name):
                    tree['sType'] = stype
            elif look is Shape.CHAIN:
                tree['pNext'] = self.read_chain(
                    self.unpack(POINTER_CODE, place), like['pNext'])
            else:
                tree[field.name] = self.read_field(field, place,
                                                   like[field.name])
        return tree

    def read_chain(self, address, like):
        """The trees of a chain."""
        chain = []
        for name, tree in like:
            if name == 'unknown':
                stype, following = struct.unpack(
                    '@iP', ctypes.string_at(address,
                                            struct.calcsize('@iP')))
                chain.append((name, {'sType': stype}))
            else:
                offset = self.layout.of_struct(name)[2]['pNext']
                following = self.unpack(POINTER_CODE, address + offset)
                chain.append((name, self.read_struct(
                    name, address, dict(tree, pNext=[]))))
            address = following
        return chain

    def read_field(self, field, address, like):
        """The tree of a member at an address."""
        look = shape(field)
        if look is Shape.VALUE:
            return self.read(field.type, address, like)
        if look is Shape.FIXED:
            return self.read_many(field.type, address, like)
        if look is Shape.FIXED_BYTES:
            return ctypes.string_at(address, len(like))
        return self.read_pointer(field, self.unpack(POINTER_CODE, address),
                                 like)

    def read_pointer(self, field, address, like):
        """The tree that a field points to."""
        if not address:
            return None
        look = shape(field)
        if like is None:
            return 'pointer where NULL was'
        if look is Shape.POINTER:
            return self.read(field.type, address, like)
        if look is Shape.BYTES:
            return ctypes.string_at(address, len(like))
        if look is Shape.ARRAY:
            return self.read_many(field.type, address, like)
        return like

    def read_many(self, type_name, address, like):
        """The trees of an array at an address."""
        size, _ = self.layout.of_type(type_name)
        return [self.read(type_name, address + i * size, x)
                for i, x in enumerate(like)]

    def read_outputs(self, command, passed, like):
        """The tree of a call's arguments, with the outputs as they are."""
        tree = {}
        for param, value in zip(command.params, passed):
            tree[param.name] = like[param.name]
            if self.scope.is_output(param):
                tree[param.name] = self.read_pointer(param, value,
                                                     like[param.name])
        return tree

    @staticmethod
    def unpack(code, address):
        """One scalar at an address."""
        return struct.unpack(code, ctypes.string_at(
            address, struct.calcsize(code)))[0]
