# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""Every command and every struct, with random values, both ways."""

import unittest
from collections import Counter

from context import (ROUNDS, byte_difference, difference, library, main,
                     random_caps, rng, scope)
from reference.decode import Decoder
from reference.encode import Encoder, Writer
from reference.random_values import Maker
from reference.scope import FULL, PARTIAL, REPLY, Caps
from reference.shapes import Shape, shape
from reference.views import Views

INSTANCES = 12
CHAIN_LENGTH = 5
VK_ERROR_DEVICE_LOST = -4

count = Counter()


def groups(names, source):
    """All names in random order, a few at a time."""
    names = source.sample(names, len(names))
    return [names[i:i + CHAIN_LENGTH]
            for i in range(0, len(names), CHAIN_LENGTH)]


def chained_calls(command, source):
    """For each struct parameter: parts of its chain, all of it together."""
    for param in command.params:
        if shape(param) is not Shape.POINTER:
            continue
        struct = scope().canonical_struct(param.type)
        if struct and struct.has_chain:
            for names in groups(scope().chain_of(struct.name), source):
                yield {param.name: names}


def calls(command, source):
    """(caps, tree of arguments) of some calls of a command."""
    for i in range(INSTANCES * ROUNDS):
        maker = Maker(scope(), source, max_count=3 if i else 1)
        yield random_caps(source), maker.arguments(command)
    for chains in chained_calls(command, source):
        maker = Maker(scope(), source, max_chain=1)
        yield Caps(), maker.arguments(command, chains)
        yield random_caps(source), maker.arguments(command, chains)


class Commands(unittest.TestCase):
    """Requests and replies of all commands."""

    def check_request(self, command, flags, args, caps):
        """C writes what the reference writes, and it can be read."""
        expected = bytes(Encoder(scope(), caps).request(command, flags,
                                                        args).data)
        memory = library().memory()
        passed = memory.arguments(command, args)
        data = library().encode_command(command, flags, memory, passed, caps)
        self.assertFalse(byte_difference(expected, data))
        self.assertEqual(library().peer.peer_blocks_spoilt(), 0)

        name, got_flags, tree = Decoder(scope(), data).request()
        self.assertEqual((name, got_flags), (command.name, flags))
        self.assertFalse(difference(
            Views(scope(), caps).carried(command, args), tree))

    def check_reply(self, command, maker, args, caps):
        """C reads what the reference writes."""
        ret = maker.result(command)
        results = maker.results(command, args)
        data = bytes(Encoder(scope(), caps).reply(command, ret, results).data)

        memory = library().memory()
        passed = memory.arguments(command, args)
        library().peer.peer_decoder_knows_nothing()
        for param in command.params:
            if scope().is_output(param) and scope().canonical_struct(
                    param.type):
                value = results[param.name]
                for one in value if isinstance(value, list) else [value]:
                    if one is not None:
                        library().knows(memory, one, param.type)

        # what is asked for, in full, is also the largest reply
        most = len(Encoder(scope(), Caps()).reply(command, ret, args).data)
        self.assertEqual(
            library().sizeof_reply(command, memory, passed), most)
        self.assertGreaterEqual(most, len(data))

        got, failed, left = library().decode_reply(command, memory, passed,
                                                   data)
        self.assertEqual((got, failed, left), (ret, False, 0))
        after = Views(scope(), caps).filled_arguments(command, args, results)
        self.assertFalse(difference(
            after, memory.read_outputs(command, passed, args)))
        self.assertEqual(library().peer.peer_blocks_spoilt(), 0)

    def test_commands(self):
        """Random calls of every command."""
        for command in scope().commands.values():
            source = rng('command', command.name)
            for i, (caps, args) in enumerate(calls(command, source)):
                with self.subTest(command.name, instance=i):
                    maker = Maker(scope(), source)
                    maker.next_id += 1 << 50
                    self.check_request(command, i & 1, args, caps)
                    self.check_reply(command, maker, args, caps)
                count['calls'] += 1
            count['commands'] += 1


class Structs(unittest.TestCase):
    """The functions of single structs."""

    def encoded(self, name, tree, form, caps):
        """A struct as the reference writes it."""
        writer = Writer()
        Encoder(scope(), caps).value(writer, name, tree, form)
        return bytes(writer.data)

    def trees(self, name, source, form):
        """(caps, tree) of some structs."""
        for _ in range(INSTANCES * ROUNDS):
            yield (random_caps(source),
                   Maker(scope(), source).value(name, form))
        if not scope().registry.structs[name].has_chain:
            return
        for names in groups(scope().chain_of(name), source):
            maker = Maker(scope(), source, max_chain=1)
            yield Caps(), maker.struct(name, names, form)
            yield random_caps(source), maker.struct(name, names, form)

    def test_encode(self):
        """Structs in full and in partial form."""
        for form in (FULL, PARTIAL):
            for name in sorted(scope().heads_in[form]):
                source = rng('struct', form, name)
                function = 'vn_encode_' + name + (
                    '_partial' if form == PARTIAL else '')
                if function not in library().exported:
                    continue    # test_symbols.py says whether it must exist
                if any(f.selection for f in
                       scope().registry.structs[name].fields):
                    continue    # needs its selector
                for i, (caps, tree) in enumerate(
                        self.trees(name, source, form)):
                    memory = library().memory()
                    address = memory.block(memory.image(name, tree))
                    with self.subTest(function, instance=i):
                        data = library().encode_struct(
                            name, address, caps, form == PARTIAL)
                        self.assertFalse(byte_difference(
                            self.encoded(name, tree, form, caps), data))
                    count[form + ' structs'] += 1
                count[form + ' struct types'] += 1

    def test_decode(self):
        """Structs in replies."""
        for name in sorted(scope().heads_in[REPLY]):
            source = rng('struct', REPLY, name)
            if 'vn_decode_' + name not in library().exported:
                continue
            for i, (caps, tree) in enumerate(
                    self.trees(name, source, PARTIAL)):
                maker = Maker(scope(), source)
                maker.next_id += 1 << 50
                after = maker.refilled_value(name, tree)
                data = self.encoded(name, after, REPLY, caps)
                memory = library().memory()
                address = memory.block(memory.image(name, tree))
                library().peer.peer_decoder_knows_nothing()
                library().knows(memory, after, name)
                with self.subTest(name, instance=i):
                    size = library().sizeof_struct(name, address)
                    if size is not None:
                        self.assertEqual(size, len(self.encoded(
                            name, tree, REPLY, Caps())))
                    self.assertEqual(
                        library().decode_struct(name, address, data),
                        (False, 0))
                    expected = Views(scope(), caps).filled(name, tree, after)
                    self.assertFalse(difference(
                        expected, memory.read(name, address, tree)))
                    self.assertEqual(library().peer.peer_blocks_spoilt(), 0)
                count['reply structs'] += 1
            count['reply struct types'] += 1

    @classmethod
    def tearDownClass(cls):
        print(dict(count))


if __name__ == '__main__':
    main()
