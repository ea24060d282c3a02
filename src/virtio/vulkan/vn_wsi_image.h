/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The Vulkan side of a swapchain's images: objects that the driver makes
 * with its own entry points. vn_wsi_image.c makes the images and what the
 * roads have in common, vn_wsi_image_direct.c and vn_wsi_image_copy.c give
 * their pixels to the other side, vn_wsi_command.c has what the GPU does at
 * each present.
 */

#ifndef VN_WSI_IMAGE_H
#define VN_WSI_IMAGE_H

#include "vn_queue.h"
#include "vn_wsi.h"
#include "vn_wsi_damage.h"
#include "vn_wsi_road.h"

struct vn_wsi_image_vk {
   VkImage image;
   VkDeviceMemory memory;
   VkBuffer buffer; /* copy road: the linear copy */
   VkDeviceMemory buffer_memory;

   /* the rest is externally synchronised with vkQueuePresentKHR */
   struct vn_queue_point point; /* what the last present submitted */
   /* where the buffer differs from what was presented last */
   struct vn_wsi_damage stale;
};

/* Command buffers for one queue family, by image; the pool has them. */
struct vn_wsi_family_commands {
   uint32_t family_index;
   VkCommandPool pool;
   VkCommandBuffer *buffers; /* malloc'ed: for all of an image ... */
   VkCommandBuffer *partial; /* ... in the same block: for a part of it */
   bool has_partial;         /* the family can copy any rectangle */
};

/* What the images of a swapchain have in common. */
struct vn_wsi_image_set {
   VkImageCreateInfo info; /* with the structs below chained to it */
   VkImageFormatListCreateInfo format_list;
   VkExternalMemoryImageCreateInfo external;
   VkImageDrmFormatModifierListCreateInfoEXT modifier_list;
   uint64_t modifier;    /* the one in the list */
   VkFormat *formats;    /* of the list; owned */
   uint32_t *families;   /* of the info; owned */
   uint32_t plane_count; /* of memory, direct road */

   /* externally synchronised with vkQueuePresentKHR */
   uint32_t family_count;
   struct vn_wsi_family_commands *commands; /* owned */
};

/*
 * Fills swapchain->image_set with what the application asks for; no object
 * is made. To be finished also on failure.
 */
VkResult vn_wsi_image_set_init(struct vn_swapchain *swapchain,
                               const VkSwapchainCreateInfoKHR *info);
/* After all images are finished. NULL in the swapchain is legal. */
void vn_wsi_image_set_finish(struct vn_swapchain *swapchain);

/*
 * Makes image->vk and image->pixels of all images, on swapchain->road, and
 * chooses the modifier. VK_SUCCESS with a reason in *why: this road does not
 * work here. What was made stays to be finished either way.
 */
VkResult vn_wsi_images_init(struct vn_swapchain *swapchain,
                            const struct vn_wsi_road_plan *plan,
                            const char **why);
/* The GPU must be done with it. */
void vn_wsi_image_finish(struct vn_swapchain *swapchain,
                         struct vn_wsi_image *image);

/* ---- vn_wsi_image_direct.c, vn_wsi_image_copy.c -------------------------- */

/* As vn_wsi_images_init, for the pixels of one image. */
VkResult vn_wsi_image_direct_init(struct vn_swapchain *swapchain,
                                  struct vn_wsi_image *image,
                                  const char **why);
VkResult vn_wsi_image_copy_init(struct vn_swapchain *swapchain,
                                struct vn_wsi_image *image,
                                const char **why);

/* What to allocate for an image or a buffer. */
struct vn_wsi_allocation {
   VkMemoryRequirements2 requirements; /* dedicated chained to it */
   VkMemoryDedicatedRequirements dedicated;
   VkImage image; /* one of these */
   VkBuffer buffer;
   VkMemoryPropertyFlags needed;
   VkMemoryPropertyFlags preferred; /* as many as can be had */
   bool exported;
};

void vn_wsi_allocation_init(struct vn_wsi_allocation *allocation);
/* VK_ERROR_OUT_OF_DEVICE_MEMORY also if no type of memory will do. */
VkResult vn_wsi_allocate(struct vn_device *device,
                         const struct vn_wsi_allocation *allocation,
                         VkDeviceMemory *memory_out);

/* ---- vn_wsi_command.c ---------------------------------------------------- */

/* Whether queues of a family can do what a present has to do. */
bool vn_wsi_family_can_copy(struct vn_physical_device *physical,
                            uint32_t family_index);

/*
 * What the GPU has to do before the frame is shown, for a queue of this
 * family; VK_NULL_HANDLE: nothing. To be submitted once.
 */
VkResult vn_wsi_present_commands(struct vn_swapchain *swapchain,
                                 const struct vn_wsi_frame *frame,
                                 uint32_t family_index,
                                 VkCommandBuffer *buffer_out);
/* They have been: notes what the buffers have now. */
void vn_wsi_present_submitted(struct vn_swapchain *swapchain,
                              const struct vn_wsi_frame *frame,
                              const struct vn_queue_point *point);
void vn_wsi_commands_finish(struct vn_swapchain *swapchain);

#endif /* VN_WSI_IMAGE_H */
