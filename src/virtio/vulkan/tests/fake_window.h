/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * A window system and a GPU that do what a test says, below the real files of
 * the swapchain. Nothing happens by itself: the GPU works until it is told
 * that it is done, a presented image stays the window's until it is let go.
 * Everything may be changed at any time, from the test's thread.
 */

#ifndef FAKE_WINDOW_H
#define FAKE_WINDOW_H

#include "vn_queue.h"
#include "vn_wsi.h"

#define FAKE_MAX_FRAMES 64

/* What was presented. */
struct fake_frame {
   uint32_t index;
   VkPresentModeKHR mode;
   uint64_t serial;
   uint64_t present_id;
   bool had_ready_fd;
   uint32_t damage_count;
   VkRect2D damage[4];
   uint64_t generation; /* of its swapchain */
};

struct fake_window {
   pthread_mutex_t mutex;
   pthread_cond_t cond;

   /* the window system */
   bool ready;               /* takes frames */
   bool keeps;               /* images, until fake_window_release */
   VkResult present_result;  /* of the next presents */
   VkResult dispatch_result; /* of the next dispatch that is woken */
   bool takes_sync_file;
   VkResult direct_init_result; /* of init on the direct road */
   VkResult image_init_result;  /* of the image below */
   uint32_t image_init_at;      /* UINT32_MAX: of none */
   uint32_t frame_count;
   struct fake_frame frames[FAKE_MAX_FRAMES];
   struct vn_wsi_image *kept[FAKE_MAX_FRAMES];
   uint32_t kept_count;

   /* the GPU */
   uint64_t submitted;
   uint64_t done; /* points up to it are reached */
   bool lost;
   VkResult submit_result;
   VkResult direct_images_result; /* of making images for the direct road */

   /* what is alive: 0 when all is over */
   int swapchains, images, objects;
   int imported_fd; /* by the last acquire, owned; -1: none */
   uint32_t semaphore_imports, fence_imports;
};

extern struct fake_window fake;

/* Everything as it is at the beginning; nothing may be alive. */
void fake_window_reset(void);

/* The device, a queue and a surface on it, borrowed. */
VkDevice fake_device(void);
VkQueue fake_queue(void);
struct vn_surface *fake_surface(void);

/* The GPU has done all that was submitted; all but so much. */
void fake_gpu_finish(void);
void fake_gpu_finish_but(uint64_t count);
/* The GPU is gone. */
void fake_gpu_lose(void);
/* Changes a bool and lets the presenter look again. */
void fake_window_set(bool *what, bool value);
/* Lets the oldest kept image go, with a file that it takes. */
void fake_window_release(int release_fd);
/* Wakes the presenter, whose dispatch will return this. */
void fake_window_say(VkResult result);
/* Waits until so many frames were presented. False: they were not. */
bool fake_window_wait(uint32_t frame_count);
/* For so long that something that must not happen would have happened. */
void fake_window_settle(void);

#endif /* FAKE_WINDOW_H */
