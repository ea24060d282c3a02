/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The picture of the last frame without a screen, by whatever Vulkan device
 * comes first: to compare a screenshot with. XRGB8888 has no alpha, so the
 * PNG has none.
 */

#include "tri.h"

#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool
write_png(const struct tri_image *image, const char *path)
{
   const size_t row_B = (size_t)image->width * 3;
   png_image png = {
      .version = PNG_IMAGE_VERSION,
      .width = image->width,
      .height = image->height,
      .format = PNG_FORMAT_RGB,
   };
   uint8_t *rgb = malloc(row_B * image->height);

   if (!rgb)
      return tri_errno(path);
   for (uint32_t y = 0; y < image->height; y++) {
      const uint8_t *from =
         image->map + image->layout.offset + y * image->layout.rowPitch;
      uint8_t *to = rgb + y * row_B;

      for (uint32_t x = 0; x < image->width; x++) {
         to[3 * x + 0] = from[TRI_PIXEL_BYTES * x + 2];
         to[3 * x + 1] = from[TRI_PIXEL_BYTES * x + 1];
         to[3 * x + 2] = from[TRI_PIXEL_BYTES * x + 0];
      }
   }
   const bool ok = png_image_write_to_file(&png, path, 0, rgb, 0, NULL);
   if (!ok)
      fprintf(stderr, "%s: %s\n", path, png.message);
   free(rgb);
   return ok;
}

bool
tri_reference(uint32_t width, uint32_t height, const char *path)
{
   struct tri_vulkan vk = { 0 };
   struct tri_draw draw = { 0 };
   struct tri_image image = { 0 };
   struct tri_target target = { 0 };
   bool ok = false;

   if (!tri_vulkan_init(&vk, -1))
      goto out;
   printf("device: %s\n", vk.props.deviceName);
   ok = tri_draw_init(&draw, &vk, width, height) &&
        tri_image_init_mapped(&image, &vk, width, height) &&
        tri_target_init(&target, &draw, &image, false) &&
        tri_target_submit(&target, 0.0f) && tri_target_wait(&target) &&
        write_png(&image, path);

out:
   tri_target_finish(&target);
   tri_image_finish(&image);
   tri_draw_finish(&draw);
   tri_vulkan_finish(&vk);
   return ok;
}
