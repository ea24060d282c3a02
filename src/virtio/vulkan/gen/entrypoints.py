# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""The driver's entry points: which there are, under which names and
conditions they can be asked for, and what a generated one does.

A generated entry point is a weak symbol, so one written by hand wins. One
that is neither generated nor written is missing at link time.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import extensions
from gen import condition
from gen.protocol import Protocol, ProtocolCommand
from gen.registry import Command, Provider
from offers import Offer, Offers

# Commands that would be wrong if they were passed on as they are: the
# renderer looks at things in them that Vulkan says are ignored, they hold
# handles of memory, not all of which the renderer knows, or time that means
# something else on the host, or the driver knows the answer. The linker says
# if one of them is not written.
BY_HAND = set('''
vkAllocateMemory vkFreeMemory
vkBindBufferMemory vkBindBufferMemory2 vkBindImageMemory vkBindImageMemory2
vkGetDeviceMemoryCommitment vkGetDeviceMemoryOpaqueCaptureAddress
vkGetPhysicalDeviceProperties vkGetPhysicalDeviceProperties2
vkGetPhysicalDeviceFeatures2
vkGetPhysicalDeviceMemoryProperties vkGetPhysicalDeviceMemoryProperties2
vkGetPhysicalDeviceImageFormatProperties
vkGetPhysicalDeviceImageFormatProperties2
vkGetPhysicalDeviceExternalBufferProperties
vkGetPhysicalDeviceExternalFenceProperties
vkGetPhysicalDeviceExternalSemaphoreProperties
vkEnumerateDeviceExtensionProperties
vkEnumeratePhysicalDevices vkEnumeratePhysicalDeviceGroups
vkCreateDevice vkDestroyDevice vkDestroyInstance vkGetDeviceQueue2
vkQueueSubmit vkQueueSubmit2 vkQueueBindSparse
vkCreateFence vkDestroyFence vkResetFences vkGetFenceStatus vkWaitForFences
vkCreateSemaphore vkDestroySemaphore vkGetSemaphoreCounterValue
vkWaitSemaphores vkSignalSemaphore
vkCreateBuffer vkCreateImage
vkGetBufferMemoryRequirements vkGetBufferMemoryRequirements2
vkGetImageMemoryRequirements vkGetImageMemoryRequirements2
vkGetDeviceBufferMemoryRequirements vkGetDeviceImageMemoryRequirements
vkGetDeviceImageSparseMemoryRequirements
vkGetDeviceImageSubresourceLayout vkGetDeviceImageSubresourceLayoutKHR
vkCreateEvent vkDestroyEvent vkGetEventStatus vkSetEvent vkResetEvent
vkCmdSetEvent vkCmdSetEvent2 vkCmdResetEvent vkCmdResetEvent2
vkCmdWaitEvents vkCmdWaitEvents2
vkDestroyQueryPool vkResetQueryPool vkCmdResetQueryPool
vkCmdEndQuery vkCmdEndQueryIndexedEXT
vkCmdWriteTimestamp vkCmdWriteTimestamp2 vkCmdExecuteCommands
vkCmdWriteAccelerationStructuresPropertiesKHR
vkCreateFramebuffer
vkCreatePipelineCache vkGetPipelineCacheData
vkCreateQueryPool vkGetQueryPoolResults
vkCreateDescriptorSetLayout vkDestroyDescriptorSetLayout
vkCreatePipelineLayout vkDestroyPipelineLayout vkDestroyPipeline
vkCreateDescriptorPool vkDestroyDescriptorPool vkResetDescriptorPool
vkGetDescriptorSetLayoutSupport
vkAllocateDescriptorSets vkFreeDescriptorSets vkUpdateDescriptorSets
vkCmdPushDescriptorSet vkCmdPushDescriptorSetKHR
vkCmdPushDescriptorSet2 vkCmdPushDescriptorSet2KHR
vkCreateDescriptorUpdateTemplate vkDestroyDescriptorUpdateTemplate
vkCreateCommandPool vkDestroyCommandPool vkResetCommandPool
vkTrimCommandPool
vkAllocateCommandBuffers vkFreeCommandBuffers
vkBeginCommandBuffer vkEndCommandBuffer vkResetCommandBuffer
vkCmdBeginRendering vkCmdBeginRenderingKHR
vkCmdBuildAccelerationStructuresKHR
vkCmdBuildAccelerationStructuresIndirectKHR
vkGetAccelerationStructureBuildSizesKHR
vkCopyImageToMemoryEXT vkCopyMemoryToImageEXT
vkGetPhysicalDeviceCalibrateableTimeDomainsEXT
vkGetPhysicalDeviceCalibrateableTimeDomainsKHR
vkGetCalibratedTimestampsEXT vkGetCalibratedTimestampsKHR
'''.split())

# Creations that are generated and always wait for the renderer.
WAIT_FOR_RESULT: set[str] = set()

GLOBAL = 'VN_LEVEL_GLOBAL'
INSTANCE = 'VN_LEVEL_INSTANCE'
PHYSICAL_DEVICE = 'VN_LEVEL_PHYSICAL_DEVICE'
DEVICE = 'VN_LEVEL_DEVICE'


