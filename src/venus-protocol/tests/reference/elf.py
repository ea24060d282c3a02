# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""The names that a shared library exports."""

import struct

SHT_DYNSYM = 11
STT_FUNC = 2


def exported_functions(path):
    """Names of all defined functions in the dynamic symbol table."""
    with open(path, 'rb') as file:
        data = file.read()
    if data[:4] != b'\x7fELF' or data[5] != 1:
        raise ValueError('%s: not a little endian ELF file' % path)
    wide = data[4] == 2
    offset, = struct.unpack_from('<Q' if wide else '<I', data,
                                 0x28 if wide else 0x20)
    size, count = struct.unpack_from('<HH', data, 0x3a if wide else 0x2e)
    sections = []
    for i in range(count):
        fields = struct.unpack_from('<IIQQQQIIQQ' if wide else '<10I', data,
                                    offset + i * size)
        sections.append(fields)
    names = set()
    for kind in sections:
        if kind[1] != SHT_DYNSYM:
            continue
        strings = sections[kind[6]][4]
        for at in range(kind[4], kind[4] + kind[5], kind[9]):
            if wide:
                name, info, _, section, _, _ = struct.unpack_from(
                    '<IBBHQQ', data, at)
            else:
                name, _, _, info, _, section = struct.unpack_from(
                    '<IIIBBH', data, at)
            if info & 15 == STT_FUNC and section:
                end = data.index(b'\0', strings + name)
                names.add(data[strings + name:end].decode())
    return names
