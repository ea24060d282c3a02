/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The seam between swapchains and window systems. Above it (vn_surface.c,
 * vn_swapchain*.c, vn_wsi_image*.c) is what Vulkan says; below it
 * (vn_wsi_headless.c, vn_wsi_wayland*.c, vn_wsi_x11*.c, vn_wsi_display*.c) is
 * how a picture gets to a screen. The part above uses the driver's own entry
 * points like an application does; the part below knows nothing of images
 * but pixels: fds, strides, mappings.
 *
 * There are two roads:
 *
 *    direct   The window system reads the pages that the host draws into: an
 *             image's memory is exported as a dma-buf with a modifier that
 *             the other side takes.
 *    copy     The GPU copies each presented image into a linear buffer that
 *             the CPU can read. If the other side can map that buffer's fd,
 *             that was the only copy; else the platform copies once more.
 *
 * Threads. Each swapchain has a thread, the presenter, which alone calls
 * ops->dispatch and ops->present and so talks to the window system about
 * frames. The application's threads wait on a condition, never on a
 * connection: a window system that stalls cannot hang anything but an
 * acquire, which has a timeout.
 */

#ifndef VN_WSI_H
#define VN_WSI_H

#include "vn_device.h"

struct vn_physical_device;
struct vn_swapchain_presenter;
struct vn_wsi_image_set;
struct vn_wsi_image_vk;
struct vn_surface;
struct vn_swapchain;
struct vn_swapchain_ops;
struct vn_wsi_image;

enum vn_wsi_road {
   VN_WSI_ROAD_DIRECT,
   VN_WSI_ROAD_COPY,
};

#define VN_WSI_ROAD_COUNT 2

/*
 * A pixel format as DRM names it. modifier means nothing on the copy road.
 * XRGB and ARGB forms are two entries: the first is for opaque surfaces, the
 * second for those whose alpha the window system blends with.
 */
struct vn_wsi_format {
   uint32_t fourcc;
   uint64_t modifier;
};

struct vn_wsi_format_list {
   uint32_t count;
   uint32_t capacity;
   struct vn_wsi_format *formats; /* malloc'ed */
};

/* False: out of memory; the list is still right. A double is not added. */
bool vn_wsi_format_list_add(struct vn_wsi_format_list *list,
                            uint32_t fourcc,
                            uint64_t modifier);
/* Leaves an empty list. */
void vn_wsi_format_list_finish(struct vn_wsi_format_list *list);

/* The bit of a mode in a mask; 0 for modes that nobody here has. */
static inline uint32_t
vn_wsi_mode_bit(VkPresentModeKHR mode)
{
   return (uint32_t)mode < 32 ? UINT32_C(1) << mode : 0;
}

/* What a platform says of a surface. All may be called from any thread. */
struct vn_surface_ops {
   /* What init made; not the surface itself. */
   void (*finish)(struct vn_surface *surface);

   /* Whether the device can present to it at all. NULL: any can. */
   bool (*is_supported)(struct vn_surface *surface,
                        struct vn_physical_device *physical);

   /*
    * currentExtent, min/maxImageExtent, supportedTransforms,
    * currentTransform and supportedCompositeAlpha; the rest is filled in
    * above. VK_ERROR_SURFACE_LOST_KHR when the other side is gone.
    */
   VkResult (*get_capabilities)(struct vn_surface *surface,
                                VkSurfaceCapabilitiesKHR *caps);

   /*
    * Adds what the other side takes on that road, best first. Nothing: the
    * road is closed, which is no error.
    */
   VkResult (*get_formats)(struct vn_surface *surface,
                           struct vn_physical_device *physical,
                           enum vn_wsi_road road,
                           struct vn_wsi_format_list *list);

   /*
    * 1 << VkPresentModeKHR of those that work (FIFO always does), and how
    * many images a swapchain of the mode needs so that one can always be
    * acquired.
    */
   uint32_t (*get_present_modes)(struct vn_surface *surface,
                                 struct vn_physical_device *physical);
   uint32_t (*get_min_image_count)(struct vn_surface *surface,
                                   VkPresentModeKHR mode);

   const struct vn_swapchain_ops *swapchain;
};

