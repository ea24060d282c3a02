# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""Writes inputs for fuzz_ring.c: an honest renderer, and one lie each.

Usage: fuzz_ring_corpus.py FOLDER
"""

import random
import struct
import sys
from pathlib import Path

# as in fuzz_ring.c
(CALL, CALL_LONG, SUBMIT, STREAM_ALLOC, STREAM_SUBMIT, STREAM_FREE, WAIT,
 PASSED, FENCE, WATCHDOG) = range(10)
LIES = {5: b'\1\x80', 6: b'\2', 7: b'\xff\xff\xff\xff', 8: b'\0\1' + b'x' * 8,
        9: b'\x20' + b'\0' * 32, 10: b'', 11: b'', 12: b'\xff'}


def op(which, slot=0, value=0):
    """One operation."""
    return struct.pack('<BBH', which, slot, value)


SESSIONS = {
    'calls': [op(CALL, 0, n) for n in (0, 1, 64, 0x8100)],
    'long': [op(CALL_LONG, 0, n) for n in (10, 300, 5000, 60000)],
    'submits': [op(SUBMIT, 0, 100 + i) for i in range(50)] + [op(WAIT)],
    'streams': [op(STREAM_ALLOC, i, 1000 * i) for i in range(8)] +
               [op(STREAM_SUBMIT), op(STREAM_FREE, 3), op(STREAM_FREE, 0),
                op(STREAM_ALLOC, 3, 0x80ff), op(STREAM_SUBMIT), op(WAIT),
                op(STREAM_FREE, 3), op(STREAM_ALLOC, 0, 20)],
    'blocks': [x for i in range(16)
               for x in (op(STREAM_ALLOC, i % 8, 0x8030),
                         op(STREAM_SUBMIT), op(STREAM_FREE, i % 8))],
    'waits': [op(SUBMIT, 0, 8), op(PASSED), op(FENCE), op(WATCHDOG, 0, 9),
              op(SUBMIT, 0, 8), op(WAIT), op(PASSED, 0, 1)],
}


def main(folder):
    """Writes the files."""
    rng = random.Random(1)
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    for name, ops in SESSIONS.items():
        head = bytes([len(ops)]) + b''.join(ops)
        script = bytes(300)
        (out / name).write_bytes(head + script)
        (out / (name + '-idle')).write_bytes(head + bytes([0, 1]) * 150)
        (out / (name + '-silent')).write_bytes(head + bytes(6))
        for lie, rest in LIES.items():
            for at in (2, 6, rng.randint(7, 60)):
                (out / ('%s-%d-%d' % (name, lie, at))).write_bytes(
                    head + script[:at] + bytes([lie]) + rest + script)


if __name__ == '__main__':
    main(*sys.argv[1:])
