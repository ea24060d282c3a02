${banner(protocol, 'See vn_formats.h.', 'src/virtio/vulkan/gen/generate_driver.py')}

#include "vn_formats.h"

struct layout {
   uint8_t size;
   uint8_t width;
   uint8_t height;
   uint8_t depth_size;
   uint8_t stencil_size;
   uint8_t plane_sizes[3];
};

static struct layout
layout_of(VkFormat format)
{
   switch ((int)format) {
% for f in formats:
   case ${f.name}:
      return (struct layout){ ${f.block}, ${f.width}, ${f.height}, ${f.depth}, ${f.stencil}, { ${', '.join(map(str, f.planes or [0]))} } };
% endfor
   default:
      return (struct layout){ 0 };
   }
}

struct vn_format_block
vn_format_block(VkFormat format, VkImageAspectFlagBits aspect)
{
   const struct layout layout = layout_of(format);
   struct vn_format_block block = {
      .width = layout.width,
      .height = layout.height,
   };

   switch ((int)aspect) {
   case VK_IMAGE_ASPECT_COLOR_BIT:
      block.size = layout.depth_size || layout.stencil_size ? 0 : layout.size;
      break;
   case VK_IMAGE_ASPECT_DEPTH_BIT:
      block.size = layout.depth_size;
      break;
   case VK_IMAGE_ASPECT_STENCIL_BIT:
      block.size = layout.stencil_size;
      break;
   case VK_IMAGE_ASPECT_PLANE_0_BIT:
   case VK_IMAGE_ASPECT_PLANE_1_BIT:
   case VK_IMAGE_ASPECT_PLANE_2_BIT:
      block.size = layout.plane_sizes[aspect == VK_IMAGE_ASPECT_PLANE_1_BIT ? 1
                                      : aspect == VK_IMAGE_ASPECT_PLANE_2_BIT ? 2
                                                                              : 0];
      break;
   default:
      break;
   }
   return block;
}
