<%
most = max(len(n.device) for n in entrypoints.names)
most_instance = max(len(n.instance) for n in entrypoints.names)
%>\
${banner(protocol, 'Names of entry points. See vn_entrypoints.h.', 'src/virtio/vulkan/gen/generate_driver.py')}

#include <string.h>

/* with the types of the window systems */
#include "vn_platforms.h"

#include "vn_entrypoints.h"

/* What a command is called on. */
enum vn_level {
   VN_LEVEL_GLOBAL,
   VN_LEVEL_INSTANCE,
   VN_LEVEL_PHYSICAL_DEVICE,
   VN_LEVEL_DEVICE,
};

struct vn_entrypoint {
   const char *name;
   PFN_vkVoidFunction function;
   enum vn_level level;
   uint32_t core; /* the version that it is part of, 0 if none */
   /* extensions that it is part of, one is enough */
   uint8_t device_ext_count;
   uint8_t instance_ext_count;
   uint16_t device_exts[${max(most, 1)}];
   uint16_t instance_exts[${max(most_instance, 1)}];
};

/* sorted by name */
static const struct vn_entrypoint table[] = {
% for n in entrypoints.names:
% if n.entrypoint.protect:
#ifdef ${n.entrypoint.protect}
% endif
   {
      .name = "${n.name}",
      .function = (PFN_vkVoidFunction)${n.entrypoint.name},
      .level = ${n.level},
% if n.core:
      .core = VK_MAKE_API_VERSION(0, ${n.core[0]}, ${n.core[1]}, 0),
% endif
% if n.device:
      .device_ext_count = ${len(n.device)},
      .device_exts = { ${', '.join('VN_DEVICE_EXT_' + o.short for o in n.device)} },
% endif
% if n.instance:
      .instance_ext_count = ${len(n.instance)},
      .instance_exts = { ${', '.join('VN_INSTANCE_EXT_' + o.short for o in n.instance)} },
% endif
   },
% if n.entrypoint.protect:
#endif
% endif
% endfor
};

static const struct vn_entrypoint *
find(const char *name)
{
   size_t low = 0;
   size_t high = sizeof(table) / sizeof(table[0]);
   while (low < high) {
      const size_t middle = (low + high) / 2;
      const int order = strcmp(name, table[middle].name);
      if (order == 0)
         return &table[middle];
      if (order > 0)
         low = middle + 1;
      else
         high = middle;
   }
   return NULL;
}

static bool
is_enabled(const struct vn_ext_set *enabled,
           const uint16_t *exts,
           uint8_t count)
{
   for (uint8_t i = 0; i < count; i++) {
      if (vn_ext_set_has(enabled, exts[i]))
         return true;
   }
   return false;
}

PFN_vkVoidFunction
vn_entrypoint_for_instance(const struct vn_ext_set *enabled, const char *name)
{
   const struct vn_entrypoint *entry = find(name);
   if (!entry)
      return NULL;

   if (entry->level == VN_LEVEL_GLOBAL || !strcmp(name, "vkGetInstanceProcAddr"))
      return entry->function;
   if (!enabled)
      return NULL;

   /* "available device extensions" count as well, enabled or not */
   if (entry->core || entry->device_ext_count ||
       is_enabled(enabled, entry->instance_exts, entry->instance_ext_count))
      return entry->function;
   return NULL;
}

PFN_vkVoidFunction
vn_entrypoint_for_device(const struct vn_ext_set *enabled,
                         uint32_t api_version,
                         const char *name)
{
   const struct vn_entrypoint *entry = find(name);
   if (!entry || entry->level != VN_LEVEL_DEVICE)
      return NULL;

   if ((entry->core && entry->core <= api_version) ||
       is_enabled(enabled, entry->device_exts, entry->device_ext_count))
      return entry->function;
   return NULL;
}

PFN_vkVoidFunction
vn_entrypoint_for_physical_device(const char *name)
{
   const struct vn_entrypoint *entry = find(name);
   return entry && entry->level == VN_LEVEL_PHYSICAL_DEVICE ? entry->function
                                                            : NULL;
}
