# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""Writes inputs for fuzz_layer.c: ordinary guests on several kinds of host.

Usage: fuzz_layer_corpus.py FOLDER
"""

import struct
import sys
from pathlib import Path

# read_config() of fuzz_layer.c: has, lies, types, numbers, fail_at
HOSTS = {
    'plain': bytes([0, 0, 0, 0, 0]),
    'discrete': bytes([0x02, 0, 0x33, 1, 0]),
    'no-modifiers': bytes([0x26, 0, 0, 0, 0]),
    'complete': bytes([0x2e, 0, 0, 0, 0]),
    'own-modifiers': bytes([0x0a, 0, 0x11, 0x10, 0]),
    'files': bytes([0, 0, 0, 0x20, 0]),
    'udmabuf': bytes([0, 0, 0, 0x10, 0]),
    'loses-writes': bytes([0, 2, 0, 0, 0]),
    'clears': bytes([0, 0x10, 0, 0, 0]),
    'clear-is-lost': bytes([0, 0x12, 0, 0, 0]),
    'clear-with-pitch': bytes([0, 0x30, 0, 0, 0]),
    'optimal-elsewhere': bytes([0x02, 0x50, 0x33, 1, 0]),
    'no-host-import': bytes([1, 0, 0, 0, 0]),
}

# read_size(), read_types() and read_format()
PAGE, ODD, HUGE, LARGE = b'\0', b'\2', b'\6\0', b'\x09'
DMA_BUF, OPAQUE = b'\0', b'\1'
RGBA, PLANAR = b'\0', b'\2'


def op(which, *rest):
    """An operation; numbers are bytes."""
    return bytes([which]) + b''.join(
        bytes([x]) if isinstance(x, int) else x for x in rest)


def export(device, slot, size, types):
    """vkAllocateMemory for export."""
    return op(0, device, slot, 0x02, size, types, 0)


def importing(device, slot, size, types, fd):
    """vkAllocateMemory of an fd."""
    return op(0, device, slot, 0x08, size, types, fd, 0)


GUESTS = {
    'share': [export(0, 0, ODD, DMA_BUF), op(3, 0, 0, DMA_BUF),
              op(4, 1, 0, DMA_BUF), op(6, 0, 1, 2, PAGE),
              importing(1, 1, ODD, DMA_BUF, 0),
              importing(1, 2, ODD, DMA_BUF, 1),
              op(3, 1, 2, DMA_BUF), op(2, 0), op(2, 1), op(2, 2)],
    'opaque': [export(0, 0, PAGE, OPAQUE), op(3, 0, 0, OPAQUE),
               importing(0, 1, PAGE, OPAQUE, 0)],
    'chains': [op(0, 0, 0, 0x77, PAGE, DMA_BUF, 0, 1, 2, 3, 4, 5, 0),
               op(0, 0, 1, 0x10, LARGE, 1, 0)],
    'files': [x for kind in range(16)
              for x in (op(5, kind % 8, kind, ODD),
                        op(4, 0, kind % 8, DMA_BUF),
                        importing(0, kind % 8, PAGE, DMA_BUF, kind % 8),
                        op(2, kind % 8), op(6, kind % 8, 0, 1, PAGE))],
    'shrink': [op(5, 0, 1, ODD), op(6, 0, 1, 2, PAGE),
               importing(0, 0, ODD, DMA_BUF, 0), op(6, 1, 0, 0, PAGE),
               importing(1, 1, ODD, DMA_BUF, 1), op(6, 1, 0, 0, LARGE),
               importing(1, 1, PAGE, DMA_BUF, 1)],
    'sizes': [x for how in range(10)
              for x in (export(0, 0, bytes([how]) + b'\1' * 8, DMA_BUF),
                        op(2, 0))],
    'buffers': [op(7, 0, 0, 0x02, PAGE, 3, DMA_BUF), op(8, 0),
                op(7, 1, 1, 0x0d, PAGE, 3, 1, 2, 3, 4), op(8, 1),
                op(11, 0x80)],
    'images': [op(9, 0, 0, 0x83, 0x20, RGBA, DMA_BUF, 1, 0), op(10, 0, 7),
               op(9, 0, 1, 0x85, 0x20, RGBA, DMA_BUF, 0, 1, 0, 0, 0),
               op(10, 1, 0),
               op(9, 1, 2, 0x83, 0x20, PLANAR, DMA_BUF, 1, 0),
               op(10, 2, 8),
               op(9, 1, 3, 0x05, 0x20, RGBA, DMA_BUF, 0, 0), op(10, 3, 0),
               op(11, 0)],
    'queries': [op(12, RGBA, 0x0f, 1), op(12, PLANAR, 0x03, 0),
                op(13, 0x8b, RGBA, DMA_BUF, 0), op(13, 0x01, RGBA, DMA_BUF),
                op(14, 0xf0), op(14, 0x10), op(14, 1, DMA_BUF), op(14, 2),
                op(14, 0x13), op(14, 4)],
    'leaving': [export(0, 0, ODD, DMA_BUF), op(3, 0, 0, DMA_BUF),
                importing(1, 1, ODD, DMA_BUF, 0), op(15, 0x40),
                op(15, 0, 0), op(15, 0x41), op(15, 0x80, 0, 0x1f)],
}


def main(folder):
    """Writes the files."""
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    for host, config in HOSTS.items():
        for guest, ops in GUESTS.items():
            (out / ('%s-%s' % (host, guest))).write_bytes(
                config + b''.join(ops))
    # and with one failing call, somewhere in the middle of it
    for guest, ops in GUESTS.items():
        for fail_at in range(25, 75, 4):
            config = struct.pack('<BBBBB', 0, 0, 0, 0x10, fail_at)
            (out / ('%s-fails-%d' % (guest, fail_at))).write_bytes(
                config + b''.join(ops))


if __name__ == '__main__':
    main(*sys.argv[1:])
