# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""Writes inputs for fuzz_virtgpu.c: sessions on an honest device, the same
with one lie each, and with one failing call of this side.

Usage: fuzz_virtgpu_corpus.py FOLDER
"""

import struct
import sys
from pathlib import Path

# as in fuzz_virtgpu.c
(SHMEM_CREATE, SHMEM_DESTROY, BO_CREATE, BO_MAP, BO_MAP_PLACED, BO_EXPORT,
 BO_IMPORT, BO_UNREF, SYNC_CREATE, SYNC_DESTROY, SYNC_READ, SYNC_WRITE,
 SYNC_EXPORT, SYNC_IMPORT, WAIT, SUBMIT, WATCHDOG, ANOTHER, TIME) = range(19)
MAPPABLE, SHAREABLE, FENCE = 0x40, 0x80, 0x80
# enum lie
ERROR, VALUE, NOTHING, SAME, SHORT, LATE, ODD = LIES = range(8, 15)
# what an honest start asks for, by list and by path, and some more
BY_LIST, BY_PATH, MORE = 16, 14, 20


def op(which, slot=0, how=0, value=0):
    """One operation."""
    return struct.pack('<BBBBI', which, slot, how, 0, value)


SESSIONS = {
    'start': [],
    'shmem': [op(SHMEM_CREATE), op(SHMEM_CREATE, 1, 7), op(SHMEM_DESTROY)],
    'shmem-huge': [op(SHMEM_CREATE, i, i, 0x12345) for i in range(8)],
    'bo': [op(BO_CREATE, 0, MAPPABLE | SHAREABLE), op(BO_MAP),
           op(BO_MAP_PLACED), op(BO_MAP_PLACED, 0, 1, 5),
           op(BO_EXPORT), op(BO_IMPORT, 1), op(BO_UNREF), op(BO_MAP, 1),
           op(BO_EXPORT, 1, 1), op(BO_IMPORT, 0, 1), op(BO_UNREF, 1)],
    'bo-plain': [op(BO_CREATE), op(BO_MAP), op(BO_CREATE, 1, SHAREABLE),
                 op(BO_EXPORT, 1), op(BO_UNREF, 1), op(BO_IMPORT, 1)],
    'bo-huge': [op(BO_CREATE, i, MAPPABLE | i, 0x12345) for i in range(8)],
    'bo-foreign': [x for kind in range(5)
                   for x in (op(BO_IMPORT, kind, 0x40, kind),
                             op(BO_MAP, kind), op(BO_EXPORT, kind, kind))]
                  + [op(BO_IMPORT, 5, 0x80), op(BO_IMPORT, 6, 0xc0),
                     op(BO_IMPORT, 7, 2)],
    'sync': [op(SYNC_CREATE, 0, 0, 5), op(SYNC_READ), op(SYNC_WRITE, 0, 0, 9),
             op(SYNC_EXPORT, 0, 0, 9), op(SYNC_DESTROY)],
    'submit': [op(SYNC_CREATE), op(SUBMIT, 0, FENCE | 4, 3), op(SUBMIT, 1, 4),
               op(SUBMIT, 1), op(SYNC_EXPORT, 0, 0, 3), op(SYNC_READ),
               op(WAIT, 0, 0x12, 3)],
    'submit-many': [op(SYNC_CREATE)]
                   + [op(SUBMIT, 0, FENCE, 20 - i) for i in range(12)]
                   + [op(SYNC_EXPORT, 0, 0, 11), op(TIME), op(SYNC_READ),
                      op(WAIT, 0, 0x12, 20)],
    'fences-of-others': [op(SYNC_CREATE)]
                        + [op(SYNC_IMPORT, 0, lie, lie) for lie in LIES]
                        + [op(WAIT, 0, 0x10, 1000), op(WAIT, 0, 0x12, 20)],
    'wait': [op(SYNC_CREATE, 0, 0, 1), op(SYNC_CREATE, 1),
             op(WAIT, 0, 0x20, 100), op(WAIT, 0, 0x21, 100),
             op(SUBMIT, 1, FENCE, 100), op(WAIT, 0, 0x10, 0),
             op(WAIT, 0, 0x12, 1 << 20)],
    'wait-for-many': [x for i in range(8)
                      for x in (op(SYNC_CREATE, i), op(SUBMIT, i, FENCE, 9))]
                     + [op(WAIT, 0, 0xf0, 9 << 8), op(WAIT, 0, 0xf2, 9)],
    'watchdog': [op(WATCHDOG, 0, 3), op(SYNC_CREATE), op(WAIT, 0, 0x12, 1)],
    'another': [op(ANOTHER), op(BO_CREATE, 0, SHAREABLE), op(BO_EXPORT),
                op(ANOTHER, 0, 0x20), op(ANOTHER, 0, 0x60), op(ANOTHER)],
}


def main(folder):
    """Writes the files."""
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    for name, ops in SESSIONS.items():
        head = bytes([len(ops)])
        body = b''.join(ops)
        for by_path in (0, 1):
            # the highest number of this side's calls is never reached
            start = head + bytes([254 + by_path]) + body
            (out / ('%s-%d' % (name, by_path))).write_bytes(start)
        for fail_at in range(1, 17):
            (out / ('%s-fails-%d' % (name, fail_at))).write_bytes(
                head + bytes([fail_at]) + body)
        for lie in LIES:
            first = 0 if name == 'start' else BY_PATH
            for at in range(first, BY_PATH + (MORE if ops else 0)):
                script = bytes(at) + bytes([lie, at * 37 % 256])
                (out / ('%s-%d-%d' % (name, lie, at))).write_bytes(
                    start + script)
            (out / ('%s-%d-often' % (name, lie))).write_bytes(
                start + bytes(BY_PATH) + bytes([lie, 3]) * MORE)
    # a start that looks for a device, and numbers that are none of a page
    for at in range(BY_LIST):
        for lie in LIES:
            for more in (b'\0', b'\1', b'\0\x30\0\0'):
                (out / ('list-%d-%d-%d%d' % (lie, at, len(more), more[-1]))
                 ).write_bytes(bytes([0, 254]) + bytes(at) + bytes([lie])
                               + more)
    # nothing signals, and then one after the other does
    for name in ('submit-many', 'wait-for-many', 'bo-plain', 'wait'):
        ops = SESSIONS[name]
        for steps in (b'\3' * 60, b'\1\5\x09' * 20, b'\x82' * 9):
            (out / ('%s-late-%d' % (name, steps[0]))).write_bytes(
                bytes([len(ops), 254]) + b''.join(ops)
                + bytes(BY_LIST) + bytes([LATE]) * 13 + b'\0' + steps)


if __name__ == '__main__':
    main(*sys.argv[1:])
