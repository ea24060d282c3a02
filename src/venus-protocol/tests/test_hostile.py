# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""Replies that no honest renderer writes.

Whatever a reply says, the decoder stays inside of the reply and inside of
what the caller passed, and it says that it failed where that can be told.
"""

import struct
import unittest
from collections import Counter

from context import ROUNDS, library, main, rng, scope
from reference.encode import Encoder
from reference.random_values import Maker
from reference.scope import Caps
from reference.shapes import Shape, shape

VK_ERROR_DEVICE_LOST = -4
HUGE = (1 << 32, 1 << 61, (1 << 62) + 1, (1 << 63), (1 << 64) - 1)

count = Counter()


def spoilt_values(mark, value):
    """(new value, whether the decoder can tell) for an item of a reply."""
    if mark.kind == 'type':
        return [(value ^ 1, True), (0xffffffff, True)]
    if mark.kind == 'pointer':
        return [(1 - value, True), (2, True), (value + (1 << 32), True),
                ((1 << 64) - 1, True)]
    if mark.kind == 'count':
        return ([(value + 1, True)] +
                [((value + x) % (1 << 64), True) for x in HUGE
                 if value or x != 0] + [(v, False) for v in range(value)])
    if mark.kind == 'fixed':
        return ([(0, True), (value - 1, True), (value + 1, True)] +
                [((value + x) % (1 << 64), True) for x in HUGE[:4]])
    if mark.kind == 'stype':
        return [(0x7ffffffd, True), (0, True)]
    if mark.kind == 'link':
        return [(1 - value, False), (2, False), ((1 << 64) - 1, False)]
    if mark.kind == 'id':
        return [(value + 1, True), (0xdead00000000beef, True), (0, False)]
    if mark.kind == 'length':
        top = (1 << 8 * mark.size) - 1
        return [(value + 1, True), (top, True), (0, False)]
    return [((1 << 8 * mark.size) - 1, False)] if mark.size in (4, 8) else []


class Hostile(unittest.TestCase):
    """Spoilt replies to every command that has something in its reply."""

    def prepare(self, command, source, chains=None):
        """(reply writer, memory, C arguments) of a call."""
        maker = Maker(scope(), source)
        args = maker.arguments(command, chains)
        # as many results as there is room for, so that one more is too many
        results = {n: v for n, v in args.items()}
        for param in command.params:
            if scope().is_output(param):
                results[param.name] = self.full(maker, param,
                                                args[param.name])
        writer = Encoder(scope(), Caps()).reply(command, 0, results)
        memory = library().memory()
        passed = memory.arguments(command, args)
        library().peer.peer_decoder_knows_nothing()
        for param in command.params:
            struct_type = scope().canonical_struct(param.type)
            if scope().is_output(param) and struct_type:
                value = results[param.name]
                for one in value if isinstance(value, list) else [value]:
                    if one is not None:
                        library().knows(memory, one, param.type)
        library().peer.peer_blocks_save()
        return writer, memory, passed

    def full(self, maker, param, before):
        """An output after the call, with all counts at their limits."""
        if before is None or not scope().canonical_struct(param.type):
            return before
        maker.new_counts = lambda fields, before, tree: tree.update(
            {n: before[n] for n in scope().counted_by(fields)})
        maker.new_in_place_count = lambda limit: limit
        if shape(param) is Shape.POINTER:
            return maker.refilled_value(param.type, before)
        return [maker.refilled_value(param.type, x) for x in before]

    def decode(self, command, function, passed, data, must_fail, what):
        """Decodes a reply once and checks all there is to check."""
        peer = library().peer
        value = function(peer.peer_decoder(bytes(data), len(data)), *passed)
        failed = peer.peer_decoder_failed()
        self.assertEqual(peer.peer_blocks_spoilt(), 0, what)
        if must_fail:
            self.assertTrue(failed, what)
        if failed and command.ret == 'VkResult':
            self.assertEqual(value, VK_ERROR_DEVICE_LOST, what)
        peer.peer_blocks_restore()
        count['replies'] += 1

    def calls(self):
        """(command, chains) to try."""
        for command in scope().commands.values():
            for _ in range(2 * ROUNDS):
                yield command, None
            for param in command.params:
                struct_type = scope().canonical_struct(param.type)
                if (scope().is_output(param) and struct_type and
                        struct_type.has_chain and
                        shape(param) is Shape.POINTER):
                    names = scope().chain_of(struct_type.name)
                    for i in range(0, len(names), 10):
                        yield command, {param.name: names[i:i + 10]}

    def test_spoilt(self):
        """Truncated at every dword, every item replaced."""
        for i, (command, chains) in enumerate(self.calls()):
            source = rng('hostile', command.name, i)
            writer, memory, passed = self.prepare(command, source, chains)
            function = library().reply_decoder(command, memory)
            data = bytes(writer.data)
            with self.subTest(command.name, call=i):
                self.decode(command, function, passed, data, False, 'honest')
                # every dword of the first and the last, then some
                sizes = set(range(0, len(data), 4))
                if len(sizes) > 60:
                    sizes = set(source.sample(sorted(sizes), 60)) | {
                        len(data) - 4}
                for size in sorted(sizes):
                    self.decode(command, function, passed, data[:size], True,
                                'cut to %d' % size)
                self.spoil(command, function, passed, writer, source)

    def spoil(self, command, function, passed, writer, source):
        """Replaces each item by values that it must not have."""
        plain = 0
        for mark in writer.marks:
            plain += mark.kind == 'value'
            if mark.kind == 'value' and plain > 20:
                continue
            code = {4: '<I', 8: '<Q'}.get(mark.size)
            if not code:
                continue
            value, = struct.unpack_from(code, writer.data, mark.offset)
            for new, must_fail in spoilt_values(mark, value):
                if new >> 8 * mark.size or new == value:
                    continue
                data = bytearray(writer.data)
                struct.pack_into(code, data, mark.offset, new)
                self.decode(command, function, passed, data, must_fail,
                            '%s at %#x from %#x to %#x' %
                            (mark.kind, mark.offset, value, new))
        for _ in range(5 * ROUNDS):
            data = bytearray(writer.data)
            for _ in range(source.randint(1, 4)):
                at = source.randrange(0, len(data), 4)
                data[at:at + 4] = source.choice(
                    [b'\0\0\0\0', b'\1\0\0\0', b'\xff\xff\xff\xff',
                     source.randbytes(4)])
            self.decode(command, function, passed, data, False, 'noise')

    def test_endless_chain(self):
        """The same struct again and again must not eat the stack."""
        command = scope().commands['vkGetPhysicalDeviceProperties2']
        name = 'VkPhysicalDeviceMaintenance3Properties'
        args = Maker(scope(), rng('endless')).arguments(
            command, {'pProperties': [name]})
        link = struct.pack('<Qi', 1, scope().stype(name))
        head = struct.pack('<IQi', scope().number(command.name), 1,
                           scope().stype('VkPhysicalDeviceProperties2'))
        memory = library().memory()
        passed = memory.arguments(command, args)
        library().peer.peer_blocks_save()
        self.decode(command, library().reply_decoder(command, memory),
                    passed, head + link * 500000, True, 'endless')

    @classmethod
    def tearDownClass(cls):
        print(dict(count))


if __name__ == '__main__':
    main()
