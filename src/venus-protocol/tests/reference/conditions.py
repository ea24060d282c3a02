# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""The conditions of <require> blocks: '+' is and, ',' is or."""

import re


def holds(condition, is_met):
    """Whether a condition holds; is_met tells it for one name.

    Operators are applied from the left; registries put parentheses where
    that would matter. The empty condition holds.
    """
    tokens = re.findall(r'[\w:]+|[+,()]', condition)
    if not tokens:
        return True
    value = _expression(tokens, is_met)
    if tokens:
        raise ValueError('condition ' + condition)
    return value


def _expression(tokens, is_met):
    value = _operand(tokens, is_met)
    while tokens and tokens[0] in '+,':
        operator = tokens.pop(0)
        other = _operand(tokens, is_met)
        value = (value and other) if operator == '+' else (value or other)
    return value


def _operand(tokens, is_met):
    token = tokens.pop(0)
    if token != '(':
        return is_met(token)
    value = _expression(tokens, is_met)
    if not tokens or tokens.pop(0) != ')':
        raise ValueError('condition without its parenthesis')
    return value
