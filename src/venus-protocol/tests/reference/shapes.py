# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""How a member or parameter looks on the wire, whatever its direction."""

from enum import Enum, auto


class Shape(Enum):
    """One way in which C declares something."""

    STYPE = auto()
    CHAIN = auto()      # pNext
    NULL = auto()       # always sent as NULL
    VALUE = auto()
    FIXED = auto()      # array in place, of anything but bytes
    FIXED_BYTES = auto()
    POINTER = auto()    # to one thing
    ARRAY = auto()      # pointer to many
    BYTES = auto()      # pointer to many bytes
    STRING = auto()
    STRINGS = auto()
    NESTED = auto()     # array of pointers to arrays

BYTE_TYPES = ('void', 'char', 'uint8_t', 'int8_t')

# Members that a renderer accepts only as NULL.
NULL_ONLY = {'pAllocator', 'pShaderGroupCaptureReplayHandle', 'hostAddress'}

# Inner length of arrays of pointers for which registries give none.
INNER_LENGTH = {
    'ppBuildRangeInfos': 'pInfos[i].geometryCount',
    'ppMaxPrimitiveCounts': 'pInfos[i].geometryCount',
}


def shape(field):
    """The Shape of a field; ValueError for what the protocol has not."""
    if field.bits or len(field.dims) > 1:
        raise ValueError('%s: not on any wire' % field.name)
    if field.name == 'sType':
        return Shape.STYPE
    if field.name == 'pNext':
        return Shape.CHAIN
    if field.name in NULL_ONLY:
        return Shape.NULL
    if field.dims:
        return (Shape.FIXED_BYTES if field.type in BYTE_TYPES
                else Shape.FIXED)
    if field.pointers == 0:
        return Shape.VALUE
    if field.lengths and field.lengths[-1] == 'null-terminated':
        return Shape.STRING if field.pointers == 1 else Shape.STRINGS
    if field.pointers == 2 and field.lengths:
        return Shape.NESTED
    if field.pointers == 1 and field.lengths:
        return (Shape.BYTES if field.type in BYTE_TYPES else Shape.ARRAY)
    if field.pointers == 1 and field.type != 'void':
        return Shape.POINTER
    raise ValueError('%s: pointer without meaning' % field.name)


def outer_length(field):
    """Length expression of an array behind a pointer."""
    return field.lengths[0]


def inner_length(field):
    """Length expression of the arrays in an array of pointers."""
    if len(field.lengths) > 1:
        return field.lengths[1]
    return INNER_LENGTH[field.name]
