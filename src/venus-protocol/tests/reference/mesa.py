# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""What the protocol adds to the registry: the MESA structs and commands.

Written in a short form of C declarations; `[x]` behind a name is the length
of the array that the pointer points to, `?` marks what may be NULL.
"""

import re

from .registry import Command, Field, Struct

STYPE_BASE = 1000384000

# name, sType offset or None, first spec version, extended struct, members
STRUCTS = (
    ('VkRingCreateInfoMESA', 0, 1, None,
     'VkFlags flags; uint32_t resourceId; size_t offset; size_t size;'
     'uint64_t idleTimeout; size_t headOffset; size_t tailOffset;'
     'size_t statusOffset; size_t bufferOffset; size_t bufferSize;'
     'size_t extraOffset; size_t extraSize'),
    ('VkMemoryResourcePropertiesMESA', 1, 1, None,
     'uint32_t memoryTypeBits'),
    ('VkImportMemoryResourceInfoMESA', 2, 1, 'VkMemoryAllocateInfo',
     'uint32_t resourceId'),
    ('VkMemoryResourceAllocationSizePropertiesMESA', 3, 1,
     'VkMemoryResourcePropertiesMESA', 'uint64_t allocationSize'),
    ('VkImportSemaphoreResourceInfoMESA', 4, 1, None,
     'VkSemaphore semaphore; uint32_t resourceId'),
    ('VkDeviceQueueTimelineInfoMESA', 5, 1, 'VkDeviceQueueInfo2',
     'uint32_t ringIdx'),
    ('VkRingMonitorInfoMESA', 6, 1, 'VkRingCreateInfoMESA',
     'uint32_t maxReportingPeriodMicroseconds'),
    ('VkRingPriorityInfoMESA', 7, 2, 'VkRingCreateInfoMESA',
     'int32_t priority'),
    ('VkCopyImageToMemoryInfoMESA', 8, 3, None,
     'VkFlags flags; VkImage srcImage; VkImageLayout srcImageLayout;'
     'uint32_t memoryRowLength; uint32_t memoryImageHeight;'
     'VkImageSubresourceLayers imageSubresource; VkOffset3D imageOffset;'
     'VkExtent3D imageExtent'),
    ('VkMemoryToImageCopyMESA', 9, 3, None,
     'size_t dataSize; const void* pData[dataSize];'
     'uint32_t memoryRowLength; uint32_t memoryImageHeight;'
     'VkImageSubresourceLayers imageSubresource; VkOffset3D imageOffset;'
     'VkExtent3D imageExtent'),
    ('VkCopyMemoryToImageInfoMESA', 10, 3, None,
     'VkFlags flags; VkImage dstImage; VkImageLayout dstImageLayout;'
     'uint32_t regionCount;'
     'const VkMemoryToImageCopyMESA* pRegions[regionCount]'),
    ('VkCommandStreamDescriptionMESA', None, 1, None,
     'uint32_t resourceId; size_t offset; size_t size'),
    ('VkCommandStreamDependencyMESA', None, 1, None,
     'uint32_t srcCommandStream; uint32_t dstCommandStream'),
)

COMMANDS = (
    ('void', 'vkSetReplyCommandStreamMESA',
     'const VkCommandStreamDescriptionMESA* pStream'),
    ('void', 'vkSeekReplyCommandStreamMESA', 'size_t position'),
    ('void', 'vkExecuteCommandStreamsMESA',
     'uint32_t streamCount;'
     'const VkCommandStreamDescriptionMESA* pStreams[streamCount];'
     'const size_t* pReplyPositions[streamCount]?;'
     'uint32_t dependencyCount;'
     'const VkCommandStreamDependencyMESA* pDependencies[dependencyCount];'
     'VkFlags flags'),
    ('void', 'vkCreateRingMESA',
     'uint64_t ring; const VkRingCreateInfoMESA* pCreateInfo'),
    ('void', 'vkDestroyRingMESA', 'uint64_t ring'),
    ('void', 'vkNotifyRingMESA',
     'uint64_t ring; uint32_t seqno; VkFlags flags'),
    ('void', 'vkWriteRingExtraMESA',
     'uint64_t ring; size_t offset; uint32_t value'),
    ('VkResult', 'vkGetMemoryResourcePropertiesMESA',
     'VkDevice device; uint32_t resourceId;'
     'VkMemoryResourcePropertiesMESA* pMemoryResourceProperties'),
    ('void', 'vkResetFenceResourceMESA', 'VkDevice device; VkFence fence'),
    ('void', 'vkWaitSemaphoreResourceMESA',
     'VkDevice device; VkSemaphore semaphore'),
    ('void', 'vkImportSemaphoreResourceMESA',
     'VkDevice device;'
     'const VkImportSemaphoreResourceInfoMESA* pImportSemaphoreResourceInfo'),
    ('void', 'vkSubmitVirtqueueSeqnoMESA', 'uint64_t ring; uint64_t seqno'),
    ('void', 'vkWaitVirtqueueSeqnoMESA', 'uint64_t seqno'),
    ('void', 'vkWaitRingSeqnoMESA', 'uint64_t ring; uint64_t seqno'),
    ('VkResult', 'vkCopyImageToMemoryMESA',
     'VkDevice device;'
     'const VkCopyImageToMemoryInfoMESA* pCopyImageToMemoryInfo;'
     'size_t dataSize; void* pData[dataSize]'),
    ('VkResult', 'vkCopyMemoryToImageMESA',
     'VkDevice device;'
     'const VkCopyMemoryToImageInfoMESA* pCopyMemoryToImageInfo'),
    ('VkResult', 'vkWriteSamplerDescriptorMESA',
     'VkDevice device; const VkSamplerCreateInfo* pSampler;'
     'size_t dataSize; void* pData[dataSize]'),
    ('VkResult', 'vkWriteResourceDescriptorMESA',
     'VkDevice device; const VkResourceDescriptorInfoEXT* pResource;'
     'size_t dataSize; void* pData[dataSize]'),
)

# Means nothing without the extension that defines this struct.
NEEDS = {
    'vkWriteSamplerDescriptorMESA': 'VkResourceDescriptorInfoEXT',
    'vkWriteResourceDescriptorMESA': 'VkResourceDescriptorInfoEXT',
}

# Commands newer than the first version of the protocol.
COMMAND_SPEC_VERSION = {
    'vkCopyImageToMemoryMESA': 3,
    'vkCopyMemoryToImageMESA': 3,
    'vkWriteSamplerDescriptorMESA': 4,
    'vkWriteResourceDescriptorMESA': 4,
}

SPEC_VERSION = {name: spec for name, _, spec, _, _ in STRUCTS}


def declarations(text):
    """The fields of a string of declarations."""
    fields = []
    for line in text.split(';'):
        match = re.fullmatch(
            r'\s*(const )?(\w+)(\*?) (\w+)(?:\[(\w+)\])?(\?)?', line)
        const, kind, star, name, length, optional = match.groups()
        fields.append(Field(name, kind, pointers=len(star),
                            const=bool(const),
                            lengths=(length,) if length else (),
                            optional=bool(optional)))
    return fields


def add_to(registry):
    """Adds structs and commands to a registry, as far as it has the types.

    Returns the names of the commands added.
    """
    for name, offset, _, extends, members in STRUCTS:
        fields = declarations(members)
        if offset is not None:
            enumerant = 'stype of ' + name
            fields = [Field('sType', 'VkStructureType', stype=enumerant),
                      Field('pNext', 'void', pointers=1, const=True,
                            optional=True)] + fields
            registry.constants[enumerant] = STYPE_BASE + offset
        registry.structs[name] = Struct(
            name, fields, extends=(extends,) if extends else ())
    added = []
    for ret, name, params in COMMANDS:
        params = declarations(params)
        if name not in NEEDS or NEEDS[name] in registry.structs:
            registry.commands[name] = Command(name, ret, params)
            added.append(name)
    return added