/* The head of each platform's surface. */
struct vn_surface {
   struct vn_object_base base;
   struct vn_instance *instance; /* borrowed */
   const struct vn_surface_ops *ops;
   const char *platform; /* for the log: "wayland", "xcb" ... */

   pthread_mutex_t mutex; /* guards swapchain and generation */
   /* the one that is not retired; NULL: none */
   struct vn_swapchain *swapchain;
   uint64_t generation; /* of the newest swapchain that was tried */

   /*
    * Held while a frame is presented, so that one of a retired swapchain
    * cannot come after those of its successor. Guards shown.
    */
   pthread_mutex_t present_mutex;
   uint64_t shown; /* the generation of the last frame's swapchain */
};

VN_DEFINE_HANDLE_CASTS(vn_surface, VkSurfaceKHR)

/*
 * For the vkCreate...SurfaceKHR of a platform: zeroed memory of the size,
 * which begins with a struct vn_surface, made ready. NULL: out of memory.
 * vn_surface_free is for a platform whose own part then fails;
 * vkDestroySurfaceKHR calls ops->finish and it.
 */
void *vn_surface_zalloc(struct vn_instance *instance,
                        const VkAllocationCallbacks *alloc,
                        size_t size,
                        const struct vn_surface_ops *ops,
                        const char *platform);
void vn_surface_free(struct vn_surface *surface,
                     const VkAllocationCallbacks *alloc);

#define VN_WSI_MAX_PLANES 4

/*
 * The pixels of one image as the window system sees them. All belongs to the
 * image. Constant once it was made.
 */
struct vn_wsi_pixels {
   uint32_t fourcc;
   uint64_t modifier;
   uint32_t width;       /* px */
   uint32_t height;      /* px */
   uint32_t plane_count; /* 1 on the copy road */
   uint64_t offset_B[VN_WSI_MAX_PLANES];
   uint32_t stride_B[VN_WSI_MAX_PLANES];
   uint64_t size_B; /* of what fd and map are */
   /*
    * Direct: a dma-buf. Copy: something that another process can map shared
    * (no dma-buf need be behind it), or -1: then only map is there.
    */
   int fd;
   /* copy only: the whole buffer in this process, to be read */
   const void *map;
};

enum vn_wsi_image_state {
   VN_WSI_IMAGE_IDLE,     /* can be acquired */
   VN_WSI_IMAGE_ACQUIRED, /* the application's */
   VN_WSI_IMAGE_QUEUED,   /* waits for the presenter */
   VN_WSI_IMAGE_HELD,     /* the window system's */
};

/* The head of each platform's image. */
struct vn_wsi_image {
   struct vn_swapchain *swapchain; /* borrowed */
   uint32_t index;
   struct vn_wsi_pixels pixels;

   /* guarded by swapchain->mutex */
   enum vn_wsi_image_state state;
   uint64_t idle_serial; /* the order in which images became idle */
   int release_fd; /* owned, a sync_file: idle when it signals; -1: now */

   /* what is above the seam knows what this is */
   struct vn_wsi_image_vk *vk; /* owned */
};

/* One vkQueuePresentKHR of one image, as the presenter gives it on. */
struct vn_wsi_frame {
   struct vn_wsi_image *image;
   VkPresentModeKHR mode;
   /* grows by one with each frame that is presented to the swapchain */
   uint64_t serial;
   uint64_t present_id; /* VK_KHR_present_id; 0: none */
   /*
    * A sync_file, owned by the frame, that signals when the pixels are
    * complete; only with swapchain->takes_sync_file. -1: they are.
    */
   int ready_fd;
   /* the changed part, px, inside of the image; 0 rectangles: all of it */
   uint32_t damage_count;
   const VkRect2D *damage;
};

/*
 * What a platform does for a swapchain. A platform's failure is one of
 * VK_ERROR_SURFACE_LOST_KHR (the other side is gone),
 * VK_ERROR_OUT_OF_DATE_KHR (this swapchain no longer fits),
 * VK_ERROR_OUT_OF_HOST_MEMORY, or VK_ERROR_INITIALIZATION_FAILED (init and
 * image_init only); VK_SUBOPTIMAL_KHR is a success. All but the last is final
 * for the swapchain.
 */
struct vn_swapchain_ops {
   size_t size;       /* of the platform's struct vn_swapchain */
   size_t image_size; /* of the platform's struct vn_wsi_image */
   /* on the direct road the fd need not be a dma-buf, the platform maps it */
   bool maps_direct;

