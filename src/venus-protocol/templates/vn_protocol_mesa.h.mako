<% registry = protocol.registry %>\
${banner(protocol, 'The structs that only the Venus protocol has.')}

#ifndef VN_PROTOCOL_MESA_H
#define VN_PROTOCOL_MESA_H

#include <stddef.h>
#include <vulkan/vulkan_core.h>

% for kind in protocol.venus.mesa_types:
% if kind.stype:
#define ${kind.stype} \
   ((VkStructureType)${registry.constant(kind.stype)})
% endif
% endfor

% for kind in protocol.venus.mesa_types:
% if kind.name in protocol.venus.structs:
typedef struct ${kind.name} {
% for member in kind.members:
   ${member.decl};
% endfor
} ${kind.name};

% endif
% endfor
#endif /* VN_PROTOCOL_MESA_H */
