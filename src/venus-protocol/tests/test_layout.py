# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""Sizes and offsets of the reference against the compiler's.

VENUS_TEST_LAYOUT is the program that layout_program.py writes.
"""

import os
import subprocess
import unittest

from context import main, required, scope
from reference.layout import Layout


class Layouts(unittest.TestCase):
    """All structs on the wire."""

    def test_layouts(self):
        """Every size and every offset."""
        layout = Layout(scope().registry)
        # a sanitizer's runtime is for the interpreter only
        environment = {name: value for name, value in os.environ.items()
                       if name != 'LD_PRELOAD'}
        output = subprocess.run([required('VENUS_TEST_LAYOUT')], check=True,
                                env=environment, stdout=subprocess.PIPE,
                                text=True).stdout
        structs = 0
        for line in output.splitlines():
            what, number = line.split()
            name, _, member = what.partition('.')
            size, _, offsets = layout.of_struct(name)
            structs += not member
            self.assertEqual(offsets[member] if member else size,
                             int(number), what)
        self.assertGreater(structs, 400)
        print('%d structs' % structs)


if __name__ == '__main__':
    main()
