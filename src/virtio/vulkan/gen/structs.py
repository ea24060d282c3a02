# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""Structs that can be in a chain, as the driver's own code sees them: all
that the plain Vulkan headers declare, whether or not the protocol has them."""

from __future__ import annotations

from dataclasses import dataclass

from gen.protocol import Protocol
from gen.registry import Member, Type
from offers import OMIT, Offer, Offers


@dataclass
class ChainStruct:
    """A struct with an sType that extends others."""

    type: Type
    value: int  # of sType
    on_wire: bool

    @property
    def name(self) -> str:
        return self.type.name

    @property
    def pointers(self) -> list[Member]:
        return [m for m in self.type.members
                if m.pointers and m.name != 'pNext']

    def cleared(self) -> list[Member]:
        """The members that a query fills in. Pointers are the caller's, and
        so are their counts if somebody is going to look at them."""
        counts = {part for m in self.pointers for part in m.lens}
        return [m for m in self.answers
                if not (self.on_wire and m.name in counts)]

    @property
    def answers(self) -> list[Member]:
        """All members but pointers."""
        return [m for m in self.type.members
                if not m.pointers and m.name not in ('sType', 'pNext')]


def chain_structs(protocol: Protocol) -> list[ChainStruct]:
    """All of them, by sType."""
    registry = protocol.registry
    declared = set()
    for provider in registry.providers.values():
        if not provider.protect:
            for block in provider.blocks:
                declared |= {registry.resolve_type(t) for t in block.types}
    declared |= {t.name for t in protocol.venus.mesa_types
                 if t.name in protocol.venus.structs}
    found = [ChainStruct(kind, registry.constant(kind.stype),
                         name in protocol.venus.structs)
             for name, kind in registry.types.items()
             if kind.extends and kind.stype and name in declared]
    return sorted(found, key=lambda s: s.value)


def extending(structs: list[ChainStruct], head: str) -> list[ChainStruct]:
    """Those that can be chained to `head`."""
    return [s for s in structs if head in s.type.extends]


@dataclass
class Origin:
    """What has to be there for a struct to be there: a core version, or one
    of some extensions."""

    core: tuple[int, int] | None
    device: list[Offer]


def origin(protocol: Protocol, offers: Offers, struct: ChainStruct) -> Origin:
    registry = protocol.registry
    brought = [provider for provider in registry.providers.values()
               if any(registry.resolve_type(t) == struct.name
                      for block in provider.blocks for t in block.types)]
    versions = [p.version for p in brought if p.version]
    return Origin(min(versions) if versions else None,
                  [o for o in offers.device
                   if o.kind != OMIT and o.provider in brought])
