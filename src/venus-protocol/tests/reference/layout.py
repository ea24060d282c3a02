# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""Sizes and offsets, in bytes, of the C types of a registry."""

import ctypes

from .scalars import memory_code

POINTER_SIZE = ctypes.sizeof(ctypes.c_void_p)

CTYPES = {'b': ctypes.c_int8, 'B': ctypes.c_uint8, 'h': ctypes.c_int16,
          'H': ctypes.c_uint16, 'i': ctypes.c_int32, 'I': ctypes.c_uint32,
          'f': ctypes.c_float, 'q': ctypes.c_int64, 'Q': ctypes.c_uint64,
          'N': ctypes.c_size_t}


def round_up(value, alignment):
    """The next multiple of an alignment."""
    return -(-value // alignment) * alignment


class Layout:
    """Lays types out as the C ABI of this machine does."""

    def __init__(self, registry):
        self.registry = registry
        self._structs = {}

    def handle_size(self, name):
        """Size of a handle type."""
        if self.registry.canonical(name) in self.registry.dispatchable:
            return POINTER_SIZE
        return 8

    def of_type(self, name):
        """(size, alignment) of a type."""
        name = self.registry.canonical(name)
        if name == 'void':
            return 1, 1
        if name in self.registry.handles:
            size = self.handle_size(name)
            kind = ctypes.c_void_p if size == POINTER_SIZE else (
                ctypes.c_uint64)
            return size, ctypes.alignment(kind)
        if name in self.registry.structs:
            size, alignment, _ = self.of_struct(name)
            return size, alignment
        kind = CTYPES[memory_code(self.registry, name)]
        return ctypes.sizeof(kind), ctypes.alignment(kind)

    def of_field(self, field):
        """(size, alignment) of a member."""
        if field.pointers:
            size = alignment = POINTER_SIZE
        else:
            size, alignment = self.of_type(field.type)
        for dim in field.dims:
            size *= dim
        return size, alignment

    def of_struct(self, name):
        """(size, alignment, {member: offset})."""
        if name not in self._structs:
            struct = self.registry.structs[name]
            end = 0
            alignment = 1
            offsets = {}
            for member in struct.fields:
                if member.bits:
                    raise ValueError(name + ' has bit fields')
                size, needed = self.of_field(member)
                start = 0 if struct.is_union else round_up(end, needed)
                offsets[member.name] = start
                end = max(end, start + size)
                alignment = max(alignment, needed)
            self._structs[name] = (round_up(end, alignment), alignment,
                                   offsets)
        return self._structs[name]
