/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * test_tri: a triangle on the screen through GBM, KMS and Vulkan, and nothing
 * else. The pieces:
 *
 *   tri_kms.c       the screen: a mode, framebuffers, page flips
 *   tri_vulkan.c    the device that belongs to the screen's DRM node
 *   tri_draw.c      the triangle, into any image view
 *   tri_image.c     the images: imported, exported, mapped
 *   tri_zero.c      the roads without a copy
 *   tri_copy.c      the road with one
 *   tri_reference.c the same picture without a screen, to compare with
 *
 * Every init function prints what failed and returns false; every finish
 * function may be called on a struct that is zeroed or half built.
 */

#ifndef TRI_H
#define TRI_H

#include <stdbool.h>
#include <stdint.h>
#include <vulkan/vulkan.h>
#include <xf86drmMode.h>

/* XRGB8888, the one format of virtio-gpu's primary plane */
#define TRI_FORMAT      VK_FORMAT_B8G8R8A8_UNORM
#define TRI_PIXEL_BYTES 4
#define TRI_BUFFERS     2

/* Prints "what: VkResult n" unless the result is VK_SUCCESS. */
bool tri_ok(VkResult result, const char *what);
/* Prints "what: error" with errno. Returns false. */
bool tri_errno(const char *what);

/* --- tri_kms.c ----------------------------------------------------------- */

struct tri_kms {
   int fd; /* owned */
   uint32_t connector_id;
   uint32_t crtc_id;
   drmModeModeInfo mode;
   uint32_t width;
   uint32_t height;
   drmModeCrtc *before; /* owned: what is put back at the end */
   bool changed;        /* the mode has been set by us */
   uint32_t shown_fb;   /* on the screen now; 0: nothing of ours */
   bool flip_pending;
};

/* path: a primary node, or NULL for the first with a connected screen. */
bool tri_kms_init(struct tri_kms *kms, const char *path);
/* The framebuffers have not been removed yet. */
void tri_kms_finish(struct tri_kms *kms);

/* What is to be shown: the plane of a GEM handle of kms->fd. */
struct tri_fb_info {
   uint32_t handle;
   uint32_t stride_B;
   uint32_t offset_B;
   bool has_modifier;
   uint64_t modifier;
};

bool tri_kms_add_fb(struct tri_kms *kms,
                    const struct tri_fb_info *info,
                    uint32_t *fb_out);
void tri_kms_remove_fb(struct tri_kms *kms, uint32_t fb);

/*
 * Brings fb to the screen and returns when it is there: the first time by
 * setting the mode, then by page flips. The buffer before it is then free.
 */
bool tri_kms_show(struct tri_kms *kms, uint32_t fb);

/* --- tri_vulkan.c --------------------------------------------------------- */

struct tri_vulkan {
   VkInstance instance;
   VkPhysicalDevice pdev;
   VkPhysicalDeviceProperties props;
   VkPhysicalDeviceMemoryProperties memory;
   VkDevice device;
   VkQueue queue;
   uint32_t queue_family;
   VkCommandPool pool;
   bool can_share; /* the extensions below are there, and enabled */
   PFN_vkGetMemoryFdKHR GetMemoryFdKHR;
   PFN_vkGetMemoryFdPropertiesKHR GetMemoryFdPropertiesKHR;
};

/* drm_fd: the screen's node, or -1 for the first device there is. */
bool tri_vulkan_init(struct tri_vulkan *vk, int drm_fd);
void tri_vulkan_finish(struct tri_vulkan *vk);

/* UINT32_MAX if there is none. */
uint32_t tri_vulkan_memory_type(const struct tri_vulkan *vk,
                                uint32_t allowed,
                                VkMemoryPropertyFlags flags);

/* --- tri_image.c ---------------------------------------------------------- */

struct tri_image {
   struct tri_vulkan *vk; /* lent by the caller of init */
   uint32_t width;
   uint32_t height;
   VkImage image;
   VkDeviceMemory memory;
   VkSubresourceLayout layout; /* bytes */
   const uint8_t *map;         /* of a mapped image, from offset 0 on */
};

/* Over the DMA-BUF of somebody else; it stays the caller's. */
bool tri_image_init_import(struct tri_image *image,
                           struct tri_vulkan *vk,
                           uint32_t width,
                           uint32_t height,
                           int fd,
                           const struct tri_fb_info *plane);
/* LINEAR, to be given away; *fd_out is the caller's. */
bool tri_image_init_export(struct tri_image *image,
                           struct tri_vulkan *vk,
                           uint32_t width,
                           uint32_t height,
                           int *fd_out);
/* Linear, mapped and coherent, of the ordinary kind. */
bool tri_image_init_mapped(struct tri_image *image,
                           struct tri_vulkan *vk,
                           uint32_t width,
                           uint32_t height);
void tri_image_finish(struct tri_image *image);

/* --- tri_draw.c ----------------------------------------------------------- */

struct tri_draw {
   struct tri_vulkan *vk; /* lent by the caller of init */
   uint32_t width;
   uint32_t height;
   VkRenderPass render_pass;
   VkPipelineLayout layout;
   VkPipeline pipeline;
};

bool tri_draw_init(struct tri_draw *draw,
                   struct tri_vulkan *vk,
                   uint32_t width,
                   uint32_t height);
void tri_draw_finish(struct tri_draw *draw);

/* What one image needs to be drawn into, over and over. */
struct tri_target {
   struct tri_draw *draw; /* lent by the caller of init */
   VkImage image;         /* likewise */
   VkImageView view;
   VkFramebuffer framebuffer;
   VkCommandBuffer cmd;
   VkFence fence;
   bool foreign; /* others see the image: it changes hands every time */
};

bool tri_target_init(struct tri_target *target,
                     struct tri_draw *draw,
                     const struct tri_image *image,
                     bool foreign);
void tri_target_finish(struct tri_target *target);

/* Draws without waiting; the target's last drawing is done. */
bool tri_target_submit(struct tri_target *target, float angle);
bool tri_target_wait(struct tri_target *target);

/* --- the roads -------------------------------------------------------------
 */

enum tri_road {
   TRI_ROAD_GBM,    /* gbm_bo_create, imported into Vulkan */
   TRI_ROAD_EXPORT, /* vkAllocateMemory, exported to KMS */
   TRI_ROAD_COPY,   /* drawn somewhere, copied by the CPU */
};

extern const char *const tri_road_names[]; /* gbm, export, copy */

struct tri_run {
   struct tri_kms *kms;
   struct tri_vulkan *vk;
   struct tri_draw *draw;
   uint32_t frames;
   const volatile bool *stop; /* a signal wants us to end */
   /* called when the last frame is on the screen; may be NULL */
   bool (*on_last)(void *data);
   void *on_last_data;

   uint32_t shown;    /* out: frames */
   double seconds;    /* out: from the first submit to the last flip */
   uint64_t copied_B; /* out: by the CPU */
   bool impossible;   /* out: the road could not even start */
};

/* The last frame always has angle 0. */
float tri_angle(const struct tri_run *run, uint32_t frame);
double tri_now(void); /* seconds */

bool tri_run_zero(struct tri_run *run, enum tri_road road);
bool tri_run_copy(struct tri_run *run);

/* Draws the last frame into memory and writes it to path, as PNG. */
bool tri_reference(uint32_t width, uint32_t height, const char *path);

#endif /* TRI_H */
