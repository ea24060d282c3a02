/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Pictures in files: raw (rows of B, G, R, A bytes without padding) for
 * comparing, PNG for looking at.
 */

#include "demo.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
demo_raw_write(const char *path, const uint8_t *raw)
{
   FILE *file = fopen(path, "wbe");
   bool ok;

   if (!file) {
      perror(path);
      return false;
   }
   ok = fwrite(raw, DEMO_RAW_BYTES, 1, file) == 1;
   if (fclose(file) || !ok) {
      perror(path);
      return false;
   }
   return true;
}

bool
demo_raw_read(const char *path, uint8_t *raw)
{
   FILE *file = fopen(path, "rbe");
   bool ok;

   if (!file) {
      perror(path);
      return false;
   }
   ok = fread(raw, DEMO_RAW_BYTES, 1, file) == 1 && fgetc(file) == EOF;
   fclose(file);
   if (!ok)
      fprintf(stderr, "%s: is not a picture of %d bytes\n", path,
              DEMO_RAW_BYTES);
   return ok;
}

static bool
write_rows(FILE *file, const uint8_t *raw, uint8_t *row)
{
   png_infop info = NULL;
   png_structp png =
      png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);

   if (png)
      info = png_create_info_struct(png);
   /* libpng reports every error of the calls below by returning here. */
   if (!info || setjmp(png_jmpbuf(png))) {
      png_destroy_write_struct(&png, &info);
      return false;
   }
   png_init_io(png, file);
   png_set_IHDR(png, info, DEMO_WIDTH, DEMO_HEIGHT, 8, PNG_COLOR_TYPE_RGB,
                PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                PNG_FILTER_TYPE_DEFAULT);
   png_write_info(png, info);
   for (uint32_t y = 0; y < DEMO_HEIGHT; y++) {
      for (uint32_t x = 0; x < DEMO_WIDTH; x++) {
         const uint8_t *bgra = raw + (y * DEMO_WIDTH + x) * DEMO_PIXEL_BYTES;

         row[x * 3 + 0] = bgra[2];
         row[x * 3 + 1] = bgra[1];
         row[x * 3 + 2] = bgra[0];
      }
      png_write_row(png, row);
   }
   png_write_end(png, info);
   png_destroy_write_struct(&png, &info);
   return true;
}

bool
demo_png_write(const char *path, const uint8_t *raw)
{
   uint8_t row[DEMO_WIDTH * 3];
   FILE *file = fopen(path, "wbe");
   bool ok;

   if (!file) {
      perror(path);
      return false;
   }
   ok = write_rows(file, raw, row);
   if (fclose(file))
      ok = false;
   if (!ok)
      fprintf(stderr, "%s: could not be written as PNG\n", path);
   return ok;
}

bool
demo_compare(const uint8_t *raw, const uint8_t *reference)
{
   const uint32_t total = DEMO_WIDTH * DEMO_HEIGHT;
   uint32_t different = 0;

   for (uint32_t i = 0; i < total; i++) {
      const uint8_t *a = raw + i * DEMO_PIXEL_BYTES;
      const uint8_t *b = reference + i * DEMO_PIXEL_BYTES;

      if (!memcmp(a, b, DEMO_PIXEL_BYTES))
         continue;
      if (!different++) {
         printf("pixels: first difference at (%u, %u): "
                "%02x%02x%02x%02x instead of %02x%02x%02x%02x (BGRA)\n",
                i % DEMO_WIDTH, i / DEMO_WIDTH, a[0], a[1], a[2], a[3], b[0],
                b[1], b[2], b[3]);
      }
   }
   printf("pixels: %u of %u equal to the native picture\n", total - different,
          total);
   return !different;
}
