# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""Writes inputs for fuzz_reply.c: honest replies and slightly spoilt ones.

Usage: fuzz_corpus.py REGISTRY FOLDER
"""

import random
import struct
import sys
from pathlib import Path

from reference.encode import Encoder
from reference.random_values import Maker
from reference.scope import Caps, Scope
from reference.shapes import Shape, shape

# in the order of the table in fuzz_reply.c; what is chained there
CASES = (
    ('vkEnumeratePhysicalDevices', None),
    ('vkEnumeratePhysicalDeviceGroups', None),
    ('vkGetPhysicalDeviceProperties2',
     ['VkPhysicalDeviceDriverProperties',
      'VkPhysicalDeviceMaintenance3Properties']),
    ('vkGetPhysicalDeviceMemoryProperties2',
     ['VkPhysicalDeviceMemoryBudgetPropertiesEXT']),
    ('vkGetPhysicalDeviceQueueFamilyProperties2',
     ['VkQueueFamilyGlobalPriorityPropertiesKHR']),
    ('vkGetPhysicalDeviceFormatProperties2',
     ['VkDrmFormatModifierPropertiesListEXT']),
    ('vkEnumerateDeviceExtensionProperties', None),
    ('vkGetPipelineCacheData', None),
    ('vkGetQueryPoolResults', None),
    ('vkAllocateDescriptorSets', None),
    ('vkGetImageSparseMemoryRequirements2', None),
    ('vkGetMemoryResourcePropertiesMESA',
     ['VkMemoryResourceAllocationSizePropertiesMESA']),
)
ROOMS = (0, 1, 3, 8)


class OneSize(Maker):
    """A Maker whose counts are all the same, and whose ids count from 1."""

    def __init__(self, scope, rng, room, chain):
        super().__init__(scope, rng, max_count=room, max_chain=0)
        self.room = room
        self.names = chain or []
        self.next_id = 0

    def new_id(self):
        """Ids as in fuzz_reply.c."""
        self.next_id = self.next_id % 8 + 1
        return self.next_id

    def counts(self, fields, tree):
        """All of them the room that there is."""
        super().counts(fields, tree)
        for name in tree:
            if isinstance(tree[name], int) and name != 'pNext':
                tree[name] = self.room

    def output(self, param, tree):
        """Ids of outputs start with that of the first object."""
        self.next_id = 0
        return super().output(param, tree)

    def chain(self, head, names, form):
        """What fuzz_reply.c chains, as far as it goes there."""
        chain = []
        if self.room == 0 and head != 'VkFormatProperties2':
            return chain
        for name in map(self.registry.canonical, self.names):
            if name in self.scope.chain_of(head):
                tree = {'pNext': []}
                self.fields(self.registry.structs[name].fields, tree, form)
                chain.append((name, tree))
        return chain

    def field(self, field, tree, form):
        """Arrays are NULL exactly if there is no room."""
        if shape(field) in (Shape.ARRAY, Shape.BYTES):
            if self.room == 0 and field.optional:
                return None
            while True:
                value = super().field(field, tree, form)
                if value is not None or self.room == 0:
                    return value
        return super().field(field, tree, form)

    def remote_count(self, command, param, tree):
        """Counts inside of structs are the same, too."""
        super().remote_count(command, param, tree)
        if param.lengths and '->' in param.lengths[0]:
            parent, name = param.lengths[0].split('->')
            tree[parent][name] = self.room

    def new_in_place_count(self, limit):
        """Any number that there is room for."""
        return self.rng.randint(0, limit)


def replies(scope, index, rng):
    """(room, Writer) of honest replies of a case."""
    name, chain = CASES[index]
    command = scope.commands[name]
    for room in ROOMS:
        maker = OneSize(scope, rng, room, chain)
        args = maker.arguments(command)
        results = maker.results(command, args)
        yield room, Encoder(scope, Caps()).reply(command, 0, results)


def main(registry, folder):
    """Writes the files."""
    scope = Scope(registry)
    rng = random.Random(1)
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    for index in range(len(CASES)):
        for room, writer in replies(scope, index, rng):
            stem = '%02d-%d' % (index, room)
            data = bytes((index, room)) + writer.data
            (out / stem).write_bytes(data)
            (out / (stem + '-cut')).write_bytes(data[:len(data) // 8 * 4])
            for i, mark in enumerate(writer.marks):
                if mark.kind in ('count', 'length', 'fixed', 'link') and (
                        i < 40):
                    spoilt = bytearray(data)
                    struct.pack_into('<I', spoilt, 2 + mark.offset, 0x10000)
                    (out / ('%s-%d' % (stem, i))).write_bytes(spoilt)


if __name__ == '__main__':
    main(*sys.argv[1:])
