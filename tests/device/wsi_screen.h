/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The picture that programs show to have the screen compared with it;
 * `device-wsi-display --reference` writes it to a file.
 */

#ifndef WSI_SCREEN_H
#define WSI_SCREEN_H

#include <stdint.h>

/* 0xXXRRGGBB: neither two pixels near each other are alike, nor two rows. */
static inline uint32_t
wsi_screen_pixel(uint32_t x, uint32_t y)
{
   const uint32_t red = x & 0xff;
   const uint32_t green = (y + (x >> 8) * 16) & 0xff;
   const uint32_t blue = (x / 16 + y / 16) % 2 ? 0xc0 : 0x20;
   return red << 16 | green << 8 | blue;
}

#endif /* WSI_SCREEN_H */
