/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The roads without a copy: two buffers that Vulkan draws into and the screen
 * reads. Either GBM makes them and Vulkan imports, or Vulkan makes them and
 * KMS imports. While one is shown, the other is drawn.
 */

#include "tri.h"

#include <gbm.h>
#include <stdio.h>
#include <unistd.h>
#include <xf86drm.h>

#include "u_fd.h"

struct buffer {
   struct gbm_bo *bo; /* owned; of the road GBM */
   uint32_t handle;   /* owned; of the road EXPORT: a GEM handle */
   struct tri_image image;
   struct tri_target target;
   uint32_t fb;
};

struct zero {
   struct tri_run *run;
   struct gbm_device *gbm; /* owned; of the road GBM */
   struct buffer buffers[TRI_BUFFERS];
};

static bool
make_gbm(struct zero *zero, struct buffer *buffer, struct tri_fb_info *info)
{
   const struct tri_kms *kms = zero->run->kms;

   buffer->bo =
      gbm_bo_create(zero->gbm, kms->width, kms->height, GBM_FORMAT_XRGB8888,
                    GBM_BO_USE_SCANOUT | GBM_BO_USE_RENDERING);
   if (!buffer->bo)
      return tri_errno("gbm_bo_create");
   *info = (struct tri_fb_info){
      .handle = gbm_bo_get_handle(buffer->bo).u32,
      .stride_B = gbm_bo_get_stride(buffer->bo),
      .offset_B = gbm_bo_get_offset(buffer->bo, 0),
      .has_modifier = true,
      .modifier = gbm_bo_get_modifier(buffer->bo),
   };
   int fd = gbm_bo_get_fd(buffer->bo);
   if (fd < 0)
      return tri_errno("gbm_bo_get_fd");
   const bool ok = tri_image_init_import(&buffer->image, zero->run->vk,
                                         kms->width, kms->height, fd, info);
   u_fd_close(&fd);
   return ok;
}

static bool
make_export(struct zero *zero,
            struct buffer *buffer,
            struct tri_fb_info *info)
{
   const struct tri_kms *kms = zero->run->kms;
   int fd = -1;

   if (!tri_image_init_export(&buffer->image, zero->run->vk, kms->width,
                              kms->height, &fd))
      return false;
   const int ret = drmPrimeFDToHandle(kms->fd, fd, &buffer->handle);
   u_fd_close(&fd);
   if (ret)
      return tri_errno("drmPrimeFDToHandle");
   *info = (struct tri_fb_info){
      .handle = buffer->handle,
      .stride_B = (uint32_t)buffer->image.layout.rowPitch,
      .offset_B = (uint32_t)buffer->image.layout.offset,
      .has_modifier = true,
   };
   return true;
}

static bool
make_buffers(struct zero *zero, enum tri_road road)
{
   for (uint32_t i = 0; i < TRI_BUFFERS; i++) {
      struct buffer *buffer = &zero->buffers[i];
      struct tri_fb_info info;

      if (!(road == TRI_ROAD_GBM ? make_gbm(zero, buffer, &info)
                                 : make_export(zero, buffer, &info)) ||
          !tri_kms_add_fb(zero->run->kms, &info, &buffer->fb) ||
          !tri_target_init(&buffer->target, zero->run->draw, &buffer->image,
                           true))
         return false;
   }
   return true;
}

static void
destroy_buffers(struct zero *zero)
{
   for (uint32_t i = 0; i < TRI_BUFFERS; i++) {
      struct buffer *buffer = &zero->buffers[i];

      tri_kms_remove_fb(zero->run->kms, buffer->fb);
      tri_target_finish(&buffer->target);
      tri_image_finish(&buffer->image);
      if (buffer->handle)
         drmCloseBufferHandle(zero->run->kms->fd, buffer->handle);
      if (buffer->bo)
         gbm_bo_destroy(buffer->bo);
   }
   if (zero->gbm)
      gbm_device_destroy(zero->gbm);
}

static bool
show_frames(struct zero *zero)
{
   struct tri_run *run = zero->run;
   const double start = tri_now();

   for (uint32_t i = 0; i < run->frames && !*run->stop; i++) {
      struct buffer *buffer = &zero->buffers[i % TRI_BUFFERS];

      if (!tri_target_submit(&buffer->target, tri_angle(run, i)) ||
          !tri_target_wait(&buffer->target) ||
          !tri_kms_show(run->kms, buffer->fb))
         return false;
      run->shown++;
   }
   run->seconds = tri_now() - start;
   return true;
}

bool
tri_run_zero(struct tri_run *run, enum tri_road road)
{
   struct zero zero = { .run = run };
   bool ok = false;

   if (!run->vk->can_share) {
      fprintf(stderr, "%s cannot share memory with the screen\n",
              run->vk->props.deviceName);
      run->impossible = true;
      return false;
   }
   if (road == TRI_ROAD_GBM) {
      zero.gbm = gbm_create_device(run->kms->fd);
      if (zero.gbm)
         printf("gbm backend: %s\n", gbm_device_get_backend_name(zero.gbm));
      else
         tri_errno("gbm_create_device");
   }
   run->impossible =
      (road == TRI_ROAD_GBM && !zero.gbm) || !make_buffers(&zero, road);
   if (!run->impossible) {
      ok = show_frames(&zero) &&
           (!run->on_last || run->on_last(run->on_last_data));
   }
   vkDeviceWaitIdle(run->vk->device);
   destroy_buffers(&zero);
   return ok;
}
