# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""Everything the templates print: the commands, the types that they reach,
and which functions each type needs."""

from __future__ import annotations

from dataclasses import dataclass, field

from gen import plan
from gen.registry import Command, GeneratorError
from gen.venus import Number, Venus
from gen.wire import Field, Wire, Wires


@dataclass
class ProtocolCommand:
    """A command on the wire."""

    command: Command
    number: Number
    condition: tuple
    params: list[Field]
    ret: Wire
    request: plan.Plan
    reply_size: plan.Size
    outputs: list[Field] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.command.name

    @property
    def counts(self) -> list[Field]:
        """Outputs that are the length of another output."""
        return [f for f in self.outputs if f.is_length]

    @property
    def is_recorded(self) -> bool:
        """Goes into a command buffer."""
        return self.name.startswith('vkCmd')


class Protocol:
    """`commands` in order of their numbers; the sets of types by name:

    encoded   whole, as something that a command or struct points to
    chained   whole, in the chain of something encoded
    outputs   partial and decoded, likewise
    chained_outputs
    """

    def __init__(self, venus: Venus) -> None:
        self.venus = venus
        self.registry = venus.registry
        self.wires = Wires(venus)
        self._extenders = self._find_extenders()
        self._encoded: set[str] = set()
        self._outputs: set[str] = set()
        self._chained: set[str] = set()
        self._chained_outputs: set[str] = set()
        self.commands = [self._make_command(name, number)
                         for name, number in venus.commands.items()]
        self.encoded = self._sorted(self._encoded)
        self.outputs = self._sorted(self._outputs)
        self.chained = self._sorted(self._chained)
        self.chained_outputs = self._sorted(self._chained_outputs)

    @property
    def replaced(self) -> list[Wire]:
        """Enums of which a value is sent as another."""
        return self._sorted(set(self.venus.rules.replace))

    @property
    def chain_structs(self) -> list[Wire]:
        """All structs that occur in a chain."""
        return self._sorted(self._chained | self._chained_outputs)

    @property
    def chain_structs_by_stype(self) -> list[Wire]:
        return sorted(self.chain_structs,
                      key=lambda w: self._stype_value(w.name))

    @property
    def chain_heads(self) -> list[Wire]:
        """All structs that others can be chained to."""
        return [w for w in self._sorted(self._encoded | self._outputs)
                if self.extenders(w)]

    def extenders(self, wire: Wire) -> list[Wire]:
        """What may be in the chain of a struct, by sType."""
        return self._extenders.get(wire.name, [])

    def condition(self, wire: Wire) -> tuple:
        """What a renderer must know to know a struct."""
        return self.venus.structs[wire.name]

    def _sorted(self, names: set[str]) -> list[Wire]:
        """Wires in registry order, which defines types before their use."""
        order = {name: i for i, name in enumerate(self.registry.types)}
        return [self.wires.get(n) for n in sorted(names, key=order.get)]

    def _find_extenders(self) -> dict[str, list[Wire]]:
        extenders: dict[str, list[Wire]] = {}
        for name in self.venus.structs:
            kind = self.registry.types[name]
            if not kind.extends:
                continue
            if not kind.stype:
                raise GeneratorError(f'{name} extends something and has no '
                                     'sType')
            for head in {self.registry.resolve_type(h)
                         for h in kind.extends}:
                if head in self.venus.structs:
                    extenders.setdefault(head, []).append(name)
        return {head: [self.wires.get(n) for n in
                       sorted(names, key=self._stype_value)]
                for head, names in extenders.items()}

    def _stype_value(self, name: str) -> int:
        return self.registry.constant(self.registry.types[name].stype)

    def _make_command(self, name: str, number: Number) -> ProtocolCommand:
        command = self.registry.commands[name]
        params = self.wires.fields(command.params, name, '')
        values = {param for owner, param in self.venus.rules.value
                  if owner == name}
        request = plan.Plan()
        request.put('u32', 4, f'VN_COMMAND_{name}')
        request.put('u32', 4, 'command_flags')
        plan.encode_request(params, values, request)
        ret = self.wires.get(command.ret)
        if ret.kind not in ('void', 'scalar'):
            raise GeneratorError(f'{name} returns {command.ret}, which has '
                                 'no rule')
        for f in params:
            if plan.is_output(f):
                self._reach_output(f.wire)
            else:
                self._reach_input(f.wire)
        return ProtocolCommand(
            command=command, number=number,
            condition=self.venus.command_conditions[name],
            params=params, ret=ret, request=request,
            reply_size=plan.size_of_reply(ret, params),
            outputs=[f for f in params if plan.is_output(f)])

    def _check_known(self, wire: Wire) -> None:
        if self.venus.is_foreign(wire.name):
            raise GeneratorError(f'{wire.name} is used by the protocol and '
                                 'belongs to none of its extensions')

    def _reach_input(self, wire: Wire) -> None:
        if wire.kind not in ('struct', 'union') or wire.name in self._encoded:
            return
        self._check_known(wire)
        self._encoded.add(wire.name)
        self._reach_members(wire, self._reach_input)
        for extender in self.extenders(wire):
            if extender.name not in self._chained:
                self._chained.add(extender.name)
                self._reach_members(extender, self._reach_input)

    def _reach_output(self, wire: Wire) -> None:
        if wire.kind == 'union':
            raise GeneratorError(f'no rule to decode the union {wire.name}')
        if wire.kind != 'struct' or wire.name in self._outputs:
            return
        self._check_known(wire)
        self._outputs.add(wire.name)
        self._reach_members(wire, self._reach_output)
        for extender in self.extenders(wire):
            if extender.name not in self._chained_outputs:
                self._chained_outputs.add(extender.name)
                self._reach_members(extender, self._reach_output)

    @staticmethod
    def _reach_members(wire: Wire, reach) -> None:
        for f in wire.fields:
            if f.shape not in ('chain', 'null') and f.name != 'sType':
                reach(f.wire)
