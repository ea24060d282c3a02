#!/usr/bin/env python3
# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""Compares the extensions that a device offers with the rule for them.

    extensions_test.py VENUS_RUN DEVICE_EXTENSIONS REGISTRY GEN_DIR PLATFORMS

The rule: what the host's driver has, the renderer's protocol has and the
registry of the build has, but for what extensions.py leaves out with a reason;
what the driver has by itself, for the window systems of the build; and what comes with shared memory, which there
is with the host layer. The renderer is asked for its protocol here, without the driver.
"""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

CREATE_RENDERER, PROTOCOL_VERSION, GET_CAPSET = 8, 11, 16


def capset() -> list[int]:
    """The renderer's capset, from the server at VTEST_SOCKET_NAME."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(10)
        sock.connect(os.environ['VTEST_SOCKET_NAME'])
        name = b'extensions_test\0'
        sock.sendall(struct.pack('<2I', len(name), CREATE_RENDERER) + name)
        sock.sendall(struct.pack('<3I', 1, PROTOCOL_VERSION, 3))
        replies = sock.makefile('rb')
        replies.read(12)
        sock.sendall(struct.pack('<4I', 2, GET_CAPSET, 4, 0))
        length, _, valid = struct.unpack('<3I', replies.read(12))
        if not valid:
            raise SystemExit('the server has no Venus')
        return list(struct.unpack(f'<{length - 1}I',
                                  replies.read(4 * (length - 1))))


def lines(*command: str) -> list[str]:
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE,
                         timeout=100, text=True).stdout
    return [line for line in out.splitlines() if line]


def registry_numbers(path: str) -> dict[str, int]:
    """Device extensions of the registry that there are for Vulkan."""
    root = ElementTree.parse(path).getroot()
    return {e.get('name'): int(e.get('number'))
            for e in root.iterfind('extensions/extension')
            if e.get('type') == 'device' and
            'vulkan' in e.get('supported', '').split(',')}


def main() -> int:
    if sys.argv[1:] == ['--capset']:
        print(*capset(), sep='\n')
        return 0

    venus_run, program, registry, gen_dir, platforms = sys.argv[1:]
    sys.path.insert(0, gen_dir)
    import extensions  # pylint: disable=import-outside-toplevel
    rows = extensions.DEVICE

    numbers = registry_numbers(registry)
    host = set(lines(venus_run, '--native', '--', program))
    ours = set(lines(venus_run, '--', program))
    caps = [int(line) for line in
            lines(venus_run, '--', '/usr/bin/python3', __file__, '--capset')]
    spec, mask = caps[3], caps[4 + 1:]
    on_wire = {name for name, n in numbers.items() if mask[n // 32] >> n % 32 & 1}

    failures = []
    offered = set()
    for name in sorted(numbers):
        row = rows.get(name)
        if row is None:
            if name in host and name in on_wire:
                failures.append(f'{name}: the host and the protocol have it, '
                                'extensions.py has no row')
        elif row.kind == extensions.OMIT:
            if not row.note:
                failures.append(f'{name}: left out without a reason')
            if 'not in the protocol' in row.note and name in on_wire:
                failures.append(f'{name}: the protocol does have it')
        elif row.kind == extensions.TRANSPORT:
            pass  # vtest has none of it
        elif not set(platforms.split(',')).issuperset(row.platforms):
            pass
        elif row.kind in (extensions.NATIVE, extensions.EXTERNAL):
            offered.add(name)
        elif name in host and name in on_wire and row.spec <= spec:
            offered.add(name)
    failures += [f'{name}: not offered' for name in sorted(offered - ours)]
    failures += [f'{name}: offered against the rule'
                 for name in sorted(ours - offered)]
    for failure in failures:
        print(failure)
    print(f'host {len(host)}, protocol and registry {len(on_wire)}, '
          f'offered {len(ours)}')
    return 1 if failures or not ours else 0


if __name__ == '__main__':
    sys.exit(main())
