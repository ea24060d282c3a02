${banner(protocol, 'The entry points of the driver, and the way to them from their names.\n *\n * vn_entrypoints.c passes commands on that need nothing but that; its\n * functions are weak, so that a function of the same name anywhere else in\n * the driver takes their place.\n *\n * Functions with types of a window system are declared for those who have\n * included vn_platforms.h before.', 'src/virtio/vulkan/gen/generate_driver.py')}

#ifndef VN_ENTRYPOINTS_H
#define VN_ENTRYPOINTS_H

#include "vn_extensions.h"

/*
 * What vkGetInstanceProcAddr gives. enabled holds the instance extensions;
 * NULL without an instance.
 */
PFN_vkVoidFunction
vn_entrypoint_for_instance(const struct vn_ext_set *enabled,
                           const char *name);

/*
 * What vkGetDeviceProcAddr gives for a device with these extensions, in a
 * program of this API version.
 */
PFN_vkVoidFunction
vn_entrypoint_for_device(const struct vn_ext_set *enabled,
                         uint32_t api_version,
                         const char *name);

/* What vk_icdGetPhysicalDeviceProcAddr gives. */
PFN_vkVoidFunction vn_entrypoint_for_physical_device(const char *name);

/* Names of other registries. */
% for other, own in entrypoints.aliases():
#define ${other} ${own}
% endfor

% for function in entrypoints.functions:
% if function.protect:
#ifdef ${function.protect}
% endif
${prototype(f'VKAPI_ATTR {function.command.ret} VKAPI_CALL', function.name, [p.decl for p in function.command.params])}
% if function.protect:
#endif
% endif
% endfor

#endif /* VN_ENTRYPOINTS_H */
