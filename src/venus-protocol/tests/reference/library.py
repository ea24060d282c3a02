# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""Calls the generated C code with memory made from trees of values."""

import ctypes

from .elf import exported_functions
from .layout import CTYPES
from .memory import Memory
from .scalars import memory_code

MASK_WORDS = ctypes.c_uint32 * 32


def load_peer(path):
    """The helper library, see peer.h."""
    peer = ctypes.CDLL(path)
    pointer, size = ctypes.c_void_p, ctypes.c_size_t
    for name, result, arguments in (
            ('peer_block', pointer, [size]),
            ('peer_blocks_free', None, []),
            ('peer_blocks_spoilt', ctypes.c_uint, []),
            ('peer_blocks_save', None, []),
            ('peer_blocks_restore', None, []),
            ('peer_object', pointer, [ctypes.c_uint64, ctypes.c_int]),
            ('peer_encoder', pointer,
             [ctypes.c_uint32, ctypes.c_uint32, MASK_WORDS, ctypes.c_int]),
            ('peer_encoder_data', pointer, []),
            ('peer_encoder_size', size, []),
            ('peer_encoder_failed', ctypes.c_bool, []),
            ('peer_encoder_spoilt', ctypes.c_bool, []),
            ('peer_encoder_growths', ctypes.c_int, []),
            ('peer_encoder_free', None, []),
            ('peer_decoder', pointer, [ctypes.c_char_p, size]),
            ('peer_decoder_knows', None,
             [ctypes.c_int, ctypes.c_uint64, pointer]),
            ('peer_decoder_knows_nothing', None, []),
            ('peer_decoder_failed', ctypes.c_bool, []),
            ('peer_decoder_left', size, []),
            ('peer_decoder_free', None, [])):
        function = getattr(peer, name)
        function.restype = result
        function.argtypes = arguments
    return peer


def mask_words(caps):
    """The extension mask of Caps as the capset has it."""
    words = [0] * 32
    if caps.extensions is not None:
        words[0] = 1
        for number in caps.extensions:
            words[number // 32] |= 1 << number % 32
    return MASK_WORDS(*words)


class EncodeFailure(Exception):
    """The encoder says that it failed."""


class Library:
    """The generated code and its helper."""

    def __init__(self, scope, path, peer_path):
        self.scope = scope
        self.registry = scope.registry
        self.path = path
        self.c = ctypes.CDLL(path)
        self.peer = load_peer(peer_path)
        self.exported = exported_functions(path)

    def memory(self):
        """A fresh Memory; the one before is gone."""
        return Memory(self.scope, self.peer)

    # -- encoding

    def encoder(self, caps, fail_at=-1):
        """Address of a fresh encoder."""
        major, minor = caps.version
        return self.peer.peer_encoder(major << 22 | minor << 12,
                                      caps.spec_version, mask_words(caps),
                                      fail_at)

    def encoded(self):
        """What the encoder holds."""
        if self.peer.peer_encoder_spoilt():
            raise AssertionError('the encoder wrote behind its memory')
        if self.peer.peer_encoder_failed():
            raise EncodeFailure()
        data = ctypes.string_at(self.peer.peer_encoder_data(),
                                self.peer.peer_encoder_size())
        return data

    def encode_command(self, command, flags, memory, passed, caps,
                       fail_at=-1):
        """Bytes of a request."""
        function = getattr(self.c, 'vn_encode_' + command.name)
        function.restype = None
        function.argtypes = [ctypes.c_void_p, ctypes.c_uint32,
                             *memory.argument_types(command)]
        function(self.encoder(caps, fail_at), flags, *passed)
        return self.encoded()

    def encode_struct(self, name, address, caps, partial=False):
        """Bytes of a struct."""
        function = getattr(self.c, 'vn_encode_%s%s' %
                           (name, '_partial' if partial else ''))
        function.restype = None
        function.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
        function(self.encoder(caps), address)
        return self.encoded()

    # -- decoding

    def sizeof_reply(self, command, memory, passed):
        """Bytes that a reply takes at most."""
        function = getattr(self.c, 'vn_sizeof_%s_reply' % command.name)
        function.restype = ctypes.c_size_t
        function.argtypes = memory.argument_types(command)
        return function(*passed)

    def reply_decoder(self, command, memory):
        """The C function that decodes replies to a command."""
        function = getattr(self.c, 'vn_decode_%s_reply' % command.name)
        function.restype = None
        if command.ret != 'void':
            function.restype = CTYPES[memory_code(self.registry,
                                                  command.ret)]
        function.argtypes = [ctypes.c_void_p, *memory.argument_types(command)]
        return function

    def decode_reply(self, command, memory, passed, data):
        """(return value, failed, bytes left) of decoding a reply."""
        function = self.reply_decoder(command, memory)
        value = function(self.peer.peer_decoder(bytes(data), len(data)),
                         *passed)
        return (value, self.peer.peer_decoder_failed(),
                self.peer.peer_decoder_left())

    def decode_struct(self, name, address, data):
        """(failed, bytes left) of decoding a struct in full."""
        function = getattr(self.c, 'vn_decode_' + name)
        function.restype = None
        function.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
        function(self.peer.peer_decoder(bytes(data), len(data)), address)
        return (self.peer.peer_decoder_failed(),
                self.peer.peer_decoder_left())

    def sizeof_struct(self, name, address):
        """Bytes of a struct in full, or None if there is no function."""
        if 'vn_sizeof_' + name not in self.exported:
            return None
        function = getattr(self.c, 'vn_sizeof_' + name)
        function.restype = ctypes.c_size_t
        function.argtypes = [ctypes.c_void_p]
        return function(address)

    def knows(self, memory, tree, type_name):
        """Makes all handles that a reply's struct names look-up-able.

        Adds their objects to the memory; nothing else is known.
        """
        struct = self.scope.canonical_struct(type_name)
        name = self.registry.canonical(type_name)
        if name in self.registry.handles:
            if tree and tree not in memory.objects:
                address = memory.object(tree, name)
                self.peer.peer_decoder_knows(
                    self.registry.value(self.registry.handles[name]), tree,
                    address)
            return
        if not struct or struct.is_union:
            return
        for chained, inner in tree.get('pNext', ()):
            if chained != 'unknown':
                self.knows(memory, inner, chained)
        for field in struct.fields:
            value = tree.get(field.name)
            if value is None or field.type == 'void':
                continue
            many = isinstance(value, list) and field.name != 'pNext'
            for element in value if many else (value,):
                self.knows(memory, element, field.type)
