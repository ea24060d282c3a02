# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""Trees as others see them: the wire, and memory after a reply."""

from .encode import VK_SHARING_MODE_CONCURRENT
from .scalars import requested
from .scope import FULL, PARTIAL, SENT_OUTPUTS
from .shapes import Shape, shape


class Views:
    """Views on trees of a Scope, towards a renderer with some Caps."""

    def __init__(self, scope, caps):
        self.scope = scope
        self.registry = scope.registry
        self.caps = caps

    def is_handle(self, type_name):
        """Whether a type is a handle."""
        return self.registry.canonical(type_name) in self.registry.handles

    def sendable(self, head, name):
        """Whether a struct in a chain goes over the wire."""
        return (name in self.scope.chain_of(head) and
                self.scope.permitted(name, self.caps))

    def sent(self, head, chain):
        """The part of a chain that goes over the wire."""
        names = [n for n, _ in chain]
        return [(n, t) for i, (n, t) in enumerate(chain)
                if self.sendable(head, n) and n not in names[:i]]

    # -- what a request carries

    def carried(self, command, args):
        """The tree that a decoder makes of a request.

        Outputs without value are ... for a pointer and a count for arrays.
        """
        tree = {}
        counted = self.scope.counted_by(command.params)
        for param in command.params:
            value = args[param.name]
            if not self.scope.is_output(param):
                tree[param.name] = self.field(param, args, FULL)
            elif shape(param) is Shape.POINTER:
                if value is not None:
                    if self.scope.canonical_struct(param.type):
                        value = self.value(param.type, value, PARTIAL)
                    elif not (self.is_handle(param.type) or
                              param.name in counted or
                              (command.name, param.name) in SENT_OUTPUTS):
                        value = ...
                tree[param.name] = value
            elif self.scope.canonical_struct(param.type):
                tree[param.name] = [self.value(param.type, x, PARTIAL)
                                    for x in value or ()]
            elif self.is_handle(param.type):
                tree[param.name] = list(value or ())
            else:
                tree[param.name] = len(value or ())
        return tree

    def struct(self, name, tree, form):
        """What the wire carries of a struct."""
        kind = self.registry.structs[name]
        seen = {}
        if kind.has_chain:
            seen['pNext'] = [(n, self.members(n, t, form))
                             for n, t in self.sent(name, tree['pNext'])]
        seen.update(self.members(name, tree, form))
        return seen

    def members(self, name, tree, form):
        """What the wire carries of the members behind pNext."""
        kind = self.registry.structs[name]
        counted = self.scope.counted_by(kind.fields)
        seen = {}
        for field in kind.fields:
            look = shape(field)
            if look in (Shape.STYPE, Shape.CHAIN):
                continue
            if form == FULL:
                seen[field.name] = self.field(field, tree, FULL)
                continue
            value = tree[field.name]
            is_struct = self.scope.canonical_struct(field.type)
            if look is Shape.VALUE and is_struct:
                seen[field.name] = self.value(field.type, value, PARTIAL)
            elif look is Shape.VALUE and field.name in counted:
                seen[field.name] = value
            elif look is Shape.FIXED and (is_struct or
                                          self.is_handle(field.type)):
                seen[field.name] = [self.value(field.type, x, PARTIAL)
                                    for x in value]
            elif look in (Shape.ARRAY, Shape.BYTES):
                seen[field.name] = (
                    [self.value(field.type, x, PARTIAL) for x in value or ()]
                    if is_struct else len(value or ()))
        return seen

    def field(self, field, siblings, form):
        """What the wire carries of a field in full."""
        value = siblings[field.name]
        look = shape(field)
        if look in (Shape.NULL, Shape.FIXED_BYTES, Shape.STRING):
            return value
        if look is Shape.VALUE:
            return self.value(field.type, value, form)
        if look is Shape.POINTER:
            if value is None:
                return None
            return self.value(field.type, value, form)
        if (field.name == 'pQueueFamilyIndices' and
                siblings['sharingMode'] != VK_SHARING_MODE_CONCURRENT):
            return []
        if look is Shape.BYTES:
            return value or b''
        if look is Shape.STRINGS:
            return value or []
        if look is Shape.NESTED:
            return [[self.value(field.type, x, form) for x in inner]
                    for inner in value or ()]
        return [self.value(field.type, x, form) for x in value or ()]

    def value(self, type_name, value, form):
        """What the wire carries of one thing."""
        struct = self.scope.canonical_struct(type_name)
        if not struct:
            return requested(self.registry, type_name, value)
        if struct.is_union:
            member, inner = value
            return member, self.field(struct.find(member), {member: inner},
                                      FULL)
        return self.struct(struct.name, value, form)

    # -- memory after a reply

    def filled(self, type_name, before, after):
        """Memory of one thing after it was decoded over what was there."""
        struct = self.scope.canonical_struct(type_name)
        if not struct or struct.is_union:
            return after
        tree = {}
        if struct.has_chain:
            new = dict(self.sent(struct.name, after['pNext']))
            tree['pNext'] = []
            for name, inner in before['pNext']:
                if name in new:
                    inner = self.filled(name, inner, new.pop(name))
                tree['pNext'].append((name, inner))
        for field in struct.fields:
            if shape(field) not in (Shape.STYPE, Shape.CHAIN):
                tree[field.name] = self.filled_field(
                    field, before[field.name], after[field.name])
        for array, count in self.scope.in_place_counts(struct).items():
            # no driver may look up what only happens to lie behind
            if self.is_handle(struct.find(array).type):
                unused = len(tree[array]) - after[count]
                tree[array] = tree[array][:after[count]] + [0] * unused
        return tree

    def filled_field(self, field, before, after):
        """Memory of a field after it was decoded."""
        if before is None or after is None:
            return before
        look = shape(field)
        if look is Shape.BYTES:
            return after + before[len(after):]
        if look is Shape.ARRAY:
            return [self.filled(field.type, b, a) for b, a in
                    zip(before, after)] + before[len(after):]
        if look is Shape.FIXED:
            return [self.filled(field.type, b, a)
                    for b, a in zip(before, after)]
        if look is Shape.FIXED_BYTES:
            return after
        return self.filled(field.type, before, after)

    def filled_arguments(self, command, args, results):
        """Memory of a call's arguments after its reply."""
        return {p.name: (self.filled_field(p, args[p.name], results[p.name])
                         if self.scope.is_output(p) else args[p.name])
                for p in command.params}
