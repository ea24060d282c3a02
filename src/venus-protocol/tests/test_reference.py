# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""The reference against itself; needs no library."""

import unittest

from context import ROUNDS, difference, main, random_caps, rng, scope
from reference import lengths
from reference.conditions import holds
from reference.decode import Decoder, WireError
from reference.encode import Encoder
from reference.random_values import Maker
from reference.scope import Caps, FULL, Origin
from reference.views import Views


class Lengths(unittest.TestCase):
    """The expressions that the registry has."""

    def test_values(self):
        """One expression of each kind."""
        registry = scope().registry
        for expression, values, expected in (
                ('n', {'n': 3}, 3),
                ('n', {'n': None}, 0),
                ('codeSize / 4', {'codeSize': 12}, 3),
                ('(samples + 31) / 32', {'samples': 1}, 1),
                ('(samples + 31) / 32', {'samples': 64}, 2),
                ('2*VK_UUID_SIZE', {}, 32),
                ('pInfo->count', {'pInfo': {'count': 2}}, 2)):
            self.assertEqual(
                lengths.evaluate(expression, values, registry), expected,
                expression)
        self.assertEqual(lengths.evaluate(
            'pInfos[i].count', {'pInfos': [{'count': 1}, {'count': 7}]},
            registry, 1), 7)

    def test_unknown(self):
        """What is not understood is not guessed at."""
        for expression in ('a ? b : c', 'f(x)', 'a % b'):
            with self.assertRaises((ValueError, SyntaxError)):
                lengths.evaluate(expression, {'a': 1, 'b': 1, 'x': 1},
                                 scope().registry)


class Conditions(unittest.TestCase):
    """What a <require> block may depend on."""

    def test_values(self):
        """Operators and parentheses."""
        for condition, expected in (
                ('', True), ('a', True), ('x', False), ('a+x', False),
                ('x,a', True), ('(x,a)+b', True), ('(x+a),(b)', True),
                ('a+(x,x)', False), ('((a))', True)):
            self.assertEqual(holds(condition, 'ab'.__contains__), expected,
                             condition)
        for condition in ('(a', 'a)', 'a b'):
            with self.assertRaises(ValueError):
                holds(condition, 'ab'.__contains__)


class Known(unittest.TestCase):
    """Which structs exist and may be sent."""

    def test_known(self):
        """Structs for which there is a rule of their own."""
        chain = scope().chain_of('VkMemoryAllocateInfo')
        self.assertIn('VkImportMemoryResourceInfoMESA', chain)
        self.assertIn('VkExportMemoryAllocateInfo', chain)
        self.assertNotIn('VkImportMemoryFdInfoKHR', chain)
        self.assertNotIn('VkImportMemoryHostPointerInfoEXT', chain)
        # the swapchain half of device groups
        self.assertNotIn('VkBindImageMemorySwapchainInfoKHR',
                         scope().chain_of('VkBindImageMemoryInfo'))
        for name in ('vkMapMemory', 'vkGetMemoryFdKHR',
                     'vkGetDeviceGroupSurfacePresentModesKHR'):
            self.assertNotIn(name, scope().commands)
        for name in ('vkUnmapMemory', 'vkDeviceWaitIdle',
                     'vkCreateRingMESA'):
            self.assertIn(name, scope().commands)

    def test_gates(self):
        """The rules, on made-up origins."""
        numbers = {'seven': 7, 'nine': 9}
        old = Caps(version=(1, 1), spec_version=1, extensions={7})
        all_known = Caps(version=(1, 3))
        core = (1, 3)
        for caps, versions, extensions, expected in (
                (old, {(1, 0)}, {(9, '')}, True),
                (old, {(1, 1)}, {(9, '')}, True),
                (old, {(1, 2)}, {(9, '')}, False),
                (old, {(1, 2)}, {(7, '')}, True),
                (old, {(1, 2)}, set(), False),
                (old, {core}, {(7, ''), (9, '')}, True),
                (old, {core}, {(9, '')}, False),
                (old, {core}, set(), False),
                (all_known, {core}, set(), True),
                (all_known, set(), {(9, '')}, True),
                (old, set(), {(7, 'nine')}, False),
                (old, set(), {(7, 'nine,seven')}, True),
                (old, set(), {(7, 'nine,VK_VERSION_1_3')}, False),
                (old, set(), {(7, 'nine,VK_VERSION_1_1')}, True),
                (all_known, set(), {(7, 'nine')}, True)):
            self.assertEqual(caps.permits(Origin(versions, extensions), None,
                                          numbers), expected)
        self.assertFalse(old.permits(None, 2, numbers))
        self.assertTrue(old.permits(None, 1, numbers))


class RoundTrip(unittest.TestCase):
    """Encoder and decoder of the reference are each other's inverse."""

    def test_requests(self):
        """Random calls of every command."""
        for command in scope().commands.values():
            source = rng('reference', command.name)
            for _ in range(2 * ROUNDS):
                caps = random_caps(source)
                args = Maker(scope(), source).arguments(command)
                data = Encoder(scope(), caps).request(command, 1, args).data
                self.assertEqual(len(data) % 4, 0)
                name, flags, tree = Decoder(scope(), bytes(data)).request()
                self.assertEqual((name, flags), (command.name, 1))
                self.assertFalse(difference(
                    Views(scope(), caps).carried(command, args), tree),
                    command.name)

    def test_every_chained_struct(self):
        """Each struct of each chain, in an input that accepts it."""
        for head in sorted(scope().heads_in[FULL]):
            if not scope().registry.structs[head].has_chain:
                continue
            for name in scope().chain_of(head):
                source = rng('chain', head, name)
                tree = Maker(scope(), source).struct(head, [name])
                views = Views(scope(), Caps())
                self.assertIn(name, [n for n, _ in views.struct(
                    head, tree, FULL)['pNext']])

    def test_short_requests(self):
        """No request survives the loss of its end."""
        source = rng('short')
        command = scope().commands['vkCreateGraphicsPipelines']
        args = Maker(scope(), source).arguments(command)
        data = bytes(Encoder(scope(), Caps()).request(command, 1, args).data)
        for size in range(4, len(data), 4):
            with self.assertRaises(WireError):
                Decoder(scope(), data[:size]).request()


if __name__ == '__main__':
    main()
