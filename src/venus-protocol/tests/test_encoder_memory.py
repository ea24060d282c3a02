# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""An encoder that gets no more memory, at every place where it asks."""

import unittest

from context import library, main, rng, scope
from reference.library import EncodeFailure
from reference.random_values import Maker
from reference.scope import Caps

COMMANDS = ('vkCreateGraphicsPipelines', 'vkCreateDevice', 'vkCreateInstance',
            'vkQueueSubmit2', 'vkGetPhysicalDeviceFeatures2',
            'vkUpdateDescriptorSets', 'vkExecuteCommandStreamsMESA')


class NoMemory(unittest.TestCase):
    """Growth number k fails, for all k."""

    def test_growth_fails(self):
        """Failed is set, nothing is written elsewhere."""
        for name in COMMANDS:
            command = next(c for c in scope().commands.values()
                           if scope().number(c.name) ==
                           scope().numbers[name])
            source = rng('memory', name)
            for _ in range(3):
                args = Maker(scope(), source).arguments(command)
                memory = library().memory()
                passed = memory.arguments(command, args)
                library().encode_command(command, 1, memory, passed, Caps())
                growths = library().peer.peer_encoder_growths()
                self.assertGreater(growths, 0)
                for k in range(growths):
                    with self.subTest(name, growth=k):
                        with self.assertRaises(EncodeFailure):
                            library().encode_command(command, 1, memory,
                                                     passed, Caps(), k)
                        self.assertEqual(
                            library().peer.peer_blocks_spoilt(), 0)


if __name__ == '__main__':
    main()
