${banner(protocol, 'See vn_zero_structs.h.', 'src/virtio/vulkan/gen/generate_driver.py')}

#include "vn_zero_structs.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static void
zero_members(void *s, size_t size)
{
   memset((char *)s + sizeof(VkBaseOutStructure), 0,
          size - sizeof(VkBaseOutStructure));
}

% for head, function, param in (('VkPhysicalDeviceFeatures2', 'vn_zero_feature_structs', 'features'), ('VkPhysicalDeviceProperties2', 'vn_zero_property_structs', 'properties')):
<%
found = structs.extending(chain_structs, head)
plain = [s for s in found if not s.pointers]
%>\
static size_t
size_of_${param}(VkStructureType type)
{
   switch ((uint32_t)type) {
   case ${protocol.registry.types[head].stype}:
      return sizeof(${head});
% for s in plain:
   case ${s.type.stype}:
      return sizeof(${s.name});
% endfor
   }
   return 0;
}

void
${function}(${head} *${param})
{
   for (VkBaseOutStructure *s = (void *)${param}; s; s = s->pNext) {
      const size_t size = size_of_${param}(s->sType);
      if (size) {
         zero_members(s, size);
         continue;
      }
      switch ((uint32_t)s->sType) {
% for s in found:
% if s.pointers:
      case ${s.type.stype}: {
         ${s.name} *val = (void *)s;
% for m in s.cleared():
         memset(&val->${m.name}, 0, sizeof(val->${m.name}));
% endfor
         break;
      }
% endif
% endfor
      default:
         break;
      }
   }
}

% endfor
