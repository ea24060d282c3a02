# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""Length expressions of the registry as C.

What occurs: `count`, `pInfo->count`, `pInfos[i].count`, `codeSize / 4`,
`(samples + 31) / 32`, `2*VK_UUID_SIZE`, and a number.
"""

from __future__ import annotations

import re

from gen.registry import GeneratorError, Member, Registry
from gen.text import count_local

_TOKEN = re.compile(r'\s*([A-Za-z_]\w*(?:(?:->|\.)\w+|\[i\])*|\d+|[-+*/()])')


def to_c(text: str, scope: list[Member], prefix: str, registry: Registry,
         owner: str) -> str:
    """`text` as a C expression. `scope` holds the members or parameters that
    it may name; `prefix` ('val->' or '') is put before them. For a parameter
    that points to its count stands the variable that holds the count."""
    out = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if not match:
            raise GeneratorError(f'{owner}: cannot read len="{text}"')
        position = match.end()
        out.append(_token(match.group(1), scope, prefix, registry, owner,
                          text))
    joined = ' '.join(out)
    return joined.replace('( ', '(').replace(' )', ')')


def names(text: str) -> list[str]:
    """The members or parameters that an expression starts from."""
    return [re.match(r'\w+', token).group(0)
            for token in _TOKEN.findall(text)
            if re.match(r'[A-Za-z_]', token)]


def _token(token: str, scope: list[Member], prefix: str,
           registry: Registry, owner: str, text: str) -> str:
    if not re.match(r'[A-Za-z_]', token):
        return token
    head = re.match(r'\w+', token).group(0)
    for member in scope:
        if member.name == head:
            if member.pointers == 1 and head == token:
                return count_local(head)
            return prefix + token
    if head == token and token in registry.constants:
        return token
    raise GeneratorError(f'{owner}: len="{text}" names {head}, which is '
                         'neither a member nor a constant')
