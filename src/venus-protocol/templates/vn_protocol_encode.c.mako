<%namespace name="steps" file="steps.mako"/>\
<% chained = {w.name for w in protocol.chained} %>\
${banner(protocol, 'Input structs.')}

#include "vn_protocol_private.h"
#include "vn_protocol_structs.h"

% for wire in protocol.chained:
<% body = plan.encode(wire.fields, plan.Plan()) %>\
% if not body.is_empty:
${definition('void', f'vn_encode_{wire.name}_members', ['struct vn_encoder *enc', 'const void *ptr'])}
{
   const ${wire.name} *val = ptr;
${steps.encode_steps(body)}\
}

% endif
% endfor
% for wire in protocol.encoded:
<%
params = ['struct vn_encoder *enc', f'const {wire.name} *val']
if wire.kind == 'union' and not wire.is_flat:
    params.append('uint32_t tag')
%>\
% if wire.kind == 'union' and not wire.is_flat:
${union_members(wire)}\
% endif
${definition('void', f'vn_encode_{wire.name}', params)}
{
% if wire.is_flat:
   uint8_t *p = vn_encoder_take(enc, ${wire.size});
   if (p)
      vn_store_${wire.name}(p, val);
% elif wire.kind == 'union':
${encode_union(wire)}\
% elif not wire.stype:
${steps.encode_steps(plan.encode(wire.fields, plan.Plan()))}\
% elif not protocol.extenders(wire):
<%
body = plan.Plan()
body.put('u32', 4, wire.stype)
body.put('u64', 8, '0')
%>\
${steps.encode_steps(plan.encode(wire.fields, body))}\
% else:
${steps.encode_steps(plan.encode(wire.fields, plan.Plan(wire)))}\
% endif
}

% endfor
<%def name="encode_union(wire)">\
   vn_encode_u32(enc, tag);
   switch (tag) {
% for f in wire.fields:
% for value in f.member.selection:
   case ${value}:
% endfor
      encode_${wire.name}_${f.name}(enc, val);
      return;
% endfor
   }
   enc->failed = true;
</%def>

<%def name="union_members(wire)">\
% for f in wire.fields:
<% body = plan.Plan(); plan.encode_field(f, body) %>\
${definition('static void', f'encode_{wire.name}_{f.name}', ['struct vn_encoder *enc', f'const {wire.name} *val'])}
{
${steps.encode_steps(body)}\
}

% endfor
</%def>
