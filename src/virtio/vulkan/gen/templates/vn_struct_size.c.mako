${banner(protocol, 'See vn_struct_size.h.', 'src/virtio/vulkan/gen/generate_driver.py')}

#include "vn_struct_size.h"

#include <stdint.h>

#include "vn_protocol_mesa.h"

struct vn_size_entry {
   uint32_t type;
   uint32_t size;
};

/* sorted by type */
static const struct vn_size_entry sizes[] = {
% for s in chain_structs:
   { ${s.type.stype},
     sizeof(${s.name}) },
% endfor
};

size_t
vn_struct_size(VkStructureType type)
{
   size_t low = 0;
   size_t high = sizeof(sizes) / sizeof(sizes[0]);
   while (low < high) {
      const size_t middle = (low + high) / 2;
      if (sizes[middle].type == (uint32_t)type)
         return sizes[middle].size;
      if (sizes[middle].type < (uint32_t)type)
         low = middle + 1;
      else
         high = middle;
   }
   return 0;
}
