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


def barrier(command, device, *barriers, room=()):
    """A command with barriers; room is what is in front of them."""
    return op(15, 0x80 | command, device, *room, *barriers)


# of the table in fuzz_door.c: no command, known ones, aliases
NAMES = (0, 2, 3, 5, 7, 8, 15, 34, 36, 39, 60)

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
    'barriers': [barrier(command, 0, *[0x2c | arrays] * barriers, room=room)
                 for command, barriers, room in (
                     (0, 1, ()), (1, 1, ()), (2, 1, ()), (3, 1, ()),
                     (4, 1, ()), (5, 2, (2,)), (5, 0, (7,)), (5, 0, (0,)))
                 for arrays in (0, 0x40)],
    'barriers-between-queues': [barrier(command, 0, 0x31)
                                for command in range(5)],
    'barriers-fail': [barrier(command | 8 | nth << 4, 0, 0x2c, 0x2b,
                              room=(2,) if command == 5 else ())
                      for command in range(6) for nth in range(4)],
    'sparse': [op(14, 5, what, RGBA) for what in range(16)],
    'loader-names': [op(14, 6, whom << 2, name)
                     for whom in (0, 1, 3, 4, 5) for name in NAMES],
    'loader-lists': [op(14, 6, how << 2 | 1) for how in range(16)]
                    + [op(14, 6, how << 2 | 2, layer)
                       for how in (0, 1, 4, 8, 12) for layer in range(4)],
    'loader-negotiates': [op(14, 6, 3, version) for version in range(4)]
                         + [op(14, 6, 7, 2), op(14, 6, 0x0b, 0, 0, 0, 1)],
    'dma-bufs': [op(5, 0, 0xdb, ODD), op(4, 0, 0, DMA_BUF),
                 importing(0, 0, ODD, DMA_BUF, 0), op(5, 1, 0xdb, b'\x08'),
                 importing(0, 1, PAGE, DMA_BUF, 1),
                 export(0, 2, ODD, DMA_BUF), op(3, 2, 2, DMA_BUF),
                 importing(1, 3, ODD, DMA_BUF, 2)],
}


# each error at each of the calls that an export makes
GUESTS.update({
    'error-%d' % error: [x for nth in range(10)
                         for x in (op(14, 7 | error << 4, nth),
                                   export(0, 0, PAGE, DMA_BUF),
                                   op(3, 0, 0, DMA_BUF),
                                   op(4, 0, 0, DMA_BUF),
                                   op(6, 0, 0, 1, PAGE), op(2, 0))]
    for error in range(6)})


def instance(what=0, words=(), folders=(), file=None, chain=()):
    """What fuzz_settings.c and create_instance() read: words and folders by
    number of the variable, the place of the file and its text, settings.
    """
    which = sum(1 << i for i in (*dict(words), *dict(folders)))
    place, text = file or (0, b'')
    return (bytes([what]) + struct.pack('<H', which)
            + b''.join(bytes([w]) for _, w in sorted(words))
            + b''.join(bytes([f]) for _, f in sorted(folders))
            + bytes([place])
            + (struct.pack('<H', len(text)) + text if place % 8 else b'')
            + bytes([len(chain)]) + b''.join(chain))


TEXT = b"""# of all layers
venus_shm.log = debug # so
venus_shm.backing=memfd
venus_shm.nothing = 1
khronos_validation.report = x
no equals sign
""" + b'x' * 700 + b'\nvenus_shm.libm = keep'

# how a word is chosen, and a setting of a chain: layer, name, type ...
INSTANCES = {
    'words': instance(words=[(i, i) for i in range(8)]),
    'wrong-word': b'\0\1\0\x0f' + b'wrong'.ljust(31, b'\0') + b'\0\0',
    'empty-words': instance(words=[(i, 11) for i in range(8)]),
    'xdg': instance(folders=[(8, 1)], file=(1, TEXT)),
    'home': instance(folders=[(9, 1)], file=(2, TEXT)),
    'home-too-long': instance(folders=[(8, 2), (9, 2), (10, 2)]),
    'chosen': instance(folders=[(10, 1)], file=(3, TEXT)),
    'chosen-folder': instance(folders=[(10, 1)], file=(4, TEXT)),
    'here': instance(folders=[(8, 4), (9, 4), (10, 4)], file=(5, TEXT)),
    'gone': instance(file=(5 | 8, TEXT)),
    'chain': instance(chain=[bytes([0x00, 3]), bytes([0x05, 5]),
                             bytes([0x02, 0])]),
    'two-chains': instance(0x20, chain=[bytes([0x00, 3])])
                  + bytes([2, 0x00, 0, 0x0b, 0]),
    'wrong-chain': instance(chain=[bytes([0x20, 3]), bytes([0x44, 7, 2]),
                                   bytes([0x88, 9])]),
    'no-application': instance(0x01),
    'old-application': instance(0x02),
    'old-application-knows': instance(0x0a),
    'application-says-nothing': instance(0x04),
    'no-callback': instance(0x10),
    'no-link': instance(0x40),
}


def main(folder):
    """Writes the files."""
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    for host, config in HOSTS.items():
        for guest, ops in GUESTS.items():
            (out / ('%s-%s' % (host, guest))).write_bytes(
                config + b''.join(ops))
    # other places for settings, and the first instance calls that fail
    for name, start in INSTANCES.items():
        for fail_at in range(0, 8):
            config = struct.pack('<BBBBB', 0, 0, 0, 0x50, fail_at)
            (out / ('instance-%s-%d' % (name, fail_at))).write_bytes(
                config + start + b''.join(GUESTS['share']))
    # and with one failing call, somewhere in the middle of it
    for guest, ops in GUESTS.items():
        for fail_at in range(25, 75, 4):
            config = struct.pack('<BBBBB', 0, 0, 0, 0x10, fail_at)
            (out / ('%s-fails-%d' % (guest, fail_at))).write_bytes(
                config + b''.join(ops))


if __name__ == '__main__':
    main(*sys.argv[1:])
