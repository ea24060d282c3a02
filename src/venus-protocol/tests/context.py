# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""What every test here is told by the build, through the environment.

VENUS_TEST_REGISTRY   the vk.xml that the library was generated from
VENUS_TEST_LIBRARY    libvn_protocol_test.so
VENUS_TEST_PEER       the helper of peer.h
VENUS_TEST_SEED       seed of random trees, to see a failure again
VENUS_TEST_ROUNDS     multiplies the number of random trees, default 1
"""

import functools
import os
import random
import sys
import unittest

from reference.library import Library
from reference.scope import Caps, Scope

SEED = int(os.environ.get('VENUS_TEST_SEED', '20260301'))
ROUNDS = int(os.environ.get('VENUS_TEST_ROUNDS', '1'))


def required(variable):
    """The value of a variable; without it the test fails, never skips."""
    value = os.environ.get(variable)
    if not value:
        raise RuntimeError(variable + ' is not set; run this through meson')
    return value


@functools.lru_cache(maxsize=None)
def scope():
    """The protocol of the registry under test."""
    return Scope(required('VENUS_TEST_REGISTRY'))


@functools.lru_cache(maxsize=None)
def library():
    """The library under test."""
    return Library(scope(), required('VENUS_TEST_LIBRARY'),
                   required('VENUS_TEST_PEER'))


def rng(*words):
    """A random source that depends on the seed and on words alone."""
    return random.Random('%d %s' % (SEED, ' '.join(map(str, words))))


def random_caps(source):
    """Caps of some renderer: all is known, or some of it."""
    if source.random() < 0.5:
        return Caps()
    numbers = {p.number for p in scope().providers if p.number}
    kept = {n for n in sorted(numbers) if source.random() < 0.5}
    return Caps(version=source.choice([(1, 0), (1, 1), (1, 2), (1, 3), (1, 4)]),
                spec_version=source.randint(1, 4),
                # extensions of the protocol itself
                extensions=kept | {384, 385})


def difference(expected, actual, path=''):
    """Where two trees differ first, '' if they are the same."""
    if type(expected) is not type(actual):
        return '%s: expected %r, got %r' % (path, expected, actual)
    if isinstance(expected, dict):
        for key in expected.keys() | actual.keys():
            if key not in expected or key not in actual:
                return '%s.%s: only in one tree' % (path, key)
            found = difference(expected[key], actual[key],
                               '%s.%s' % (path, key))
            if found:
                return found
        return ''
    if isinstance(expected, (list, tuple)):
        if len(expected) != len(actual):
            return '%s: expected %d items, got %d' % (path, len(expected),
                                                      len(actual))
        for i, (one, other) in enumerate(zip(expected, actual)):
            found = difference(one, other, '%s[%d]' % (path, i))
            if found:
                return found
        return ''
    if expected != actual:
        return '%s: expected %r, got %r' % (path, expected, actual)
    return ''


def byte_difference(expected, actual):
    """Where two byte strings differ first, in words for a person."""
    if expected == actual:
        return ''
    at = next((i for i, (a, b) in enumerate(zip(expected, actual))
               if a != b), min(len(expected), len(actual)))
    at = at // 4 * 4
    return ('%d bytes expected, %d got, first difference at %#x: '
            'expected %s, got %s' %
            (len(expected), len(actual), at,
             expected[at:at + 16].hex(' ', 4), actual[at:at + 16].hex(' ', 4)))


def main():
    """Runs the tests of the calling script."""
    print('seed %d, rounds %d' % (SEED, ROUNDS))
    sys.stdout.flush()
    unittest.main()
