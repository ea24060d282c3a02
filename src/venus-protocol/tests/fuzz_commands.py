# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""Writes what fuzz_reply.c needs of every command: memory as a caller has it.

Usage: fuzz_commands.py REGISTRY VENUS-XML OUTPUT
"""

import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

# pylint: disable=wrong-import-position
from gen import plan  # noqa: E402
from gen.generate import load, render  # noqa: E402
from gen.registry import GeneratorError  # noqa: E402


def members(wire):
    """The members of an output struct that are more than plain values."""
    return [f for f in wire.fields
            if f.shape not in ('chain', 'null') and f.name != 'sType']


def needs_care(f):
    """Values of structs with pointers or a type of their own in them."""
    return f.wire.kind == 'struct' and not plan.is_loadable(f.wire)


def count_member(f):
    """The member that counts an array behind a pointer of a struct."""
    if f.count_names and f.count == 'val->' + f.count_names[0]:
        return f.count_names[0]
    raise GeneratorError(f'no rule for an array of {f.count} elements')


def far_counts(command):
    """{input parameter: the members of it that count outputs}."""
    found = {}
    for f in command.outputs:
        for name, member in re.findall(r'(\w+)->(\w+)', f.count):
            found.setdefault(name, []).append(member)
    return found


def element(f):
    """The C type of an element behind a pointer."""
    return 'uint8_t' if f.wire.kind == 'void' else f.member.type


def main(registry, venus_xml, output):
    """Writes the file."""
    protocol = load(registry, venus_xml)
    names = {w.name for w in protocol.outputs + protocol.chained_outputs}
    structs = [w for w in map(protocol.wires.get, sorted(names))
               if not plan.is_loadable(w)]
    text = render(str(HERE), 'fuzz_commands.c.mako', protocol=protocol,
                  commands=[c for c in protocol.commands if c.outputs],
                  structs=structs, members=members, needs_care=needs_care,
                  count_member=count_member, far_counts=far_counts,
                  element=element)
    Path(output).write_text(text, encoding='utf-8')


if __name__ == '__main__':
    main(*sys.argv[1:])
