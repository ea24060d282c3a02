## Copyright 2026 The venus-dmabuf authors
## SPDX-License-Identifier: MIT
##
## The three functions of a command.
<%namespace name="steps" file="steps.mako"/>

<%def name="functions(command)">\
${definition('void', f'vn_encode_{command.name}', encode_params(command))}
{
${count_locals(command)}\
${steps.encode_steps(command.request)}\
}

${definition('size_t', f'vn_sizeof_{command.name}_reply', command_params(command))}
{
% if command.reply_size.parts:
${count_locals(command)}\
   size_t total = ${command.reply_size.constant};
${steps.size_parts(command.reply_size)}\
   return total;
% else:
   return ${command.reply_size.constant};
% endif
}

${definition(command.command.ret, f'vn_decode_{command.name}_reply', decode_params(command))}
{
${decode_body(command)}\
}

</%def>

<%def name="count_locals(command)">\
% for f in command.counts:
${assign(f'const {f.wire.name} {count_local(f.name)}', f'{f.name} ? *{f.name} : 0')}
% endfor
</%def>

<%def name="decode_body(command)">\
<%
ret = command.command.ret
has_result = ret == 'VkResult'
result = 'ret' if has_result else 'VK_SUCCESS'
counted = {f.name: count_local(f.name) for f in command.counts}
roomless = [f for f in command.outputs
            if f.name not in counted and f.shape != 'pointer' and
            f.count in counted.values()]
%>\
% for f in command.counts:
${assign(f'const {f.wire.name} {counted[f.name]}_max', f'{f.name} ? *{f.name} : 0')}
% endfor
% if has_result:
   const VkResult ret =
      vn_decode_reply_result(dec, VN_COMMAND_${command.name});
% else:
   vn_decode_reply(dec, VN_COMMAND_${command.name});
% if ret != 'void':
   const ${ret} ret = vn_decode_${command.ret.store}(dec);
% endif
% endif
% for f in command.outputs:

% if f.name in counted:
   ${f.wire.name} ${counted[f.name]} = 0;
   if (vn_decode_pointer(dec, ${f.name}))
      ${counted[f.name]} = vn_decode_${f.wire.store}(dec);
% elif f.shape == 'pointer':
${decode_pointer(f, result)}\
% else:
${decode_array(f, result, counted)}\
% endif
% endfor

% for f in command.counts:
   if (${f.name})
      *${f.name} = dec->failed ? 0 : ${counted[f.name]};
% endfor
% if has_result:
   if (dec->failed)
      return VK_ERROR_DEVICE_LOST;
% if roomless:
   if (ret == VK_SUCCESS && (${' || '.join(f.name + '_no_room' for f in roomless)}))
      return VK_INCOMPLETE;
% endif
   return ret;
% elif ret != 'void':
   return dec->failed ? 0 : ret;
% endif
</%def>

<%def name="decode_pointer(f, result)">\
% if f.wire.kind == 'id':
   if (vn_decode_pointer(dec, ${f.name}) &&
       !vn_decode_id(dec, VN_HANDLE_TO_ID(*${f.name}), ${result}))
      *${f.name} = VK_NULL_HANDLE;
% else:
   if (vn_decode_pointer(dec, ${f.name}))
% if f.wire.kind == 'struct':
${call(f'vn_decode_{f.wire.name}(', ['dec', f.name], 6)}
% else:
      *${f.name} = vn_decode_${f.wire.store}(dec);
% endif
% endif
</%def>

<%def name="decode_array(f, result, counted)">\
<%
size = f.name + '_size'
limit = f.count + '_max' if f.count in counted.values() else f.count
%>\
% if f.count in counted.values():
   /* as no array at all it was taken for a question about the count */
   const bool ${f.name}_no_room = ${f.name} && !${limit} && ${f.count};
   if (${f.name}_no_room)
      ${f.count} = 0;
% endif
   const size_t ${size} =
${call('vn_decode_array(', ['dec', f.name, f.count, limit], 6)}
% if f.wire.kind == 'id':
   for (size_t i = 0; i < ${size}; i++) {
      if (!vn_decode_id(dec, VN_HANDLE_TO_ID(${f.name}[i]), ${result}))
         ${f.name}[i] = VK_NULL_HANDLE;
   }
% else:
${steps.decode_elements(f, f.name, size)}\
% endif
</%def>
