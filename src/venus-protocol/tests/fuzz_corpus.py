# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""Writes inputs for fuzz_reply.c: honest replies and slightly spoilt ones.

Usage: fuzz_corpus.py REGISTRY FOLDER
"""

import random
import struct
import sys
from pathlib import Path

from reference.encode import Encoder
from reference.random_values import Maker
from reference.scope import Caps, Scope
from reference.shapes import Shape, shape

# How much the caller has room for, and what it chains: none or all.
CALLS = ((0, 0), (2, 0), (2, 0xffffffff), (8, 0xffffffff))


class OneSize(Maker):
    """A Maker whose counts are all the same, and whose ids count from 1."""

    def __init__(self, scope, rng, room, is_chained):
        super().__init__(scope, rng, max_count=room, max_chain=0)
        self.room = room
        self.is_chained = is_chained
        self.next_id = 0

    def new_id(self):
        """Ids as in fuzz_reply.c."""
        self.next_id = self.next_id % 8 + 1
        return self.next_id

    def counts(self, fields, tree):
        """All of them the room that there is."""
        super().counts(fields, tree)
        for name in tree:
            if isinstance(tree[name], int) and name != 'pNext':
                tree[name] = self.room

    def output(self, param, tree):
        """Ids of outputs start with that of the first object."""
        self.next_id = 0
        return super().output(param, tree)

    def chain(self, head, names, form):
        """All that there is, by sType, or nothing."""
        chain = []
        if not self.is_chained or form == 'full':
            return chain
        for name in sorted(set(self.scope.chain_of(head)),
                           key=self.scope.stype):
            tree = {'pNext': []}
            self.fields(self.registry.structs[name].fields, tree, form)
            chain.append((name, tree))
        return chain

    def field(self, field, tree, form):
        """Arrays are NULL exactly if there is no room."""
        if shape(field) in (Shape.ARRAY, Shape.BYTES):
            if self.room == 0:
                return None
            while True:
                value = super().field(field, tree, form)
                if value is not None:
                    return value
        return super().field(field, tree, form)

    def remote_count(self, command, param, tree):
        """Counts inside of structs are the same, too."""
        super().remote_count(command, param, tree)
        if param.lengths and '->' in param.lengths[0]:
            parent, name = param.lengths[0].split('->')
            tree[parent][name] = self.room

    def new_in_place_count(self, limit):
        """Any number that there is room for."""
        return self.rng.randint(0, limit)


def replies(scope, command, rng):
    """(room, chain, Writer) of honest replies to a command."""
    for room, chain in CALLS:
        maker = OneSize(scope, rng, room, chain != 0)
        args = maker.arguments(command)
        results = maker.results(command, args)
        yield room, chain, Encoder(scope, Caps()).reply(command, 0, results)


def main(registry, folder):
    """Writes the files."""
    scope = Scope(registry)
    rng = random.Random(1)
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    for name, command in sorted(scope.commands.items()):
        if not any(map(scope.is_output, command.params)):
            continue
        number = scope.number(name)
        for room, chain, writer in replies(scope, command, rng):
            stem = '%s-%d-%d' % (name, room, chain & 1)
            data = struct.pack('<HBBI', number, room, 0, chain) + writer.data
            (out / stem).write_bytes(data)
            marks = [m for m in writer.marks
                     if m.kind in ('count', 'length', 'fixed', 'link')]
            if marks:
                mark = rng.choice(marks)
                spoilt = bytearray(data)
                struct.pack_into('<I', spoilt, 8 + mark.offset, 0x10000)
                (out / (stem + '-spoilt')).write_bytes(spoilt)


if __name__ == '__main__':
    main(*sys.argv[1:])
