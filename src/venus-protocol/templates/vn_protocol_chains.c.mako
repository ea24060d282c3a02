<%
conditions = {}
for wire in protocol.chain_structs:
    when = protocol.condition(wire)
    if when != condition.TRUE:
        conditions[condition.identifier(when)] = when
chained = {w.name for w in protocol.chained}
outputs = {w.name for w in protocol.chained_outputs}
def function(name, exists):
    return name if exists else 'NULL'
%>\
${banner(protocol, 'Which structs can be chained to which, and what a renderer must know for\n * it.')}

#include "vn_protocol_private.h"

% for name in sorted(conditions):
${comment(condition.words(conditions[name]))}
static bool
known_${name}(const struct vn_protocol_caps *caps)
{
   return ${condition.c_expression(conditions[name])};
}

% endfor
% for wire in protocol.chain_structs:
<%
when = protocol.condition(wire)
has_partial = wire.name in outputs and not plan.encode_partial(wire.fields, plan.Plan()).is_empty
size = plan.size_of_fields(wire.fields)
has_members = wire.name in chained and not plan.encode(wire.fields, plan.Plan()).is_empty
%>\
static const struct vn_chain_struct struct_${wire.name} = {
   .stype = ${wire.stype},
% if when != condition.TRUE:
   .known = known_${condition.identifier(when)},
% endif
% if has_members:
   .encode = vn_encode_${wire.name}_members,
% endif
% if has_partial:
   .encode_partial = vn_encode_${wire.name}_partial_members,
% endif
% if wire.name in outputs:
   .decode = vn_decode_${wire.name}_members,
% if size.parts:
   .sizeof_members = vn_sizeof_${wire.name}_members,
% else:
   .size = ${size.constant},
% endif
% endif
};

% endfor
% for head in protocol.chain_heads:
static const struct vn_chain_struct *const chain_${head.name}[] = {
% for wire in protocol.extenders(head):
   &struct_${wire.name},
% endfor
};

const struct vn_chain_rule vn_chain_${head.name} = {
   ${len(protocol.extenders(head))}, chain_${head.name}
};

% endfor
% if protocol.chain_structs:
static const struct vn_chain_struct *const all_structs[] = {
% for wire in protocol.chain_structs_by_stype:
   &struct_${wire.name},
% endfor
};

const struct vn_chain_rule vn_chain_all = {
   ${len(protocol.chain_structs)}, all_structs
};
% else:
const struct vn_chain_rule vn_chain_all;
% endif
