# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""The library has a function for all that is on the wire, and no more."""

import re
import unittest

from context import library, main, rng, scope
from reference.encode import Encoder, Writer
from reference.random_values import Maker
from reference.scope import FULL, PARTIAL, REPLY, Caps


# names of structs, but not of the library's helpers for them
STRUCT = 'Vk[A-Za-z0-9]+'


def has_partial(name):
    """Whether the partial form of a struct is not empty."""
    writer = Writer()
    tree = Maker(scope(), rng('symbols', name)).struct(name, [], PARTIAL)
    Encoder(scope(), Caps()).struct(writer, name, tree, PARTIAL)
    return bool(writer.data)


class Symbols(unittest.TestCase):
    """Sets of names, from the registry and from the ELF file."""

    def matching(self, pattern):
        """What the first group matches in all exported names."""
        found = (re.fullmatch(pattern, name) for name in library().exported)
        return {m[1] for m in found if m}

    def test_commands(self):
        """Three functions for every command."""
        expected = set(scope().commands)
        for pattern in (r'vn_encode_(vk\w+)', r'vn_sizeof_(vk\w+)_reply',
                        r'vn_decode_(vk\w+)_reply'):
            found = self.matching(pattern)
            self.assertEqual(expected - found, set(), 'missing ' + pattern)
            self.assertEqual(found - expected, set(), 'too many ' + pattern)

    def test_structs(self):
        """Functions of structs that parameters lead to.

        Structs that only occur in chains need none of their own, but may
        have them.
        """
        structs = scope().registry.structs
        for pattern, role in ((r'vn_encode_(%s)', FULL),
                              (r'vn_encode_(%s)_partial', PARTIAL),
                              (r'vn_decode_(%s)', REPLY),
                              (r'vn_sizeof_(%s)', REPLY)):
            found = self.matching(pattern % STRUCT)
            self.assertEqual(found - scope().structs_in[role], set(),
                             'too many ' + pattern)
            missing = {name for name in scope().heads_in[role] - found
                       if not structs[name].is_union}
            if role is PARTIAL:
                missing = {name for name in missing if has_partial(name)}
            self.assertEqual(missing, set(), 'missing ' + pattern)

    def test_nothing_else(self):
        """Only functions of the protocol are there."""
        strange = {n for n in library().exported
                   if not re.match(r'vn_|_init$|_fini$|__', n)}
        self.assertEqual(strange, set())


if __name__ == '__main__':
    main()
