#!/usr/bin/env python3
# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""Writes the generated part of the guest driver.

    generate_driver.py --registry vk.xml --venus venus.xml
                       --templates DIR --out DIR [--platforms NAME,...]

Which extensions the driver offers is in extensions.py, what an entry point
does in entrypoints.py.
"""

from __future__ import annotations

import argparse
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '../../../venus-protocol'))

# pylint: disable=wrong-import-position
from gen.generate import load, render  # noqa: E402
from gen.registry import GeneratorError  # noqa: E402

import entrypoints  # noqa: E402
import formats  # noqa: E402
import offers  # noqa: E402
import structs  # noqa: E402

OUTPUTS = [
    'vn_calls.h',
    'vn_calls.c',
    'vn_entrypoints.h',
    'vn_entrypoints.c',
    'vn_entrypoint_table.c',
    'vn_extensions.h',
    'vn_extensions.c',
    'vn_formats.h',
    'vn_formats.c',
    'vn_struct_size.h',
    'vn_struct_size.c',
    'vn_zero_structs.h',
    'vn_zero_structs.c',
]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--registry', required=True)
    parser.add_argument('--venus', required=True)
    parser.add_argument('--templates', required=True)
    parser.add_argument('--out', required=True)
    parser.add_argument('--platforms', default='',
                        help='the window systems of the build')
    args = parser.parse_args()

    try:
        protocol = load(args.registry, args.venus)
        offered = offers.Offers(protocol.venus,
                                set(args.platforms.split(',')))
        data = {
            'protocol': protocol,
            'offers': offered,
            'entrypoints': entrypoints.Entrypoints(protocol, offered),
            'formats': formats.formats(args.registry),
            'structs': structs,
            'chain_structs': structs.chain_structs(protocol),
        }
        os.makedirs(args.out, exist_ok=True)
        for name in OUTPUTS:
            body = render(args.templates, name + '.mako', **data)
            with open(os.path.join(args.out, name), 'w',
                      encoding='utf-8') as out:
                out.write(body)
    except GeneratorError as error:
        print(f'generate_driver.py: {error}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
