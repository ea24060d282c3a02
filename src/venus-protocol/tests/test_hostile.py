# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""Replies that no honest renderer writes.

Whatever a reply says, the decoder stays inside of the reply and inside of
what the caller passed, and it says that it failed where that can be told.
"""

import copy
import struct
import unittest
from collections import Counter, namedtuple

from context import ROUNDS, library, main, rng, scope
from reference.encode import Encoder, Writer
from reference.random_values import Maker
from reference.scope import PARTIAL, REPLY, Caps
from reference.shapes import BYTE_TYPES, Shape, shape

VK_ERROR_DEVICE_LOST = -4
HUGE = (1 << 32, 1 << 61, (1 << 62) + 1, (1 << 63), (1 << 64) - 1)

# function: decodes a reply; passed: the arguments as C has them
Call = namedtuple('Call', 'command function memory args passed')

count = Counter()


def is_written(field, path):
    """Whether a field is part of a reply: inside of structs, all are."""
    return path or scope().is_output(field)


def arrays_of(fields, tree, path=(), struct_type=None):
    """(path, array field, path of its length) of all arrays in outputs.

    The path of the length is None if it is no sibling. Arrays in place are
    among them only if not all of them is always in use.
    """
    names = {f.name for f in fields}
    in_place = scope().in_place_counts(struct_type) if struct_type else {}
    for field in fields:
        if (shape(field) in (Shape.STYPE, Shape.CHAIN) or
                not is_written(field, path)):
            continue
        here = path + (field.name,)
        value = tree[field.name]
        if shape(field) in (Shape.ARRAY, Shape.BYTES):
            length = field.lengths[0]
            yield here, field, path + (length,) if length in names else None
        if field.name in in_place:
            yield here, field, path + (in_place[field.name],)
        inner = scope().canonical_struct(field.type)
        if not inner or inner.is_union or value is None:
            continue
        for i, one in enumerate(value if isinstance(value, list) else
                                [value]):
            place = here + (i,) if isinstance(value, list) else here
            yield from arrays_of(inner.fields, one, place, inner)
            names_before = set()
            for j, (name, chained) in enumerate(one.get('pNext', ())):
                # one that is there twice is only sent once
                if name != 'unknown' and name not in names_before:
                    names_before.add(name)
                    kind = scope().registry.structs[name]
                    yield from arrays_of(kind.fields, chained,
                                         place + ('pNext', j, 1), kind)


def put(tree, path, value):
    """Replaces something deep in a tree."""
    for step in path[:-1]:
        tree = tree[step]
    tree[path[-1]] = value


def get(tree, path):
    """Something deep in a tree."""
    for step in path:
        tree = tree[step]
    return tree


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
        # Behind an array without room comes the answer to the question how
        # many there are; the decoder makes 0 of it.
        top = (1 << 8 * mark.size) - 1
        return [(value + 1, value > 0), (top, value > 0), (0, False)]
    return [((1 << 8 * mark.size) - 1, False)] if mark.size in (4, 8) else []


class Hostile(unittest.TestCase):
    """Spoilt replies to every command that has something in its reply."""

    def prepare(self, command, source, chains=None, lie=None):
        """A Call and a writer with its reply.

        lie: takes the maker and the results, changes these.
        """
        maker = Maker(scope(), source)
        args = maker.arguments(command, chains)
        # as many results as there is room for, so that one more is too many
        results = {n: v for n, v in args.items()}
        for param in command.params:
            if scope().is_output(param):
                results[param.name] = self.full(maker, param,
                                                args[param.name])
        if lie:
            results = copy.deepcopy(results)
            lie(maker, results)
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
        return Call(command, library().reply_decoder(command, memory),
                    memory, args, passed), writer

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

    def decode(self, call, data, must_fail, what):
        """Decodes a reply once and checks all there is to check."""
        peer = library().peer
        value = call.function(peer.peer_decoder(bytes(data), len(data)),
                              *call.passed)
        failed = peer.peer_decoder_failed()
        self.assertEqual(peer.peer_blocks_spoilt(), 0, what)
        if must_fail:
            self.assertTrue(failed, what)
        if failed and call.command.ret == 'VkResult':
            self.assertEqual(value, VK_ERROR_DEVICE_LOST, what)
        self.check_room(call, what)
        peer.peer_blocks_restore()
        count['replies'] += 1

    def check_room(self, call, what):
        """No count says more than there is room for.

        Commands that return nothing have no other way to tell the
        application to keep off.
        """
        params = call.command.params
        arrays = list(arrays_of(params, call.args))
        if not arrays:
            return
        after = call.memory.read_outputs(call.command, call.passed, call.args)
        for path, _, length in arrays:
            array = get(call.args, path)
            if array is None or length is None:
                continue
            if get(after, length) != get(call.args, length):
                self.assertLessEqual(get(after, length), len(array),
                                     '%s: %s' % (what, length))

    def calls(self):
        """(command, chains) to try."""
        for command in scope().commands.values():
            for _ in range(3 * ROUNDS):
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
            call, writer = self.prepare(command, source, chains)
            data = bytes(writer.data)
            with self.subTest(command.name, call=i):
                self.decode(call, data, False, 'honest')
                # every dword of the first and the last, then some
                sizes = set(range(0, len(data), 4))
                if len(sizes) > 60:
                    sizes = set(source.sample(sorted(sizes), 60)) | {
                        len(data) - 4}
                for size in sorted(sizes):
                    self.decode(call, data[:size], True, 'cut to %d' % size)
                self.spoil(call, writer, source)

    def spoil(self, call, writer, source):
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
                self.decode(call, data, must_fail,
                            '%s at %#x from %#x to %#x' %
                            (mark.kind, mark.offset, value, new))
        for _ in range(5 * ROUNDS):
            data = bytearray(writer.data)
            for _ in range(source.randint(1, 4)):
                at = source.randrange(0, len(data), 4)
                data[at:at + 4] = source.choice(
                    [b'\0\0\0\0', b'\1\0\0\0', b'\xff\xff\xff\xff',
                     source.randbytes(4)])
            self.decode(call, data, False, 'noise')

    def test_more_than_asked(self):
        """Count and array agree with each other, not with the caller."""
        for i, (command, chains) in enumerate(self.calls()):
            for extra in (1, 2, 1000):
                for k in range(4):
                    what = []

                    def lie(maker, results):
                        found = [f for f in arrays_of(command.params, results)
                                 if not f[1].dims]
                        for path, field, length in found[k:k + 1]:
                            self.lengthen(maker, results, path, field,
                                          length, extra)
                            what.append(path)

                    source = rng('more', command.name, i)
                    call, writer = self.prepare(command, source, chains, lie)
                    if not what:
                        break   # no array number k
                    with self.subTest(command.name, array=what[0]):
                        self.decode(call, writer.data, True, extra)
                        count['lies'] += 1

    @staticmethod
    def lengthen(maker, results, path, field, length, extra):
        """Adds elements to an array in results, and to its count."""
        old = get(results, path)
        if field.type in BYTE_TYPES:
            new = (old or b'') + bytes(extra)
        else:
            one = old[-1] if old else maker.value(field.type, PARTIAL)
            new = (old or []) + [one] * extra
        put(results, path, new)
        if length:
            put(results, length, len(new))

    def test_names_end(self):
        """A name without its NUL must not run on in the caller's hands."""
        names = [n for n in sorted(scope().structs_in[REPLY])
                 if any(f.type == 'char' and f.dims
                        for f in scope().registry.structs[n].fields)]
        self.assertIn('VkExtensionProperties', names)
        for name in names:
            if 'vn_decode_' + name not in library().exported:
                continue
            kind = scope().registry.structs[name]
            texts = [f for f in kind.fields if f.type == 'char']
            maker = Maker(scope(), rng('names', name))
            before = maker.struct(name, [], PARTIAL)
            after = maker.refilled_value(name, before)
            for field in texts:
                after[field.name] = b'A' * field.dims[0]
            writer = Writer()
            Encoder(scope(), Caps()).struct(writer, name, after, REPLY)
            memory = library().memory()
            address = memory.block(memory.image(name, before))
            library().decode_struct(name, address, writer.data)
            tree = memory.read(name, address, before)
            for field in texts:
                self.assertIn(0, tree[field.name], name)

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
        call = Call(command, library().reply_decoder(command, memory),
                    memory, args, passed)
        self.decode(call, head + link * 500000, True, 'endless')

    @classmethod
    def tearDownClass(cls):
        print(dict(count))


if __name__ == '__main__':
    main()
