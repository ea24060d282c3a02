${banner(protocol, 'Commands on a ring. vn_async_X sends a command and does not wait; vn_call_X\n * waits for the answer.\n *\n * VK_ERROR_OUT_OF_HOST_MEMORY: it was not sent. VK_ERROR_DEVICE_LOST: nobody\n * will answer. A command that has no VkResult of its own gives VK_SUCCESS or\n * one of these; one that returns a value gives 0 instead. Without success the\n * outputs are undefined, but the counts of a malformed answer are 0.\n *\n * There is no vn_async_X for what only asks, nothing for commands that are\n * recorded, and nothing for commands that a renderer does not survive.', 'src/virtio/vulkan/gen/generate_driver.py')}

#ifndef VN_CALLS_H
#define VN_CALLS_H

#include "vn_protocol.h"
#include "vn_ring.h"

% for command in entrypoints.calls():
% if entrypoints.has_async(command):
${prototype('VkResult', f'vn_async_{command.name}', ['struct vn_ring *ring'] + command_params(command))}
% endif
${prototype(entrypoints.call_type(command), f'vn_call_{command.name}', ['struct vn_ring *ring'] + command_params(command))}

% endfor
/* Names of other registries. */
% for command in entrypoints.calls():
% for alias in protocol.venus.other_names(command.name):
% if entrypoints.has_async(command):
#define vn_async_${alias} vn_async_${command.name}
% endif
#define vn_call_${alias} vn_call_${command.name}
% endfor
% endfor

#endif /* VN_CALLS_H */
