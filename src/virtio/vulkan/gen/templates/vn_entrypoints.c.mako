${banner(protocol, 'Entry points that only pass a command on. See vn_entrypoints.h.', 'src/virtio/vulkan/gen/generate_driver.py')}

#include "vn_entrypoints.h"

#include "vn_calls.h"
#include "vn_chain.h"
#include "vn_command_buffer.h"
#include "vn_object.h"

#define WEAK __attribute__((weak))

% for function in entrypoints.functions:
% if function.kind:
${definition(f'WEAK VKAPI_ATTR {function.command.ret} VKAPI_CALL', function.name, [p.decl for p in function.command.params])}
{
${statements(function)}\
}

% endif
% endfor
<%def name="statements(function)">\
<% args = [p.name for p in function.command.params] %>\
% if function.kind == 'record':
${record(function, args)}\
% elif function.kind == 'create':
${create(function, args)}\
% elif function.kind == 'destroy':
${destroy(function, args)}\
% elif function.kind == 'async':
${call(f'vn_async_{function.command.name}(', [f'vn_ring_of({function.dispatch})'] + args, 3)}
% elif function.command.ret == 'VkResult':
   return vn_result(
${call(f'vn_call_{function.command.name}(', [f'vn_ring_of({function.dispatch})'] + args, 6)[:-1]});
% elif function.command.ret != 'void':
   return
${call(f'vn_call_{function.command.name}(', [f'vn_ring_of({function.dispatch})'] + args, 6)}
% else:
${query(function, args)}\
% endif
</%def>

<%def name="record(function, args)">\
<% strided = [p for p in function.command.params if p.stride] %>\
   struct vn_encoder *enc = vn_command_buffer_encoder(${function.dispatch});
% for p in strided:
<% count = p.lens[0] %>\
   ${p.type} *packed = NULL;
   if (${p.name} && ${count} && ${p.stride} != sizeof(*packed)) {
      /* only the elements travel, not what lies between them */
      packed = calloc(${count}, sizeof(*packed));
      if (!packed) {
         enc->failed = true;
         return;
      }
      for (uint32_t i = 0; i < ${count}; i++)
         memcpy(&packed[i], (const char *)${p.name} + (size_t)i * ${p.stride},
                sizeof(*packed));
      ${p.name} = packed;
      ${p.stride} = sizeof(*packed);
   }
% endfor
${call(f'vn_encode_{function.command.name}(', ['enc', '0'] + args, 3)}
% if strided:
   free(packed);
% endif
</%def>

<%def name="create(function, args)">\
<%
handle = function.protocol.outputs[0]
kind = handle.wire.type
name = function.command.name
ring = [f'vn_ring_of({function.dispatch})']
%>\
   struct vn_object_base *object = vn_object_create(
      device, pAllocator, ${kind.object_type});
   if (!object)
      return vn_result(VK_ERROR_OUT_OF_HOST_MEMORY);
   *${handle.name} = (${handle.wire.name})(uintptr_t)object;

   VkResult result;
% if entrypoints.waits(function):
   result =
${call(f'vn_call_{name}(', ring + args, 6)}
% else:
   if (vn_perf_flags() & VN_PERF_NO_ASYNC_CREATE) {
      result =
${call(f'vn_call_{name}(', ring + args, 9)}
   } else {
      result =
${call(f'vn_async_{name}(', ring + args, 9)}
   }
% endif
   if (result >= VK_SUCCESS && *${handle.name} == VK_NULL_HANDLE)
      result = VK_ERROR_UNKNOWN; /* or so the renderer says */
   if (result < VK_SUCCESS) {
      vn_object_destroy(device, pAllocator, object);
      *${handle.name} = VK_NULL_HANDLE;
   }
   return vn_result(result);
</%def>

<%def name="destroy(function, args)">\
<% device, handle, allocator = args %>\
   if (!${handle})
      return;
${call(f'vn_async_{function.command.name}(', [f'vn_ring_of({device})'] + args, 3)}
   vn_object_destroy(${device}, ${allocator}, (void *)(uintptr_t)${handle});
</%def>

<%def name="query(function, args)">\
   const VkResult result =
${call(f'vn_call_{function.command.name}(', [f'vn_ring_of({function.dispatch})'] + args, 6)}
   if (result != VK_SUCCESS) {
      vn_result(result);
% for f in [f for f in function.protocol.outputs if f.shape == 'pointer']:
% if f.wire.stype:
      memset((char *)${f.name} + sizeof(VkBaseOutStructure), 0,
             sizeof(*${f.name}) - sizeof(VkBaseOutStructure));
      vn_chain_clear_outputs(vn_caps_of(${function.dispatch}), ${f.name}->pNext);
% elif f.wire.kind == 'struct':
      memset(${f.name}, 0, sizeof(*${f.name}));
% else:
      *${f.name} = 0;
% endif
% endfor
   }
</%def>
