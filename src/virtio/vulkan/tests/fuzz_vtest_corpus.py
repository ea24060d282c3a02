# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""Writes inputs for fuzz_vtest.c: sessions with an honest server, and the
same with one lie each.

Usage: fuzz_vtest_corpus.py FOLDER
"""

import random
import struct
import sys
from pathlib import Path

# as in fuzz_vtest.c
(SHMEM_CREATE, SHMEM_DESTROY, BO_CREATE, BO_MAP, BO_EXPORT, BO_IMPORT,
 BO_UNREF, SYNC_CREATE, SYNC_DESTROY, SYNC_READ, SYNC_WRITE, WAIT, SUBMIT,
 WATCHDOG) = range(14)
MAPPABLE, SHAREABLE = 0x40, 0x80
HONEST = 0
LIES = range(8, 16)
ANSWERS_OF_HANDSHAKE = 6


def op(which, slot=0, how=0, value=0):
    """One operation."""
    return struct.pack('<BBBBI', which, slot, how, 0, value)


SESSIONS = {
    'handshake': [],
    'shmem': [op(SHMEM_CREATE), op(SHMEM_CREATE, 1, 7), op(SHMEM_DESTROY)],
    'bo': [op(BO_CREATE, 0, MAPPABLE | SHAREABLE), op(BO_MAP),
           op(BO_EXPORT), op(BO_IMPORT, 1), op(BO_UNREF), op(BO_MAP, 1),
           op(BO_UNREF, 1)],
    'bo-plain': [op(BO_CREATE), op(BO_MAP), op(BO_IMPORT, 1, 0xc0)],
    'bo-huge': [op(BO_CREATE, i, MAPPABLE | i, 0x1234) for i in range(7)],
    # more than are kept for files on their way
    'bo-retired': [x for i in range(12)
                   for x in (op(BO_CREATE, i % 8, MAPPABLE | SHAREABLE),
                             op(BO_EXPORT, i % 8, i % 3), op(BO_UNREF, i % 8),
                             op(BO_IMPORT, 7 - i % 8, i % 4))],
    'sync': [op(SYNC_CREATE, 0, 0, 5), op(SYNC_READ), op(SYNC_WRITE, 0, 0, 9),
             op(SYNC_DESTROY)],
    'wait': [op(SYNC_CREATE), op(SYNC_CREATE, 1), op(WAIT, 0, 0x20, 100),
             op(WAIT, 0, 0x21, 100), op(WAIT, 0, 0x22, 1),
             op(WAIT, 0, 0x10, 0)],
    'watchdog': [op(WATCHDOG, 0, 3), op(SYNC_CREATE), op(WAIT, 0, 0x12, 1)],
    'submit': [op(SYNC_CREATE), op(SUBMIT, 0, 0x8f, 3), op(SUBMIT, 1, 4),
               op(WAIT, 0, 0x12, 3)],
}


def main(folder):
    """Writes the files."""
    rng = random.Random(1)
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    for name, ops in SESSIONS.items():
        head = bytes([len(ops)]) + b''.join(ops)
        # connect(), the handshake, and enough for all that follows
        script = bytes([HONEST] * (1 + ANSWERS_OF_HANDSHAKE + 40))
        (out / name).write_bytes(head + script)
        for lie in LIES:
            # somewhere in the handshake, and somewhere behind it
            for at in (rng.randint(1, ANSWERS_OF_HANDSHAKE),
                       ANSWERS_OF_HANDSHAKE + 1 + rng.randint(0, 4)):
                spoilt = bytearray(script)
                spoilt[at:at] = bytes([lie, rng.randint(0, 255)])
                (out / ('%s-%d-%d' % (name, lie, at))).write_bytes(
                    head + spoilt)


if __name__ == '__main__':
    main(*sys.argv[1:])
