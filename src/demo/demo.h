/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The pieces of the demo and of the bench: an ordinary Vulkan client that
 * knows nothing of the driver below it. Each init function fills its struct
 * or prints what failed and returns false; each finish function may be called
 * on a struct that is zeroed or half built.
 */

#ifndef DEMO_H
#define DEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <vulkan/vulkan.h>

#define DEMO_WIDTH       640
#define DEMO_HEIGHT      400
#define DEMO_FORMAT      VK_FORMAT_B8G8R8A8_UNORM
#define DEMO_PIXEL_BYTES 4
#define DEMO_RAW_BYTES   (DEMO_WIDTH * DEMO_HEIGHT * DEMO_PIXEL_BYTES)

#define DEMO_DMA_BUF VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT

/* The name of the result for messages. */
const char *demo_result_name(VkResult result);

/* Prints "what: VK_ERROR_..." unless the result is VK_SUCCESS. */
bool demo_ok(VkResult result, const char *what);

/* --- demo_device.c ------------------------------------------------------ */

/* What sharing needs, in the order of the table that bin/demo prints; the
 * fourth is needed to hand an image over. */
enum demo_extension {
   DEMO_EXT_MEMORY_FD,
   DEMO_EXT_DMA_BUF,
   DEMO_EXT_MODIFIER,
   DEMO_EXT_QUEUE_FAMILY_FOREIGN,
   DEMO_EXT_COUNT,
};

extern const char *const demo_extension_names[DEMO_EXT_COUNT];

struct demo_instance {
   VkInstance handle;
   VkPhysicalDevice pdev; /* the first one */
   VkPhysicalDeviceProperties props;
   VkPhysicalDeviceMemoryProperties memory;
   uint32_t queue_family; /* the first with graphics */
   bool has_extension[DEMO_EXT_COUNT];
};

bool demo_instance_init(struct demo_instance *instance);
void demo_instance_finish(struct demo_instance *instance);

/* Prints the extensions for sharing that the device lacks. */
bool demo_instance_can_share(const struct demo_instance *instance);

/* A device with one queue, one command buffer and one fence. */
struct demo_device {
   const struct demo_instance *instance; /* lent by the caller of init */
   VkDevice handle;
   VkQueue queue;
   VkCommandPool pool;
   VkCommandBuffer cmd;
   VkFence fence;
   /* NULL unless made for sharing */
   PFN_vkGetMemoryFdKHR GetMemoryFdKHR;
   PFN_vkGetMemoryFdPropertiesKHR GetMemoryFdPropertiesKHR;
   PFN_vkGetImageDrmFormatModifierPropertiesEXT
      GetImageDrmFormatModifierPropertiesEXT;
};

bool demo_device_init(struct demo_device *dev,
                      const struct demo_instance *instance,
                      bool for_sharing);
void demo_device_finish(struct demo_device *dev);

bool demo_device_begin(struct demo_device *dev);

/* Ends the command buffer, submits it and waits until it is done. */
bool demo_device_submit_and_wait(struct demo_device *dev);

/* Returns UINT32_MAX if there is none. */
uint32_t demo_find_memory_type(const struct demo_instance *instance,
                               uint32_t allowed_bits,
                               VkMemoryPropertyFlags flags);

/* --- demo_image.c ------------------------------------------------------- */

struct demo_image {
   struct demo_device *dev; /* lent by the caller of init */
   VkImage handle;
   VkDeviceMemory memory;
   VkDeviceSize memory_size;
   uint32_t memory_type;
   uint64_t modifier; /* 0 is LINEAR; not set for a native image */
   VkDeviceSize offset;
   VkDeviceSize row_pitch;
   const uint8_t *map; /* whole memory, or NULL */
};

/* A linear, mapped image of the ordinary kind. */
bool demo_image_init_native(struct demo_image *image,
                            struct demo_device *dev);

/* A mapped image with modifier LINEAR whose memory can be exported. Its
 * memory is filled with a pattern that no picture has. */
bool demo_image_init_export(struct demo_image *image,
                            struct demo_device *dev);

/* Gives a new fd that the caller owns, or -1. */
int demo_image_export_fd(const struct demo_image *image);

/* An image over the memory behind fd, with the layout of its exporter. The fd
 * stays the caller's. */
bool demo_image_init_import(struct demo_image *image,
                            struct demo_device *dev,
                            int fd,
                            const struct demo_image *exporter);

void demo_image_finish(struct demo_image *image);

/* vkAllocateMemory with an import of the memory behind fd and nothing else.
 * The fd stays the caller's; the driver gets a copy. */
VkResult demo_import_memory(const struct demo_image *image,
                            int fd,
                            VkDeviceMemory *out_memory);

/* Copies the picture out of the mapping, without the padding of its rows. */
void demo_image_read(const struct demo_image *image, uint8_t *out_raw);

/* --- demo_triangle.c ---------------------------------------------------- */

struct demo_triangle {
   struct demo_device *dev; /* lent by the caller of init */
   VkRenderPass render_pass;
   VkPipelineLayout layout;
   VkPipeline pipeline;
   VkImageView view;
   VkFramebuffer framebuffer;
};

bool demo_triangle_init(struct demo_triangle *triangle,
                        struct demo_image *target);
void demo_triangle_finish(struct demo_triangle *triangle);

/* One more pipeline of the same kind, for measuring. */
VkResult demo_triangle_create_pipeline(const struct demo_triangle *triangle,
                                       VkPipeline *out_pipeline);

/* Records the render pass into the device's command buffer. Before it the
 * image's contents are lost; after it the image is in
 * COLOR_ATTACHMENT_OPTIMAL. */
void demo_triangle_record(const struct demo_triangle *triangle,
                          uint32_t draw_count);

/* --- demo_share.c ------------------------------------------------------- */

struct demo_share_options {
   const char *reference; /* raw picture to compare with, or NULL */
   const char *output;    /* png to write, or NULL */
   pid_t server_pid;      /* 0: no renderer process to look into */
};

/* Device A exports, device B imports and draws, A looks. */
bool demo_share(const struct demo_instance *instance,
                const struct demo_share_options *options);

/* Prints the median cost of one import in microseconds. */
bool demo_import_cost(const struct demo_instance *instance);

/* --- demo_proof.c ------------------------------------------------------- */

/* Looks for the file behind fd among this process's mappings, and among those
 * of the server's descendants if server_pid is not 0. Prints what it found;
 * false if it is missing in either. */
bool demo_proof_same_pages(int fd, pid_t server_pid);

/* Destroys the instance and reads what the driver says about its command
 * stream meanwhile. Prints the count of copy commands. False if there are
 * any, or if the driver said nothing and it is required to. */
bool demo_proof_no_copies(struct demo_instance *instance, bool required);

/* --- demo_picture.c ----------------------------------------------------- */

bool demo_raw_write(const char *path, const uint8_t *raw);
bool demo_raw_read(const char *path, uint8_t *raw);
bool demo_png_write(const char *path, const uint8_t *raw);

/* Prints the count of pixels that differ, and the first of them. */
bool demo_compare(const uint8_t *raw, const uint8_t *reference);

/* --- demo_stats.c ------------------------------------------------------- */

double demo_now_us(void);

/* Sorts the samples. */
double demo_median(double *samples, size_t count);

#endif /* DEMO_H */
