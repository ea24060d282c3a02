# Copyright 2026 The venus-dmabuf authors
# SPDX-License-Identifier: MIT
"""Whole messages, worked out by hand from the protocol's description.

Bytes are hex dwords as they lie in memory; `xN` repeats the dword before it
to N in all. What stands behind '#' is for the reader.
"""

from collections import namedtuple

# args as the reference's trees; reply and results None: no reply.
# results hold output parameters after the call.
Example = namedtuple('Example',
                     'name command flags args request ret results reply')


def words(text):
    """Bytes of hex dwords."""
    data = b''
    for line in text.splitlines():
        for word in line.split('#')[0].split():
            if word.startswith('x'):
                data += data[-4:] * (int(word[1:]) - 1)
            else:
                data += bytes.fromhex(word)
    return data


APPLICATION = {'pNext': [], 'pApplicationName': b'app',
               'applicationVersion': 0, 'pEngineName': None,
               'engineVersion': 0, 'apiVersion': 0x403000}

INSTANCE = {'pNext': [], 'flags': 0, 'pApplicationInfo': APPLICATION,
            'enabledLayerCount': 0, 'ppEnabledLayerNames': None,
            'enabledExtensionCount': 0, 'ppEnabledExtensionNames': None}

RING = {'pNext': [('VkRingMonitorInfoMESA',
                   {'maxReportingPeriodMicroseconds': 3000000})],
        'flags': 0, 'resourceId': 4, 'offset': 0, 'size': 135168,
        'idleTimeout': 1000000, 'headOffset': 0, 'tailOffset': 64,
        'statusOffset': 128, 'bufferOffset': 192, 'bufferSize': 131072,
        'extraOffset': 131264, 'extraSize': 4}

EXAMPLES = [
    Example(
        'instance version', 'vkEnumerateInstanceVersion', 1,
        {'pApiVersion': 0},
        words('''
            89000000 01000000   # command 137, with a reply
            01000000 00000000   # pApiVersion
        '''),
        0, {'pApiVersion': 0x403000},
        words('''
            89000000 00000000   # VK_SUCCESS
            01000000 00000000 00304000
        ''')),
    Example(
        'instance', 'vkCreateInstance', 1,
        {'pCreateInfo': INSTANCE, 'pAllocator': None, 'pInstance': 1},
        words('''
            00000000 01000000
            01000000 00000000   # pCreateInfo
            01000000 00000000 00000000
            00000000            # flags
            01000000 00000000   # pApplicationInfo
            00000000 00000000 00000000
            04000000 00000000 61707000  # name with its NUL
            00000000
            00000000 00000000   # no engine name
            00000000 00304000
            00000000 00000000 00000000  # layers
            00000000 00000000 00000000  # extensions
            00000000 00000000   # pAllocator
            01000000 00000000 01000000 00000000  # the driver's id
        '''),
        0, {'pInstance': 1},
        words('00000000 00000000 01000000 00000000 01000000 00000000')),
    Example(
        'devices, first call', 'vkEnumeratePhysicalDevices', 1,
        {'instance': 1, 'pPhysicalDeviceCount': 0, 'pPhysicalDevices': None},
        words('''
            02000000 01000000
            01000000 00000000   # instance
            01000000 00000000 00000000  # the count goes to the renderer
            00000000 00000000
        '''),
        0, {'pPhysicalDeviceCount': 1, 'pPhysicalDevices': None},
        words('''
            02000000 00000000
            01000000 00000000 01000000  # one device
            00000000 00000000
        ''')),
    Example(
        'devices, second call', 'vkEnumeratePhysicalDevices', 1,
        {'instance': 1, 'pPhysicalDeviceCount': 1, 'pPhysicalDevices': [2]},
        words('''
            02000000 01000000
            01000000 00000000
            01000000 00000000 01000000
            01000000 00000000 02000000 00000000  # the driver's choice
        '''),
        0, {'pPhysicalDeviceCount': 1, 'pPhysicalDevices': [2]},
        words('''
            02000000 00000000
            01000000 00000000 01000000
            01000000 00000000 02000000 00000000
        ''')),
    Example(
        'memory import', 'vkAllocateMemory', 1,
        {'device': 3,
         'pAllocateInfo': {
             'pNext': [('VkImportMemoryResourceInfoMESA',
                        {'resourceId': 7})],
             'allocationSize': 65536, 'memoryTypeIndex': 0},
         'pAllocator': None, 'pMemory': 16},
        words('''
            15000000 01000000
            03000000 00000000
            01000000 00000000   # pAllocateInfo
            05000000
            01000000 00000000 02a6a03b  # one struct in the chain
            00000000 00000000   # and no more
            07000000            # resourceId
            00000100 00000000 00000000  # size, type
            00000000 00000000
            01000000 00000000 10000000 00000000
        '''),
        0, {'pMemory': 16},
        words('''
            15000000 00000000 01000000 00000000 10000000 00000000
        ''')),
    Example(
        'draw', 'vkCmdDraw', 0,
        {'commandBuffer': 32, 'vertexCount': 3, 'instanceCount': 1,
         'firstVertex': 0, 'firstInstance': 0},
        words('''
            6a000000 00000000 20000000 00000000
            03000000 01000000 00000000 00000000
        '''),
        None, None, None),
    Example(
        'reply stream', 'vkSetReplyCommandStreamMESA', 0,
        {'pStream': {'resourceId': 5, 'offset': 256, 'size': 64}},
        words('''
            b2000000 00000000 01000000 00000000
            05000000 00010000 00000000 40000000 00000000
        '''),
        None, None, None),
    Example(
        'ring', 'vkCreateRingMESA', 0,
        {'ring': 1, 'pCreateInfo': RING},
        words('''
            bc000000 00000000 01000000 00000000
            01000000 00000000 00a6a03b
            01000000 00000000 06a6a03b  # the monitor
            00000000 00000000
            c0c62d00            # 3 s
            00000000 04000000
            00000000 00000000 00100200 00000000
            40420f00 00000000   # 1 ms
            00000000 00000000 40000000 00000000
            80000000 00000000 c0000000 00000000
            00000200 00000000 c0000200 00000000
            04000000 00000000
        '''),
        None, None, None),
]

# vkGetPhysicalDeviceProperties2 with VkPhysicalDeviceMaintenance3Properties:
# the struct is too large to type out in full; these are its bytes up to the
# limits, and where the tail begins.
PROPERTIES2_REQUEST = words('''
    94000000 01000000 02000000 00000000
    01000000 00000000 79b09b3b
    01000000 00000000 405a9d3b
    00000000 00000000
''')
PROPERTIES2_REPLY_HEAD = words('''
    94000000
    01000000 00000000 79b09b3b
    01000000 00000000 405a9d3b
    00000000 00000000
    00040000 00000040 00000000  # Maintenance3: 1024 sets, 1 GiB
    00304000 2a000000 02100000 01000000 03000000
    00010000 00000000 6c617661 70697065  # "lavapipe"
    00000000 x62
    10000000 00000000 07070707 x4
''')
PROPERTIES2_LIMITS_AT = 0x164
PROPERTIES2_SPARSE_AT = 0x380
PROPERTIES2_REPLY_SIZE = 916
