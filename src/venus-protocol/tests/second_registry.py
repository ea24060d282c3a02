#!/usr/bin/env python3
# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""Generates, compiles and tests the protocol for another registry.

VENUS_SECOND_REGISTRY  a vk.xml other than that of the build
VENUS_SECOND_INCLUDE   the include directory of the headers that go with it
CC                     the compiler, default cc

Skipped, with exit status 77, if the first two are not set. The library is
built without sanitizers and without optimisation: this is about what is in a
registry, not about what a compiler makes of it.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOM = HERE.parent
TESTS = ('reference', 'layout', 'symbols', 'golden', 'property', 'hostile')
FLAGS = ['-std=gnu11', '-O0', '-fPIC', '-Wall', '-Werror', '-D_GNU_SOURCE',
         '-DVK_NO_PROTOTYPES', '-fno-strict-aliasing']


def run(what, command, **kwargs):
    """Runs a command; ends the test if it fails."""
    print('--', what, flush=True)
    if subprocess.run([str(x) for x in command], check=False,
                      **kwargs).returncode:
        sys.exit('%s failed' % what)


def main():
    """All steps."""
    registry = os.environ.get('VENUS_SECOND_REGISTRY')
    include = os.environ.get('VENUS_SECOND_INCLUDE')
    if not registry or not include:
        print('VENUS_SECOND_REGISTRY and VENUS_SECOND_INCLUDE are not set')
        sys.exit(77)
    environment = {name: value for name, value in os.environ.items()
                   if name != 'LD_PRELOAD'}
    compiler = environment.get('CC', 'cc').split()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        run('generate', [sys.executable, ROOM / 'gen/generate.py',
                         '--registry', registry,
                         '--venus', ROOM / 'venus.xml',
                         '--templates', ROOM / 'templates', '--out', out],
            env=environment)
        flags = FLAGS + ['-I' + include, '-I%s' % out, '-I%s' % ROOM]
        library = out / 'libvn_protocol_test.so'
        run('compile', compiler + flags +
            ['-shared', '-o', library, ROOM / 'vn_codec.c',
             *sorted(out.glob('*.c'))], env=environment)
        peer = out / 'libvn_protocol_peer.so'
        run('compile the peer', compiler + flags +
            ['-shared', '-o', peer, HERE / 'peer.c'], env=environment)
        run('write the layout program',
            [sys.executable, HERE / 'layout_program.py', registry,
             out / 'layout.c', 'vn_protocol_mesa.h'], env=environment)
        run('compile the layout program', compiler + flags +
            ['-o', out / 'layout', out / 'layout.c'], env=environment)
        environment.update(VENUS_TEST_REGISTRY=registry,
                           VENUS_TEST_LIBRARY=str(library),
                           VENUS_TEST_PEER=str(peer),
                           VENUS_TEST_LAYOUT=str(out / 'layout'))
        for name in TESTS:
            run('test ' + name, [sys.executable, HERE / ('test_%s.py' % name)],
                env=environment)


if __name__ == '__main__':
    main()
