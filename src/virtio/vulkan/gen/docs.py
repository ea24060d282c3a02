#!/usr/bin/env python3
# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""Keeps the table in docs/extensions.md equal to extensions.py.

    docs.py --check FILE    exit status 1 and the difference if it is not
    docs.py --update FILE   writes the table into the file

The table lies between two marker lines. It has all rows, whatever the
registry of this machine knows.
"""

from __future__ import annotations

import argparse
import difflib
import sys

import extensions

BEGIN = '<!-- begin: src/virtio/vulkan/gen/extensions.py -->\n'
END = '<!-- end -->\n'

HOW = {
    extensions.PASS: 'if the host has it',
    extensions.NATIVE: 'always',
    extensions.TRANSPORT: 'if the transport has it',
    extensions.EXTERNAL: 'if memory can be shared',
    extensions.OMIT: 'no',
}


def how(row: extensions.Row) -> str:
    """When it is offered."""
    if not row.platforms:
        return HOW[row.kind]
    return f'with the platform{"s" if len(row.platforms) > 1 else ""} ' + \
        ' and '.join(row.platforms)


def table() -> str:
    lines = ['| extension | offered | note |\n', '| --- | --- | --- |\n']
    for rows in (extensions.INSTANCE, extensions.DEVICE):
        for name, row in sorted(rows.items()):
            lines.append(f'| {name} | {how(row)} | {row.note} |\n')
    return ''.join(lines)


def with_table(text: str) -> str:
    """The document with the present table; ValueError without markers."""
    begin = text.index(BEGIN) + len(BEGIN)
    end = text.index(END, begin)
    return text[:begin] + table() + text[end:]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument('--check', metavar='FILE')
    what.add_argument('--update', metavar='FILE')
    args = parser.parse_args()

    path = args.check or args.update
    with open(path, encoding='utf-8') as file:
        old = file.read()
    try:
        new = with_table(old)
    except ValueError:
        print(f'docs.py: {path} lacks the marker lines', file=sys.stderr)
        return 1

    if args.update:
        with open(path, 'w', encoding='utf-8') as file:
            file.write(new)
        return 0
    diff = list(difflib.unified_diff(old.splitlines(True),
                                     new.splitlines(True), path,
                                     'extensions.py'))
    sys.stderr.writelines(diff)
    return 1 if diff else 0


if __name__ == '__main__':
    sys.exit(main())