   /*
    * What can be made before there are images. The request (extent, mode,
    * format, road ...) is in the head. finish is called only if this
    * succeeded, after all images, and when the presenter has ended.
    */
   VkResult (*init)(struct vn_swapchain *swapchain);
   void (*finish)(struct vn_swapchain *swapchain);

   /* Gives the window system the pixels of an image; takes it away. */
   VkResult (*image_init)(struct vn_swapchain *swapchain,
                          struct vn_wsi_image *image);
   void (*image_finish)(struct vn_swapchain *swapchain,
                        struct vn_wsi_image *image);

   /*
    * ---- from here on: the presenter's thread only ----
    *
    * Handles what the window system says, and sleeps until it says
    * something, until wake_fd can be read (which it does not do), or for
    * timeout_ms (-1: no limit). Calls vn_swapchain_* below.
    */
   VkResult (*dispatch)(struct vn_swapchain *swapchain,
                        int wake_fd,
                        int timeout_ms);
   /* Whether a frame of that mode can be presented at once. If not, what
    * dispatch handles will make it so.
    */
   bool (*is_ready)(struct vn_swapchain *swapchain, VkPresentModeKHR mode);
   /*
    * The image is the window system's until vn_swapchain_set_idle is called
    * for it, also if this fails: then nothing more will be presented.
    */
   VkResult (*present)(struct vn_swapchain *swapchain,
                       struct vn_wsi_frame *frame);
};

/* The head of each platform's swapchain. What is not guarded is constant. */
struct vn_swapchain {
   struct vn_object_base base;
   struct vn_device *device;   /* borrowed */
   struct vn_surface *surface; /* borrowed */
   const struct vn_swapchain_ops *ops;

   VkFormat format;
   VkColorSpaceKHR color_space;
   VkExtent2D extent;
   VkCompositeAlphaFlagBitsKHR alpha;
   VkSurfaceTransformFlagBitsKHR transform;
   VkPresentModeKHR mode;
   uint32_t modes; /* 1 << mode of all that a present may switch to */
   enum vn_wsi_road road;
   struct vn_wsi_format wsi_format; /* of the images; the modifier is the
                                       chosen one on the direct road */
   uint64_t generation; /* those of a surface are numbered, oldest first */
   /*
    * init sets it if it can, and vn_sync_file_is_supported: frames come with
    * ready_fd, without waiting for the GPU, and vn_swapchain_set_idle may be
    * given a release_fd.
    */
   bool takes_sync_file;

   uint32_t image_count;
   struct vn_wsi_image **images;       /* owned */
   struct vn_wsi_image_set *image_set; /* vn_wsi_image.c's; owned */

   pthread_mutex_t mutex; /* taken after surface->mutex, before the device's */
   pthread_cond_t cond; /* CLOCK_MONOTONIC; broadcast at each change below */
   /* guarded by mutex */
   VkResult status; /* sticky; VK_SUCCESS, SUBOPTIMAL or an error */
   bool retired;
   uint64_t idle_serial;
   uint64_t frame_serial; /* of the last one that was queued */
   uint64_t presented_id; /* VK_KHR_present_wait: the last that was shown */

   struct vn_swapchain_presenter *presenter; /* owned */
};

VN_DEFINE_HANDLE_CASTS(vn_swapchain, VkSwapchainKHR)

/*
 * For platforms, from any thread.
 *
 * The window system no longer reads the image. Takes release_fd (-1: none).
 */
void vn_swapchain_set_idle(struct vn_swapchain *swapchain,
                           struct vn_wsi_image *image,
                           int release_fd);
/* The frame with that id has become visible, or has been replaced. */
void vn_swapchain_set_presented(struct vn_swapchain *swapchain,
                                uint64_t present_id);
/* The first error stays; SUBOPTIMAL gives way to one. */
void vn_swapchain_set_status(struct vn_swapchain *swapchain, VkResult status);

/*
 * For platforms whose other side cannot map pixels->fd: copies the changed
 * part of the frame, from pixels->map, to memory of the given stride.
 */
void vn_wsi_copy_frame(const struct vn_wsi_frame *frame,
                       void *dst,
                       uint32_t dst_stride_B);

#endif /* VN_WSI_H */
