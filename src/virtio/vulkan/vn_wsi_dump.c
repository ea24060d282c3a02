/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See vn_wsi_dump.h. Only formats of 8 bits per component, and of images that
 * are not linear nothing: it reads the very bytes that the other side gets.
 */

#include "vn_wsi_dump.h"

#include <drm_fourcc.h>
#include <poll.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/* Bytes of a pixel that are red, green, blue and alpha; -1: opaque. */
static bool
component_order(uint32_t fourcc, int order[4])
{
   const bool blue_first =
      fourcc == DRM_FORMAT_XRGB8888 || fourcc == DRM_FORMAT_ARGB8888;

   if (!blue_first && fourcc != DRM_FORMAT_XBGR8888 &&
       fourcc != DRM_FORMAT_ABGR8888)
      return false;
   order[0] = blue_first ? 2 : 0;
   order[1] = 1;
   order[2] = blue_first ? 0 : 2;
   order[3] =
      fourcc == DRM_FORMAT_XRGB8888 || fourcc == DRM_FORMAT_XBGR8888 ? -1 : 3;
   return true;
}

static void
write_picture(const struct vn_wsi_pixels *pixels,
              const uint8_t *map,
              const int order[4],
              FILE *file)
{
   fprintf(file,
           "P7\nWIDTH %u\nHEIGHT %u\nDEPTH 4\nMAXVAL 255\n"
           "TUPLTYPE RGB_ALPHA\nENDHDR\n",
           pixels->width, pixels->height);
   for (uint32_t y = 0; y < pixels->height; y++) {
      const uint8_t *row =
         map + pixels->offset_B[0] + (size_t)y * pixels->stride_B[0];

      for (uint32_t x = 0; x < pixels->width; x++) {
         for (int i = 0; i < 4; i++)
            fputc(order[i] < 0 ? 255 : row[4 * x + order[i]], file);
      }
   }
}

/* A reader sees the last picture or this one, never half of it; each
 * presenter has a thread of its own.
 */
static void
write_file(const struct vn_wsi_pixels *pixels,
           const uint8_t *map,
           const int order[4],
           const char *path)
{
   char temporary[4096];
   const int len =
      snprintf(temporary, sizeof(temporary), "%s.%d", path, (int)gettid());
   if (len < 0 || (size_t)len >= sizeof(temporary))
      return;

   FILE *file = fopen(temporary, "we");
   if (!file) {
      vn_log(WARN, "VN_WSI_DUMP: %s: %s", temporary, strerror(errno));
      return;
   }
   write_picture(pixels, map, order, file);
   const bool failed = ferror(file);
   if (fclose(file) || failed || rename(temporary, path)) {
      vn_log(WARN, "VN_WSI_DUMP: %s: %s", path, strerror(errno));
      unlink(temporary);
   }
}

void
vn_wsi_dump_frame(const struct vn_swapchain *swapchain,
                  const struct vn_wsi_frame *frame)
{
   const struct vn_wsi_pixels *pixels = &frame->image->pixels;
   const char *path = getenv("VN_WSI_DUMP");
   int order[4];

   if (!path || !*path)
      return;
   if (!component_order(pixels->fourcc, order) ||
       (swapchain->road == VN_WSI_ROAD_DIRECT &&
        pixels->modifier != DRM_FORMAT_MOD_LINEAR)) {
      vn_log(WARN, "VN_WSI_DUMP: no pictures of these images");
      return;
   }
   if (frame->ready_fd >= 0) {
      struct pollfd ready = { .fd = frame->ready_fd, .events = POLLIN };
      while (poll(&ready, 1, -1) == -1 && errno == EINTR)
         ;
   }
   if (pixels->map) {
      write_file(pixels, pixels->map, order, path);
      return;
   }
   void *map =
      mmap(NULL, pixels->size_B, PROT_READ, MAP_SHARED, pixels->fd, 0);
   if (map == MAP_FAILED) {
      vn_log(WARN, "VN_WSI_DUMP: cannot map an image: %s", strerror(errno));
      return;
   }
   write_file(pixels, map, order, path);
   munmap(map, pixels->size_B);
}
