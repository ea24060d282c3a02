# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""Scalars: their struct module codes in memory and on the wire."""

import struct

# C type -> (code in memory, code on the wire)
CODES = {
    'int8_t': ('b', 'i'), 'uint8_t': ('B', 'I'), 'char': ('b', 'i'),
    'int16_t': ('h', 'i'), 'uint16_t': ('H', 'I'),
    'int': ('i', 'i'), 'int32_t': ('i', 'i'), 'uint32_t': ('I', 'I'),
    'enum32': ('i', 'i'), 'enum64': ('Q', 'Q'),
    'float': ('f', 'f'),
    'int64_t': ('q', 'q'), 'uint64_t': ('Q', 'Q'),
    'size_t': ('N', 'Q'),
}


def base(registry, name):
    """The C type that a scalar type is in the end, None for others."""
    name = registry.canonical(name)
    while name not in CODES:
        if name not in registry.scalars:
            return None
        name = registry.canonical(registry.scalars[name])
    return name


def memory_code(registry, name):
    """The native struct code of a scalar type in memory."""
    return CODES[base(registry, name)][0]


def wire_code(registry, name):
    """The struct code of a scalar type on the wire, little endian."""
    return CODES[base(registry, name)][1]


# Values that a request has another one for: layouts of swapchains' images.
PRESENT_SRC = 1000001002
REPLACED = {('VkImageLayout', PRESENT_SRC): 1}  # GENERAL


def requested(registry, name, value):
    """What a request has for the value of a scalar."""
    return REPLACED.get((registry.canonical(name), value), value)


def wire_bytes(registry, name, value):
    """A scalar as it is on the wire."""
    return struct.pack('<' + wire_code(registry, name), value)