@dataclass
class Entrypoint:
    """A function. kind says what is generated:

    ''         nothing
    'record'   into a command buffer
    'create'   an object of its own
    'destroy'  it
    'async'    sent without waiting
    'call'     sent, the answer awaited
    """

    command: Command
    protocol: ProtocolCommand | None
    kind: str
    protect: str

    @property
    def name(self) -> str:
        return 'vn_' + self.command.name.removeprefix('vk')

    @property
    def dispatch(self) -> str:
        """The parameter that it is called on."""
        return self.command.params[0].name


@dataclass
class Name:
    """A name that an application may ask for. core is the version that it is
    part of, if any."""

    name: str
    entrypoint: Entrypoint
    level: str
    core: tuple[int, int] | None = None
    device: list[Offer] = field(default_factory=list)
    instance: list[Offer] = field(default_factory=list)


class Entrypoints:
    """`functions` in registry order, `names` sorted."""

    def __init__(self, protocol: Protocol, offers: Offers) -> None:
        self.protocol = protocol
        self.registry = protocol.registry
        self.offers = offers
        self._on_wire = {c.name: c for c in protocol.commands}
        self._functions: dict[str, Entrypoint] = {}
        self._names: dict[str, Name] = {}
        for provider in self._providers():
            for block in provider.blocks:
                when = condition.parse_depends(block.depends, self._leaf)
                if when == condition.FALSE:
                    continue
                for name in block.commands:
                    self._add(name, provider)
        order = list(self.registry.commands)
        self.functions = sorted(self._functions.values(),
                                key=lambda e: order.index(e.command.name))
        self.names = [self._names[name] for name in sorted(self._names)]

    def aliases(self) -> list[tuple[str, str]]:
        """(other, own) C names of functions, for code that uses names of
        other registries."""
        pairs = []
        for function in self.functions:
            own = function.command.name
            for other in self.protocol.venus.other_names(own):
                pairs.append(('vn_' + other.removeprefix('vk'),
                              function.name))
        return pairs

    def calls(self) -> list[ProtocolCommand]:
        """The commands that can be sent on a ring by themselves."""
        return [c for c in self.protocol.commands
                if not c.is_recorded and not c.number.renderer
                and not c.number.virtqueue_only]

    @staticmethod
    def has_async(command: ProtocolCommand) -> bool:
        """Sending it without waiting for an answer makes sense."""
        return (command.command.ret in ('void', 'VkResult') and
                not command.number.always_reply and
                all(f.wire.kind == 'id' for f in command.outputs))

    @staticmethod
    def call_type(command: ProtocolCommand) -> str:
        """What vn_call_X returns."""
        ret = command.command.ret
        return 'VkResult' if ret == 'void' else ret

    @staticmethod
    def waits(function: Entrypoint) -> bool:
        """A create that is not asynchronous."""
        return function.command.name in WAIT_FOR_RESULT

    def _providers(self) -> list[Provider]:
        core = [p for p in self.registry.providers.values()
                if p.version and p.version <= extensions.CORE]
        return core + [offer.provider for offer in
                       self.offers.device + self.offers.instance
                       if offer.kind != extensions.OMIT]

    def _leaf(self, name: str) -> tuple:
        provider = self.registry.providers.get(name)
        if '::' in name or name in self.offers.names:
            return condition.TRUE
        if provider and provider.version:
            return (condition.TRUE if provider.version <= extensions.CORE
                    else condition.FALSE)
        return condition.FALSE

    def _add(self, name: str, provider: Provider) -> None:
        own = self.registry.resolve_command(name)
        if own in self.protocol.venus.rules.unknown:
            return
        if own not in self._functions:
            command = self.registry.commands[own]
            on_wire = self._on_wire.get(own)
            self._functions[own] = Entrypoint(
                command, on_wire, self._kind(command, on_wire),
                provider.protect)
        function = self._functions[own]
        if not provider.protect:
            function.protect = ''
        row = self._names.setdefault(
            name, Name(name, function, self._level(function.command)))
        if provider.version:
            row.core = min(row.core or provider.version, provider.version)
        for offers, rows in ((self.offers.device, row.device),
                             (self.offers.instance, row.instance)):
            rows += [o for o in offers if o.provider is provider]

    @staticmethod
    def _level(command: Command) -> str:
        first = command.params[0].type
        if first == 'VkInstance':
            return INSTANCE
        if first == 'VkPhysicalDevice':
            return PHYSICAL_DEVICE
        if first in ('VkDevice', 'VkQueue', 'VkCommandBuffer'):
            return DEVICE
        return GLOBAL

    def _kind(self, command: Command,
              on_wire: ProtocolCommand | None) -> str:
        if (on_wire is None or on_wire.number.renderer or
                command.name in BY_HAND or
                self._level(command) in (GLOBAL, INSTANCE)):
            return ''
        if on_wire.is_recorded:
            return 'record'
        handles = [f for f in on_wire.outputs if f.wire.kind == 'id']
        has_allocator = any(p.type == 'VkAllocationCallbacks'
                            for p in command.params)
        if handles:
            simple = (len(on_wire.outputs) == 1 and has_allocator and
                      handles[0].shape == 'pointer' and
                      not handles[0].wire.type.dispatchable)
            return 'create' if simple else ''
        if has_allocator:
            return 'destroy' if len(command.params) == 3 else ''
        if command.ret == 'void' and not on_wire.outputs:
            return 'async'
        return 'call'
