/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What Vulkan calls displays, as KMS has them: a VkDisplayKHR is a connector,
 * a VkDisplayModeKHR one of its modes, and a display plane the primary plane
 * of a CRTC. All of them live as long as the instance, as the specification
 * has nothing that destroys them; what is unplugged is only not listed.
 *
 * All physical devices of an instance are behind the same virtio-gpu device
 * and so have the same displays. Without such a device (vtest) there are only
 * those that an application brings along (VK_EXT_acquire_drm_display).
 */

#ifndef VN_WSI_DISPLAY_H
#define VN_WSI_DISPLAY_H

#include <sys/types.h>
#include <xf86drmMode.h>

#include "vn_object.h"
#include "vn_wsi_display_file.h"

struct vn_hotplug;
struct vn_instance;
struct vn_display_screen;

/* A KMS device, whichever file it is reached through. */
struct vn_kms_device {
   struct u_list link;
   dev_t rdev; /* of the primary node */
   /* owned; NULL: the driver has not opened the node, or cannot */
   struct vn_kms_file *own;
};

struct vn_display_mode {
   struct vn_object_base base;
   struct u_list link;
   struct vn_display *display; /* borrowed */
   drmModeModeInfo info;       /* constant */
   /* guarded by the mutex of struct vn_displays */
   bool listed; /* the last probe saw it */
   bool preferred;
};

struct vn_display_plane {
   struct u_list link;
   const struct vn_kms_device *device; /* borrowed */
   uint32_t index;                     /* Vulkan's */
   uint32_t crtc_id;
};

struct vn_display {
   struct vn_object_base base;
   struct u_list link;
   struct vn_kms_device *device; /* borrowed; constant, as the next two */
   uint32_t connector_id;
   char name[32];

   /* the rest is guarded by the mutex of struct vn_displays */
   bool connected;
   uint32_t width_mm, height_mm;
   struct u_list modes;          /* owned; never shrinks */
   uint32_t crtc_id;             /* that drives it now; 0: none */
   struct vn_kms_file *acquired; /* owned; NULL: the device's own is used */
   /* what its swapchains share; borrowed: they have the references */
   struct vn_display_screen *screen;
   /* the CRTCs that can drive it, by id */
   uint32_t crtc_count;
   uint32_t crtcs[32];

   /* vkDisplayPowerControlEXT has turned it off; not guarded */
   _Atomic bool dark;
};

VN_DEFINE_HANDLE_CASTS(vn_display, VkDisplayKHR)
VN_DEFINE_HANDLE_CASTS(vn_display_mode, VkDisplayModeKHR)

/* All that an instance knows. */
struct vn_displays {
   pthread_mutex_t mutex; /* guards all of it; taken before a file's */
   /* of the transport's device; false: it has none */
   bool has_rdev;
   dev_t rdev;
   bool tried_own; /* to open it */

   struct u_list devices;
   struct u_list displays;
   struct u_list planes;
   uint32_t plane_count;
   /* owned; NULL: nobody has asked for it */
   struct vn_hotplug *hotplug;
};

/* Of an instance, made at the first use. NULL: out of memory. */
struct vn_displays *vn_displays_get(struct vn_instance *instance);
struct vn_displays *vn_displays_of(VkPhysicalDevice physical);
struct vn_displays *vn_displays_create(bool has_rdev, dev_t rdev);
/* NULL is legal. */
void vn_displays_destroy(struct vn_displays *displays);

/*
 * ---- all of the following with displays->mutex held ----
 *
 * Looks at the hardware, as far as the driver has opened a node. Opens the
 * transport's one at the first call. False: out of memory.
 */
bool vn_displays_probe(struct vn_displays *displays);
/*
 * Looks at it through a file of an application's, which is not kept, and
 * finds its device; NULL: out of memory, or it is not the device of this
 * instance (*foreign_out).
 */
struct vn_kms_device *
vn_displays_probe_fd(struct vn_displays *displays, int fd, bool *foreign_out);
struct vn_display *
vn_displays_find_connector(struct vn_displays *displays,
                           const struct vn_kms_device *device,
                           uint32_t connector_id);
struct vn_display_plane *vn_displays_find_plane(struct vn_displays *displays,
                                                uint32_t index);
bool vn_display_can_use(const struct vn_display *display,
                        const struct vn_display_plane *plane);
/* Frames per 1000 s. */
uint32_t vn_display_mode_refresh(const drmModeModeInfo *info);
/* The file that its pictures go through; borrowed; NULL: none yet. */
struct vn_kms_file *vn_display_file(const struct vn_display *display);

#endif /* VN_WSI_DISPLAY_H */
