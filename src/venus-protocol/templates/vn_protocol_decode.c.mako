<%namespace name="steps" file="steps.mako"/>\
${banner(protocol, 'Output structs.')}

#include "vn_protocol_private.h"
#include "vn_protocol_structs.h"

% for wire in protocol.chained_outputs:
<%
partial = plan.encode_partial(wire.fields, plan.Plan())
body = plan.decode(wire.fields, plan.Plan())
size = plan.size_of_fields(wire.fields)
%>\
% if not partial.is_empty:
${definition('void', f'vn_encode_{wire.name}_partial_members', ['struct vn_encoder *enc', 'const void *ptr'])}
{
   const ${wire.name} *val = ptr;
${steps.encode_steps(partial)}\
}

% endif
${definition('void', f'vn_decode_{wire.name}_members', ['struct vn_decoder *dec', 'void *ptr'])}
{
   ${wire.name} *val = ptr;
${steps.decode_steps(body)}\
}

% if size.parts:
${definition('size_t', f'vn_sizeof_{wire.name}_members', ['const void *ptr'])}
{
   const ${wire.name} *val = ptr;
   size_t total = ${size.constant};
${steps.size_parts(size)}\
   return total;
}

% endif
% endfor
% for wire in protocol.outputs:
<%
params = ['struct vn_encoder *enc', f'const {wire.name} *val']
has_chain = bool(protocol.extenders(wire))
%>\
% if not plan.partial_is_empty(wire):
${definition('void', f'vn_encode_{wire.name}_partial', params)}
{
<%
if wire.stype and has_chain:
    body = plan.Plan(wire)
else:
    body = plan.Plan()
    if wire.stype:
        body.put('u32', 4, wire.stype)
        body.put('u64', 8, '0')
%>\
${steps.encode_steps(plan.encode_partial(wire.fields, body), 'VN_FORM_PARTIAL')}\
}

% endif
${definition('void', f'vn_decode_{wire.name}', ['struct vn_decoder *dec', f'{wire.name} *val'])}
{
% if wire.stype:
${call('vn_decode_head(', ['dec', wire.stype, 'val->pNext' if has_chain else 'NULL', chain_ref(wire) if has_chain else 'NULL'], 3)}
% endif
${steps.decode_steps(plan.decode(wire.fields, plan.Plan()))}\
}

<%
size = plan.size_of_fields(wire.fields)
constant = size.constant + (12 if wire.stype and not has_chain else 0)
%>\
${definition('size_t', f'vn_sizeof_{wire.name}', [f'const {wire.name} *val'])}
{
% if has_chain:
   size_t total =
${call('vn_sizeof_head(', ['val->pNext', chain_ref(wire)], 6)}
   total += ${constant};
${steps.size_parts(size)}\
   return total;
% elif size.parts:
   size_t total = ${constant};
${steps.size_parts(size)}\
   return total;
% else:
   return ${constant};
% endif
}

% endfor
