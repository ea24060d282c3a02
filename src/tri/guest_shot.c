/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * guest-shot: turns a part of the framebuffer that Xvfb keeps in a file into a
 * PNG, and compares it with another. The file is in the X Window Dump format:
 * a header of big-endian words (X11/XWDFile.h), colours, and rows of pixels.
 *
 * Status 0: written (and equal); 1: written, not equal; 2: could not.
 */

#include <fcntl.h>
#include <png.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Indices of the header's words. */
enum {
   XWD_HEADER_SIZE = 0,
   XWD_VERSION = 1,
   XWD_WIDTH = 4,
   XWD_HEIGHT = 5,
   XWD_BYTE_ORDER = 7, /* 0: least significant byte first */
   XWD_BITS_PER_PIXEL = 11,
   XWD_BYTES_PER_LINE = 12,
   XWD_COLOR_COUNT = 19,
   XWD_WORDS = 25,
};

#define XWD_FILE_VERSION 7
#define XWD_COLOR_SIZE   12

/* WxH+X+Y, in pixels */
struct part {
   uint32_t width, height, x, y;
};

struct picture {
   uint32_t width;
   uint32_t height;
   uint8_t *rgb; /* owned; width * height * 3 */
};

static uint32_t
word(const uint8_t *xwd, unsigned i)
{
   return (uint32_t)xwd[4 * i] << 24 | (uint32_t)xwd[4 * i + 1] << 16 |
          (uint32_t)xwd[4 * i + 2] << 8 | xwd[4 * i + 3];
}

static bool
decode(const uint8_t *xwd,
       uint64_t size,
       const struct part *part,
       struct picture *out)
{
   if (size < 4 * XWD_WORDS || word(xwd, XWD_VERSION) != XWD_FILE_VERSION ||
       word(xwd, XWD_BITS_PER_PIXEL) != 32 || word(xwd, XWD_BYTE_ORDER) != 0)
      return false;
   const uint64_t start =
      (uint64_t)word(xwd, XWD_HEADER_SIZE) +
      (uint64_t)word(xwd, XWD_COLOR_COUNT) * XWD_COLOR_SIZE;
   const uint64_t stride = word(xwd, XWD_BYTES_PER_LINE);

   const uint32_t width = word(xwd, XWD_WIDTH);
   const uint32_t height = word(xwd, XWD_HEIGHT);

   if (stride < 4ull * width || start + stride * height > size ||
       (uint64_t)part->x + part->width > width ||
       (uint64_t)part->y + part->height > height)
      return false;
   out->width = part->width;
   out->height = part->height;
   out->rgb = malloc(3ull * out->width * out->height);
   if (!out->rgb)
      return false;
   for (uint32_t y = 0; y < out->height; y++) {
      const uint8_t *from =
         xwd + start + (part->y + y) * stride + 4ull * part->x;
      uint8_t *to = out->rgb + 3ull * y * out->width;

      for (uint32_t x = 0; x < out->width; x++) {
         to[3 * x + 0] = from[4 * x + 2];
         to[3 * x + 1] = from[4 * x + 1];
         to[3 * x + 2] = from[4 * x + 0];
      }
   }
   return true;
}

static bool
read_screen(const char *path, const struct part *part, struct picture *out)
{
   const int fd = open(path, O_RDONLY | O_CLOEXEC);
   struct stat st;
   bool ok = false;

   if (fd < 0 || fstat(fd, &st)) {
      perror(path);
      goto out;
   }
   void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
   if (map == MAP_FAILED) {
      perror(path);
      goto out;
   }
   ok = decode(map, (uint64_t)st.st_size, part, out);
   if (!ok)
      fprintf(stderr,
              "%s: no framebuffer of 32 bits a pixel with that part\n", path);
   munmap(map, (size_t)st.st_size);

out:
   if (fd >= 0)
      close(fd);
   return ok;
}

static bool
write_png(const char *path, const struct picture *picture)
{
   png_image png = {
      .version = PNG_IMAGE_VERSION,
      .width = picture->width,
      .height = picture->height,
      .format = PNG_FORMAT_RGB,
   };

   if (png_image_write_to_file(&png, path, 0, picture->rgb, 0, NULL))
      return true;
   fprintf(stderr, "%s: %s\n", path, png.message);
   return false;
}

static bool
read_png(const char *path, struct picture *out)
{
   png_image png = { .version = PNG_IMAGE_VERSION };

   if (!png_image_begin_read_from_file(&png, path))
      goto fail;
   png.format = PNG_FORMAT_RGB;
   out->width = png.width;
   out->height = png.height;
   out->rgb = malloc(PNG_IMAGE_SIZE(png));
   if (out->rgb && png_image_finish_read(&png, NULL, out->rgb, 0, NULL))
      return true;

fail:
   fprintf(stderr, "%s: %s\n", path, png.message);
   png_image_free(&png);
   return false;
}

/* Says how many pixels differ, and where the first of them is. */
static bool
same(const struct picture *a, const struct picture *b)
{
   uint64_t differ = 0, first = 0;

   if (a->width != b->width || a->height != b->height) {
      printf("%ux%u is not %ux%u\n", a->width, a->height, b->width,
             b->height);
      return false;
   }
   const uint64_t count = (uint64_t)a->width * a->height;
   for (uint64_t i = 0; i < count; i++) {
      if (!memcmp(a->rgb + 3 * i, b->rgb + 3 * i, 3))
         continue;
      if (!differ++)
         first = i;
   }
   printf("%llu of %llu pixels equal\n", (unsigned long long)(count - differ),
          (unsigned long long)count);
   if (differ) {
      printf("the first that is not: %llu, %llu\n",
             (unsigned long long)(first % a->width),
             (unsigned long long)(first / a->width));
   }
   return !differ;
}

static bool
parse_part(const char *text, struct part *out)
{
   char rest;

   return sscanf(text, "%5ux%5u+%5u+%5u%c", &out->width, &out->height,
                 &out->x, &out->y, &rest) == 4 &&
          out->width && out->height;
}

int
main(int argc, char **argv)
{
   struct picture screen = { 0 }, reference = { 0 };
   struct part part;
   int status = 2;

   if ((argc != 4 && argc != 5) || !parse_part(argv[2], &part)) {
      fprintf(stderr, "usage: guest-shot SCREEN.xwd WxH+X+Y OUT.png "
                      "[REFERENCE.png]\n");
      return 2;
   }
   if (read_screen(argv[1], &part, &screen) && write_png(argv[3], &screen) &&
       (argc == 4 || read_png(argv[4], &reference)))
      status = argc == 4 || same(&screen, &reference) ? 0 : 1;
   free(screen.rgb);
   free(reference.rgb);
   return status;
}
