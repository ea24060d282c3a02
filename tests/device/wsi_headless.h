/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What the parts of the headless test share. Each test takes a device that
 * can present and leaves nothing behind.
 */

#ifndef WSI_HEADLESS_H
#define WSI_HEADLESS_H

#include "wsi_fixture.h"

/* Only what the validation layer is silent about. */
extern bool headless_only_valid;

VkSurfaceKHR headless_create(struct wsi *wsi);
void headless_destroy(struct wsi *wsi, VkSurfaceKHR surface);

/* Waits until the last frame has been presented. */
bool headless_wait(struct wsi_chain *chain);
/* Whether the last picture has that size and one colour, RGBA. */
bool headless_shows(VkExtent2D extent, const uint8_t color[4]);

/* The same for any picture: RGBA, tightly packed. */
bool headless_shows_picture(VkExtent2D extent, const uint8_t *picture);

/* wsi_headless_rules.c; the number of failures */
int headless_test_rules(struct wsi *wsi);
/* wsi_headless_damage.c */
int headless_test_damage(struct wsi *wsi);
/* wsi_headless_images.c */
int headless_test_images(struct wsi *wsi);

#endif /* WSI_HEADLESS_H */
