# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""Formats as memory sees them: how large a block of texels is, in each
aspect that can be copied by itself."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass, field

from gen.registry import GeneratorError

# The registry has the size of a whole texel; a copy to or from a buffer takes
# one aspect, and of some the specification says how it is padded.
DEPTH_BYTES = {16: 2, 24: 4, 32: 4}


@dataclass
class Format:
    """Sizes in bytes, 0 for an aspect that is not there; extents in
    texels. `planes` are the block sizes of a multi-planar format."""

    name: str
    block: int
    width: int
    height: int
    depth: int = 0
    stencil: int = 0
    planes: list[int] = field(default_factory=list)


def formats(path: str) -> list[Format]:
    """All formats of a registry, in its order."""
    elements = ET.parse(path).getroot().findall('formats/format')
    sizes = {e.get('name'): int(e.get('blockSize')) for e in elements}
    return [_read(e, sizes) for e in elements]


def _read(element: ET.Element, sizes: dict[str, int]) -> Format:
    width, height, depth = (element.get('blockExtent') or '1,1,1').split(',')
    if depth != '1':
        raise GeneratorError(f'{element.get("name")} has blocks with depth')
    out = Format(element.get('name'), int(element.get('blockSize')),
                 int(width), int(height))
    for component in element.findall('component'):
        if component.get('name') == 'D':
            out.depth = DEPTH_BYTES[int(component.get('bits'))]
        elif component.get('name') == 'S':
            out.stencil = 1
    for plane in element.findall('plane'):
        out.planes.append(sizes[plane.get('compatible')])
    return out
