/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * A screen that is being used: a connector, a CRTC and its primary plane, in
 * one mode. What was on it before is put back at the end. Knows framebuffers
 * and nothing of Vulkan. Used by one thread at a time.
 */

#ifndef VN_WSI_DISPLAY_OUTPUT_H
#define VN_WSI_DISPLAY_OUTPUT_H

#include <xf86drmMode.h>

#include "vn_wsi_display_file.h"

struct vn_kms_format {
   uint32_t fourcc;
   uint64_t modifier;
};

/* What the primary plane of a CRTC takes. */
struct vn_kms_plane {
   uint32_t id; /* 0: unknown, planes cannot be listed */
   uint32_t count;
   struct vn_kms_format *formats; /* malloc'ed */
};

/*
 * Without modifiers (LINEAR is named then) if framebuffers cannot have any.
 * False: out of memory. What is not known to take anything takes XRGB8888,
 * which all KMS drivers do.
 */
bool vn_kms_plane_init(struct vn_kms_plane *plane,
                       const struct vn_kms_file *file,
                       uint32_t crtc_id);
void vn_kms_plane_finish(struct vn_kms_plane *plane);

enum vn_kms_property {
   VN_KMS_CONNECTOR_CRTC_ID,
   VN_KMS_CRTC_MODE_ID,
   VN_KMS_CRTC_ACTIVE,
   VN_KMS_PLANE_FB_ID,
   VN_KMS_PLANE_CRTC_ID,
   VN_KMS_PLANE_SRC_X,
   VN_KMS_PLANE_SRC_Y,
   VN_KMS_PLANE_SRC_W,
   VN_KMS_PLANE_SRC_H,
   VN_KMS_PLANE_CRTC_X,
   VN_KMS_PLANE_CRTC_Y,
   VN_KMS_PLANE_CRTC_W,
   VN_KMS_PLANE_CRTC_H,
};

#define VN_KMS_PROPERTY_COUNT 13

struct vn_kms_output {
   struct vn_kms_file *file; /* a reference */
   uint32_t connector_id;
   uint32_t crtc_id;
   uint32_t plane_id;
   drmModeModeInfo mode;

   /* constant; without it there are SetCrtc and PageFlip */
   bool atomic;
   uint32_t properties[VN_KMS_PROPERTY_COUNT]; /* by enum; atomic only */
   uint32_t mode_blob;                         /* owned; 0: none */

   drmModeCrtc *before; /* owned */
   bool changed;        /* and to be put back */
   bool lit;            /* the mode is set and shown_fb is on the screen */
   uint32_t shown_fb;   /* or it is being flipped to */
};

/*
 * Becomes the master and remembers what is on the screen; changes nothing.
 * Zero, or an errno. EACCES and EPERM: another process is the master.
 */
int vn_kms_output_init(struct vn_kms_output *output,
                       struct vn_kms_file *file,
                       uint32_t connector_id,
                       uint32_t crtc_id,
                       const drmModeModeInfo *mode);
void vn_kms_output_finish(struct vn_kms_output *output);

/* Whether the kernel would take the framebuffer; true if it cannot be asked. */
bool vn_kms_output_test(const struct vn_kms_output *output, uint32_t fb);

/*
 * Puts a framebuffer on the screen, whose pixels are complete. *flips_out: it
 * will be there when the event with that serial has come; else it is there.
 * at_once: without waiting for the next vertical blank, if that can be. Zero,
 * or an errno.
 */
int vn_kms_output_show(struct vn_kms_output *output,
                       uint32_t fb,
                       bool at_once,
                       uint64_t serial,
                       bool *flips_out);

/* Before the framebuffer is removed, which turns off a screen that shows it. */
void vn_kms_output_forget_fb(struct vn_kms_output *output, uint32_t fb);

#endif /* VN_WSI_DISPLAY_OUTPUT_H */
