# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""The library's tables: names, numbers, and what a renderer can decode."""

import ctypes
import unittest

from context import library, main, rng, random_caps, scope
from reference.library import MASK_WORDS, mask_words


class CapsInC(ctypes.Structure):
    """struct vn_protocol_caps."""

    _fields_ = [('vk_xml_version', ctypes.c_uint32),
                ('venus_spec_version', ctypes.c_uint32),
                ('extension_mask', MASK_WORDS)]


class Tables(unittest.TestCase):
    """All numbers, not only those in use."""

    def test_names(self):
        """A number means one command or none."""
        function = library().c.vn_protocol_command_name
        function.restype = ctypes.c_char_p
        function.argtypes = [ctypes.c_uint32]
        names = {scope().number(n): n.encode() for n in scope().commands}
        for number in [*range(512), 1 << 31, (1 << 32) - 1]:
            self.assertEqual(function(number), names.get(number), number)

    def test_commands_of_a_renderer(self):
        """What a renderer does not know must not be sent."""
        function = library().c.vn_protocol_caps_has_command
        function.restype = ctypes.c_bool
        function.argtypes = [ctypes.POINTER(CapsInC), ctypes.c_uint32]
        source = rng('renderer')
        for _ in range(50):
            caps = random_caps(source)
            major, minor = caps.version
            in_c = CapsInC(major << 22 | minor << 12, caps.spec_version,
                           mask_words(caps))
            for name in scope().commands:
                self.assertEqual(
                    function(ctypes.byref(in_c), scope().number(name)),
                    scope().has_command(name, caps), (name, caps))

    def test_structs_of_a_renderer(self):
        """Nor must a struct; one that is in no chain never is."""
        function = library().c.vn_protocol_caps_has_struct
        function.restype = ctypes.c_bool
        function.argtypes = [ctypes.POINTER(CapsInC), ctypes.c_int]
        heads = set().union(*scope().heads_in.values())
        chained = {name for head in heads for name in scope().chain_of(head)}
        strangers = [
            scope().stype(name) for name in heads - chained
            if scope().registry.structs[name].fields[0].stype]
        self.assertGreater(len(chained), 100)
        self.assertGreater(len(strangers), 20)
        source = rng('structs')
        for _ in range(50):
            caps = random_caps(source)
            major, minor = caps.version
            in_c = CapsInC(major << 22 | minor << 12, caps.spec_version,
                           mask_words(caps))
            for name in chained:
                self.assertEqual(
                    function(ctypes.byref(in_c), scope().stype(name)),
                    scope().permitted(name, caps), (name, caps))
            for stype in [-1, (1 << 31) - 1, *strangers]:
                self.assertFalse(function(ctypes.byref(in_c), stype), stype)


if __name__ == '__main__':
    main()
