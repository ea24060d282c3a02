# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""What a renderer must know for something to be sent to it.

A condition is a nested tuple:
   ('true',)  ('false',)
   ('ext', number, name)     bit `number` of the renderer's extension mask
   ('version', major, minor) at least this vk_xml_version
   ('spec', n)               at least this venus_spec_version
   ('and', a, b, ...)  ('or', a, b, ...)
"""

from __future__ import annotations

import re
from typing import Callable

from gen.registry import GeneratorError

TRUE = ('true',)
FALSE = ('false',)


def both(*parts: tuple) -> tuple:
    """The conjunction, simplified."""
    return _join('and', TRUE, FALSE, parts)


def either(*parts: tuple) -> tuple:
    """The disjunction, simplified."""
    return _join('or', FALSE, TRUE, parts)


def _join(op: str, neutral: tuple, absorbing: tuple,
          parts: tuple) -> tuple:
    flat: list[tuple] = []
    for part in parts:
        flat += part[1:] if part[0] == op else [part]
    flat = sorted({p for p in flat if p != neutral}, key=repr)
    if absorbing in flat:
        return absorbing
    if not flat:
        return neutral
    return flat[0] if len(flat) == 1 else (op, *flat)


def parse_depends(text: str, leaf: Callable[[str], tuple]) -> tuple:
    """A registry's `depends`: names joined by '+' (and) and ',' (or), which
    bind alike and to the left, and parentheses. '' is true."""
    tokens = re.findall(r'[\w:]+|[+,()]', text)
    if ''.join(tokens) != text.replace(' ', ''):
        raise GeneratorError(f'cannot read depends="{text}"')

    def term() -> tuple:
        token = tokens.pop(0)
        if token != '(':
            return leaf(token)
        value = expression()
        tokens.pop(0)
        return value

    def expression() -> tuple:
        value = term()
        while tokens and tokens[0] in '+,':
            join = both if tokens.pop(0) == '+' else either
            value = join(value, term())
        return value

    return expression() if tokens else TRUE


def c_expression(condition: tuple) -> str:
    """C over a `const struct vn_protocol_caps *caps`, with the macros of
    vn_protocol_private.h."""
    op = condition[0]
    if op in ('true', 'false'):
        return op
    if op == 'ext':
        return f'KNOWS_EXT({condition[1]})'
    if op == 'version':
        return f'KNOWS_CORE({condition[1]}, {condition[2]})'
    if op == 'spec':
        return f'KNOWS_SPEC({condition[1]})'
    texts = [c_expression(part) for part in condition[1:]]
    texts = [f'({text})' if part[0] in ('and', 'or') else text
             for part, text in zip(condition[1:], texts)]
    return (' && ' if op == 'and' else ' || ').join(texts)


def words(condition: tuple) -> str:
    """The condition for a human reader."""
    op = condition[0]
    if op == 'ext':
        return condition[2]
    if op == 'version':
        return f'Vulkan {condition[1]}.{condition[2]}'
    if op == 'spec':
        return f'protocol version {condition[1]}'
    if op in ('and', 'or'):
        return f' {op} '.join(f'({words(p)})' if p[0] in ('and', 'or')
                              else words(p) for p in condition[1:])
    return op


def identifier(condition: tuple) -> str:
    """A C name that is the same for equal conditions."""
    op = condition[0]
    if op == 'ext':
        return f'e{condition[1]}'
    if op == 'version':
        return f'v{condition[1]}_{condition[2]}'
    if op == 'spec':
        return f's{condition[1]}'
    if op in ('and', 'or'):
        return f'_{op}_'.join(f'_{identifier(p)}_' if p[0] in ('and', 'or')
                              else identifier(p) for p in condition[1:])
    return op
