<%namespace name="steps" file="steps.mako"/>\
<%
flat = [w for w in protocol.encoded if w.is_flat]
loadable = [w for w in protocol.outputs if plan.is_loadable(w)]
%>\
${banner(protocol, 'What the generated files share among themselves: structs of fixed size as\n * plain stores and loads, and the chains.')}

#ifndef VN_PROTOCOL_PRIVATE_H
#define VN_PROTOCOL_PRIVATE_H

#include "vn_codec.h"
#include "vn_protocol_mesa.h"

/* What `caps` says about the renderer; venus.xml and vk.xml have the numbers. */
#define KNOWS_EXT(number) vn_protocol_caps_has_extension(caps, number)
#define KNOWS_CORE(major, minor) \
   (caps->vk_xml_version >= VK_MAKE_API_VERSION(0, major, minor, 0))
#define KNOWS_SPEC(version) (caps->venus_spec_version >= (version))

/* The most structs that any chain accepts. */
#define VN_CHAIN_MAX ${max([len(protocol.extenders(w)) for w in protocol.chain_heads], default=1)}

% for wire in protocol.chain_heads:
extern const struct vn_chain_rule vn_chain_${wire.name};
% endfor

/* All structs, whatever they extend. */
extern const struct vn_chain_rule vn_chain_all;

% for wire in protocol.chained:
<% p = plan.encode(wire.fields, plan.Plan()) %>\
% if not p.is_empty:
${prototype('void', f'vn_encode_{wire.name}_members', ['struct vn_encoder *enc', 'const void *ptr'])}
% endif
% endfor
% for wire in protocol.chained_outputs:
% if not plan.encode_partial(wire.fields, plan.Plan()).is_empty:
${prototype('void', f'vn_encode_{wire.name}_partial_members', ['struct vn_encoder *enc', 'const void *ptr'])}
% endif
${prototype('void', f'vn_decode_{wire.name}_members', ['struct vn_decoder *dec', 'void *ptr'])}
% if plan.size_of_fields(wire.fields).parts:
${prototype('size_t', f'vn_sizeof_{wire.name}_members', ['const void *ptr'])}
% endif
% endfor

% for wire in protocol.replaced:
<% value, by = wire.replace %>\
/* What a renderer is told. */
static inline ${wire.name}
vn_sent_${wire.name}(${wire.name} value)
{
   return value == ${value} ? ${by} : value;
}

% endfor
% for wire in flat:
/* ${wire.size} bytes */
% if wire.memory:
_Static_assert(sizeof(${wire.name}) == ${wire.size}, "as on the wire");

${definition('static inline void', f'vn_store_{wire.name}', ['uint8_t *p', f'const {wire.name} *val'])}
{
   memcpy(p, val, ${wire.size});
}

% elif wire.kind == 'union':
<%
body = plan.Plan()
body.put('u32', 4, str(wire.union_tag))
plan.encode_field(wire.union_member, body)
%>\
${definition('static inline void', f'vn_store_{wire.name}', ['uint8_t *p', f'const {wire.name} *val'])}
{
% for item in body.steps[0].items:
${steps.store(item)}\
% endfor
}

% else:
${definition('static inline void', f'vn_store_{wire.name}', ['uint8_t *p', f'const {wire.name} *val'])}
{
% for item in plan.encode(wire.fields, plan.Plan()).steps[0].items:
${steps.store(item)}\
% endfor
}

% endif
% endfor
% for wire in loadable:
${definition('static inline void', f'vn_load_{wire.name}', ['const uint8_t *p', f'{wire.name} *val'])}
{
% if wire.memory:
   _Static_assert(sizeof(*val) == ${wire.size}, "as on the wire");
   memcpy(val, p, ${wire.size});
% else:
% for item in plan.decode(wire.fields, plan.Plan()).steps[0].items:
${steps.load(item)}\
% endfor
% endif
}

% endfor
#endif /* VN_PROTOCOL_PRIVATE_H */
