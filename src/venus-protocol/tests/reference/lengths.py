# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""The length expressions of the registry, over trees of values."""

import ast
import operator
import re

OPERATORS = {ast.Add: operator.add, ast.Mult: operator.mul,
             ast.Div: operator.floordiv}


def names_in(expression):
    """The siblings that an expression starts from."""
    bare = re.sub(r'(->|\[\w*\]\.)\w+', '', expression)
    return set(re.findall(r'[A-Za-z_]\w*', bare))


def evaluate(expression, values, registry, index=0):
    """The number of elements that an expression means.

    values: sibling name -> value; a count behind a pointer stands there as
    the count, or None for a NULL pointer, which counts as 0.
    """
    text = re.sub(r'->', '.', expression)
    text = re.sub(r'\[\w*\]\.', '[index].', text)

    def walk(node):
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            if node.id in values:
                return values[node.id]
            return registry.value(node.id)
        if isinstance(node, ast.Attribute):
            return walk(node.value)[node.attr]
        if isinstance(node, ast.Subscript):
            return walk(node.value)[index]
        if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
            return OPERATORS[type(node.op)](walk(node.left) or 0,
                                            walk(node.right))
        raise ValueError('length expression ' + expression)

    return walk(ast.parse(text, mode='eval').body) or 0
