# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""The extensions of extensions.py together with what the registry says."""

from __future__ import annotations

import re
from dataclasses import dataclass

import extensions
from extensions import OMIT
from gen.registry import GeneratorError, Provider, Registry
from gen.venus import Venus


@dataclass
class Offer:
    """An extension of the table that the registry has.

    spec_version is the older of registry and protocol; number is the
    registry's. protocol_spec is what a renderer must have, core the version
    that made the extension superfluous, needs what it depends on of the
    extensions that have become part of a core version.
    """

    name: str
    number: int
    spec_version: int
    kind: str
    note: str
    protocol_spec: int
    core: tuple[int, int]
    provider: Provider
    needs: list[str]

    @property
    def short(self) -> str:
        return self.name.removeprefix('VK_')


def core_version(registry: Registry, name: str) -> tuple[int, int]:
    """The Vulkan version that an extension was promoted to, be it by way of
    other extensions; (0, 0) if it was not."""
    while name in registry.providers:
        provider = registry.providers[name]
        if provider.version:
            return provider.version
        name = provider.promoted_to
    return (0, 0)


# What older registries have forgotten to say.
MORE_DEPENDS = {
    'VK_KHR_buffer_device_address': ' VK_KHR_device_group',
}


def promoted_needs(registry: Registry, name: str) -> list[str]:
    """The promoted device extensions that an extension names as what it
    depends on, be it by way of others, in order of name."""
    needs: set[str] = set()
    todo = [name]
    while todo:
        current = todo.pop()
        depends = (registry.providers[current].depends +
                   MORE_DEPENDS.get(current, ''))
        for need in set(re.findall(r'VK_\w+', depends)) - needs:
            provider = registry.providers.get(need)
            if provider and provider.kind == 'device' and any(
                    core_version(registry, need)):
                needs.add(need)
                todo.append(need)
    return sorted(needs)


class Offers:
    """`device` and `instance`: lists of Offer, by name. `platforms` are the
    window systems of the build."""

    def __init__(self, venus: Venus, platforms: set[str]) -> None:
        self.venus = venus
        self.platforms = platforms
        self.device = self._collect(extensions.DEVICE, 'device')
        self.instance = self._collect(extensions.INSTANCE, 'instance')
        known = set(extensions.DEVICE) | set(extensions.INSTANCE)
        missing = [row.name for row, _ in venus.extensions()
                   if row.name not in known]
        if missing:
            raise GeneratorError('extensions.py has no row for ' +
                                 ', '.join(missing))

    @property
    def names(self) -> set[str]:
        """All extensions that an application can enable."""
        return {offer.name for offer in self.device + self.instance
                if offer.kind != OMIT}

    def set_words(self, names: list[str]) -> list[int]:
        """A set of device extensions as the words of a struct vn_ext_set, up
        to the last that is not zero. Names that have no row are left out."""
        bits = sum(1 << i for i, offer in enumerate(self.device)
                   if offer.name in names)
        count = max(-(-bits.bit_length() // 32), 1)
        return [bits >> 32 * i & 0xffffffff for i in range(count)]

    def _collect(self, rows: dict, kind: str) -> list[Offer]:
        offers = []
        for name, row in sorted(rows.items()):
            provider = self.venus.registry.providers.get(name)
            if provider is None or not self.platforms.issuperset(
                    row.platforms):
                continue
            if provider.kind != kind:
                raise GeneratorError(f'extensions.py: {name} is not a(n) '
                                     f'{kind} extension')
            in_table = self.venus.table.get(name)
            if in_table is None and row.kind == extensions.PASS:
                raise GeneratorError(f'extensions.py: {name} cannot pass, '
                                     'the protocol does not have it')
            spec = provider.spec_version
            if in_table and row.kind not in (extensions.NATIVE,
                                             extensions.TRANSPORT):
                spec = min(spec, in_table.spec_version)
            offers.append(Offer(name, provider.number, spec, row.kind,
                                row.note, row.spec,
                                core_version(self.venus.registry, name),
                                provider,
                                promoted_needs(self.venus.registry, name)))
        return offers
