# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""The library has a function for all that is on the wire, and no more."""

import re
import unittest

from context import library, main, scope
from reference.scope import FULL, PARTIAL, REPLY


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
        for pattern, role in (
                (r'vn_encode_(Vk\w+?)', FULL),
                (r'vn_encode_(Vk\w+)_partial', PARTIAL),
                (r'vn_decode_(Vk\w+)', REPLY)):
            found = {n for n in self.matching(pattern)
                     if not n.endswith('_partial')}
            allowed = scope().structs_in[role] | scope().heads_in[role]
            self.assertEqual(found - allowed, set(), 'too many ' + role)
            unions = {n for n in scope().heads_in[role]
                      if scope().registry.structs[n].is_union}
            missing = scope().heads_in[role] - unions - found
            self.assertEqual(missing, set(), 'missing ' + role)

    def test_nothing_else(self):
        """Only functions of the protocol are there."""
        strange = {n for n in library().exported
                   if not re.match(r'vn_|_init$|_fini$|__', n)}
        self.assertEqual(strange, set())


if __name__ == '__main__':
    main()
