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

static bool
has(const struct vn_ext_set *exts, int ext)
{
   return vn_ext_set_has(exts, ext);
}

% for head, function, mask, param in (('VkPhysicalDeviceFeatures2', 'vn_zero_feature_structs', 'vn_mask_feature_structs', 'features'), ('VkPhysicalDeviceProperties2', 'vn_zero_property_structs', 'vn_mask_property_structs', 'properties')):
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

static bool
offers_${param}(VkStructureType type,
${' ' * len('offers_' + param)} const struct vn_ext_set *exts,
${' ' * len('offers_' + param)} uint32_t api_version)
{
   switch ((uint32_t)type) {
% for s in found:
<%
origin = structs.origin(protocol, offers, s)
terms = [f'has(exts, VN_DEVICE_EXT_{o.short})' for o in origin.device]
if origin.core:
   terms.insert(0, f'api_version >= VK_MAKE_API_VERSION(0, {origin.core[0]}, {origin.core[1]}, 0)')
%>\
% if s.on_wire and not (origin.core and origin.core <= (1, 1)):
   case ${s.type.stype}:
% if terms:
      return ${(' ||' + chr(10) + ' ' * 13).join(terms)};
% else:
      return false;
% endif
% endif
% endfor
   default:
      return true;
   }
}

void
${mask}(${head} *${param},
${' ' * len(mask)} const struct vn_ext_set *exts,
${' ' * len(mask)} uint32_t api_version)
{
   for (VkBaseOutStructure *s = ${param}->pNext; s; s = s->pNext) {
      if (offers_${param}(s->sType, exts, api_version))
         continue;
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
% for m in s.answers:
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
