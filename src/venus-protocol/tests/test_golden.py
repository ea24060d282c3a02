# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""Typed-out messages against the reference and against the library."""

import struct
import unittest

from context import byte_difference, difference, library, main, scope
from golden_examples import (EXAMPLES, PROPERTIES2_LIMITS_AT,
                             PROPERTIES2_REPLY_HEAD, PROPERTIES2_REPLY_SIZE,
                             PROPERTIES2_REQUEST, PROPERTIES2_SPARSE_AT)
from reference.decode import Decoder
from reference.encode import Encoder
from reference.scope import Caps
from reference.shapes import Shape, shape
from reference.views import Views


PROPERTIES2 = 'vkGetPhysicalDeviceProperties2'


def zero(name):
    """The tree of an output struct that is all zeros."""
    tree = {'pNext': []} if scope().registry.structs[name].has_chain else {}
    for field in scope().registry.structs[name].fields:
        look = shape(field)
        inner = scope().canonical_struct(field.type)
        one = zero(inner.name) if inner else (
            0.0 if field.type == 'float' else 0)
        if look is Shape.VALUE:
            tree[field.name] = one
        elif look is Shape.FIXED:
            tree[field.name] = [one] * field.dims[0]
        elif look is Shape.FIXED_BYTES:
            tree[field.name] = bytes(field.dims[0])
    return tree


def properties2():
    """(arguments, results) of the example with VkPhysicalDeviceProperties2.
    """
    def tree():
        name = 'VkPhysicalDeviceMaintenance3Properties'
        return dict(zero('VkPhysicalDeviceProperties2'),
                    pNext=[(name, zero(name))])
    result = tree()
    result['pNext'][0][1].update(maxPerSetDescriptors=1024,
                                 maxMemoryAllocationSize=1 << 30)
    properties = result['properties']
    properties.update(
        apiVersion=0x403000, driverVersion=42, vendorID=0x1002, deviceID=1,
        deviceType=3, deviceName=b'lavapipe'.ljust(256, b'\0'),
        pipelineCacheUUID=b'\7' * 16)
    properties['limits'].update(maxImageDimension1D=0x11223344,
                                nonCoherentAtomSize=0x5566778899aabbcc)
    properties['sparseProperties'].update(
        residencyStandard2DBlockShape=1, residencyNonResidentStrict=1)
    return ({'physicalDevice': 2, 'pProperties': tree()},
            {'physicalDevice': 2, 'pProperties': result})


def properties2_reply():
    """The reply of that example; the reference's test checks its parts."""
    _, results = properties2()
    return bytes(Encoder(scope(), Caps()).reply(
        scope().commands[PROPERTIES2], None, results).data)


class Reference(unittest.TestCase):
    """If this fails, do not look at the library."""

    def check_request(self, name, flags, args, expected):
        """A request, there and back."""
        command = scope().commands[name]
        data = bytes(Encoder(scope(), Caps()).request(command, flags,
                                                      args).data)
        self.assertFalse(byte_difference(expected, data))
        self.assertEqual(
            Decoder(scope(), expected).request(),
            (name, flags, Views(scope(), Caps()).carried(command, args)))

    def test_examples(self):
        """The examples that are typed out in full."""
        for example in EXAMPLES:
            with self.subTest(example.name):
                self.check_request(example.command, example.flags,
                                   example.args, example.request)
                if example.reply:
                    data = bytes(Encoder(scope(), Caps()).reply(
                        scope().commands[example.command], example.ret,
                        dict(example.args, **example.results)).data)
                    self.assertFalse(byte_difference(example.reply, data))

    def test_properties2(self):
        """The big one, of which the place of each part is known."""
        args, _ = properties2()
        self.check_request(PROPERTIES2, 1, args, PROPERTIES2_REQUEST)
        data = properties2_reply()
        self.assertEqual(len(data), PROPERTIES2_REPLY_SIZE)
        self.assertFalse(byte_difference(PROPERTIES2_REPLY_HEAD,
                                         data[:PROPERTIES2_LIMITS_AT]))
        limits = data[PROPERTIES2_LIMITS_AT:PROPERTIES2_SPARSE_AT]
        self.assertEqual(limits[:4], struct.pack('<I', 0x11223344))
        self.assertEqual(limits[-8:], struct.pack('<Q', 0x5566778899aabbcc))
        self.assertEqual(data[PROPERTIES2_SPARSE_AT:],
                         struct.pack('<5I', 1, 0, 0, 0, 1))


class Generated(unittest.TestCase):
    """The library on the same messages."""

    def check_request(self, name, flags, args, expected):
        """A request as the library writes it."""
        command = scope().commands[name]
        memory = library().memory()
        passed = memory.arguments(command, args)
        data = library().encode_command(command, flags, memory, passed,
                                        Caps())
        self.assertFalse(byte_difference(expected, data))

    def check_reply(self, name, args, ret, results, data):
        """What the library makes of a reply."""
        command = scope().commands[name]
        memory = library().memory()
        passed = memory.arguments(command, args)
        self.assertGreaterEqual(
            library().sizeof_reply(command, memory, passed), len(data))
        self.assertEqual(
            library().decode_reply(command, memory, passed, data),
            (ret, False, 0))
        after = Views(scope(), Caps()).filled_arguments(
            command, args, dict(args, **results))
        self.assertFalse(difference(
            after, memory.read_outputs(command, passed, args)))
        self.assertEqual(library().peer.peer_blocks_spoilt(), 0)

    def test_examples(self):
        """The examples that are typed out in full."""
        for example in EXAMPLES:
            with self.subTest(example.name):
                self.check_request(example.command, example.flags,
                                   example.args, example.request)
                if example.reply:
                    self.check_reply(example.command, example.args,
                                     example.ret, example.results,
                                     example.reply)

    def test_properties2(self):
        """The big one."""
        args, results = properties2()
        self.check_request(PROPERTIES2, 1, args, PROPERTIES2_REQUEST)
        self.check_reply(PROPERTIES2, args, None, results,
                         properties2_reply())


if __name__ == '__main__':
    main()
