${banner(protocol, 'See vn_calls.h.', 'src/virtio/vulkan/gen/generate_driver.py')}

#include "vn_calls.h"

#include "vn_object.h"

static void
check_reply(struct vn_ring_cmd *cmd, const char *why)
{
   if (cmd->dec.failed)
      vn_ring_set_lost(cmd->ring, why);
}

% for command in entrypoints.calls():
<%
params = ['struct vn_ring *ring'] + command_params(command)
args = [f.name for f in command.params]
ret = entrypoints.call_type(command)
on_device = args[:1] and command.params[0].wire.name in ('VkDevice', 'VkQueue', 'VkCommandBuffer')
%>\
% if entrypoints.has_async(command):
${definition('VkResult', f'vn_async_{command.name}', params)}
{
   struct vn_ring_cmd cmd;
   vn_ring_cmd_init(&cmd, ring);
% if on_device:
   cmd.enc.caps = vn_caps_of(${args[0]});
% endif
${call(f'vn_encode_{command.name}(', ['&cmd.enc', '0'] + args, 3)}
   const VkResult result = vn_ring_cmd_submit(&cmd);
   vn_ring_cmd_finish(&cmd);
   return result;
}

% endif
${definition(ret, f'vn_call_{command.name}', params)}
{
   struct vn_ring_cmd cmd;
   vn_ring_cmd_init(&cmd, ring);
% if on_device:
   cmd.enc.caps = vn_caps_of(${args[0]});
% endif
${call(f'vn_encode_{command.name}(', ['&cmd.enc', 'VN_COMMAND_GENERATE_REPLY'] + args, 3)}
   const size_t size =
${call(f'vn_sizeof_{command.name}_reply(', args, 6)}
   VkResult result = vn_ring_cmd_call(&cmd, size);
% if ret != 'VkResult':
   ${ret} value = 0;
% endif
   if (result == VK_SUCCESS) {
% if command.command.ret == 'VkResult':
      result =
${call(f'vn_decode_{command.name}_reply(', ['&cmd.dec'] + args, 9)}
% elif ret != 'VkResult':
      value =
${call(f'vn_decode_{command.name}_reply(', ['&cmd.dec'] + args, 9)}
% else:
${call(f'vn_decode_{command.name}_reply(', ['&cmd.dec'] + args, 6)}
      if (cmd.dec.failed)
         result = VK_ERROR_DEVICE_LOST;
% endif
      check_reply(&cmd, "malformed reply to ${command.name}");
   }
   vn_ring_cmd_finish(&cmd);
% if ret != 'VkResult':
   return value;
% else:
   return result;
% endif
}

% endfor
