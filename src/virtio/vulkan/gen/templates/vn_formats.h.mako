${banner(protocol, 'How texels lie in memory outside of an image.', 'src/virtio/vulkan/gen/generate_driver.py')}

#ifndef VN_FORMATS_H
#define VN_FORMATS_H

#include <stdint.h>
#include <vulkan/vulkan_core.h>

/* Of one aspect: bytes of a block, and its extent in texels. */
struct vn_format_block {
   uint32_t size;
   uint32_t width;
   uint32_t height;
};

/*
 * What a copy between an image of the format and memory counts in; aspect is
 * a single bit. The size is 0 if there is no such format or aspect.
 */
struct vn_format_block
vn_format_block(VkFormat format, VkImageAspectFlagBits aspect);

#endif /* VN_FORMATS_H */
