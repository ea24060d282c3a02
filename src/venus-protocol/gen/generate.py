#!/usr/bin/env python3
# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""Writes the C code of the Venus protocol.

    generate.py --registry vk.xml --venus venus.xml --templates DIR --out DIR

The registry is that of the Vulkan headers in use; venus.xml adds what the
protocol has beyond it. Every file DIR/*.mako but steps.mako becomes a file of
the same name, without .mako, in the output directory; --list prints their
names. The output depends on nothing but the input.
"""

from __future__ import annotations

import argparse
import os
import sys
import xml.etree.ElementTree as ET

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))

# pylint: disable=wrong-import-position
from mako import exceptions  # noqa: E402
from mako.lookup import TemplateLookup  # noqa: E402

from gen import condition, plan, text  # noqa: E402
from gen.protocol import Protocol  # noqa: E402
from gen.registry import GeneratorError, Registry  # noqa: E402
from gen.venus import Venus  # noqa: E402

OUTPUTS = [
    'vn_protocol.h',
    'vn_protocol_mesa.h',
    'vn_protocol_structs.h',
    'vn_protocol_commands.h',
    'vn_protocol_aliases.h',
    'vn_protocol_private.h',
    'vn_protocol_info.c',
    'vn_protocol_chains.c',
    'vn_protocol_encode.c',
    'vn_protocol_decode.c',
    'vn_protocol_cmd.c',
    'vn_protocol_commands.c',
]


def parse_xml(path: str, what: str, hint: str) -> ET.Element:
    """The root of an XML file, or an error that says how to supply one."""
    try:
        return ET.parse(path).getroot()
    except OSError as error:
        raise GeneratorError(f'no {what} at {path} ({error.strerror}): {hint}')
    except ET.ParseError as error:
        raise GeneratorError(f'{path} is not XML: {error}')


def load(registry_path: str, venus_path: str) -> Protocol:
    """The protocol that a registry and a venus.xml describe."""
    registry = Registry()
    registry.load(parse_xml(
        registry_path, 'Vulkan registry',
        'install the Vulkan headers with their registry (Debian: '
        'libvulkan-dev), or name a vk.xml with -Dvulkan-registry=PATH'))
    venus = Venus(registry, parse_xml(
        venus_path, 'protocol description',
        'it is src/venus-protocol/venus.xml'))
    return Protocol(venus)


def render(template_dir: str, name: str, **data) -> str:
    """One template as text."""
    lookup = TemplateLookup(directories=[template_dir],
                            imports=['from gen.text import '
                                     + ', '.join(text.__all__)],
                            strict_undefined=True)
    try:
        body = lookup.get_template(name).render(**data)
    except GeneratorError:
        raise
    except Exception:
        sys.stderr.write(exceptions.text_error_template().render())
        raise GeneratorError(f'template {name} failed')
    return text.tidy(body)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--registry', help='vk.xml, or a file of its shape')
    parser.add_argument('--venus', help='venus.xml')
    parser.add_argument('--templates', help='folder of the *.mako files')
    parser.add_argument('--out', help='folder to write to')
    parser.add_argument('--list', action='store_true',
                        help='print the names of the output files and stop')
    args = parser.parse_args()
    if args.list:
        print('\n'.join(OUTPUTS))
        return 0
    missing = [name for name in ('registry', 'venus', 'templates', 'out')
               if not getattr(args, name)]
    if missing:
        parser.error('missing --' + ', --'.join(missing))

    try:
        protocol = load(args.registry, args.venus)
        os.makedirs(args.out, exist_ok=True)
        for name in OUTPUTS:
            body = render(args.templates, name + '.mako', protocol=protocol,
                          condition=condition, plan=plan)
            with open(os.path.join(args.out, name), 'w',
                      encoding='utf-8') as out:
                out.write(body)
    except GeneratorError as error:
        print(f'generate.py: {error}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
