${banner(protocol, 'Sizes of the structs that can be chained.', 'src/virtio/vulkan/gen/generate_driver.py')}

#ifndef VN_STRUCT_SIZE_H
#define VN_STRUCT_SIZE_H

#include <stddef.h>
#include <vulkan/vulkan_core.h>

/*
 * sizeof the struct that has this sType, 0 if the registry does not know it,
 * if it belongs to a window system, or if it extends nothing.
 */
size_t vn_struct_size(VkStructureType type);

#endif /* VN_STRUCT_SIZE_H */
