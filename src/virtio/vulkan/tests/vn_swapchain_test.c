/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The swapchain above a window system that does what it is told: the order
 * of frames, images that come back while others are drawn, failures of every
 * kind, and what is left when it is over.
 */

#include <dirent.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "fake_window.h"
#include "u_test.h"
#include "vn_entrypoints.h"

#define LONG_NS  (UINT64_C(20) * VN_NSEC_PER_SEC)
#define SHORT_NS UINT64_C(1000000)

/* Nothing looks at them. */
#define SEMAPHORE ((VkSemaphore)(uintptr_t)0x5e)

static int
count_fds(void)
{
   int count = 0;
   DIR *dir = opendir("/proc/self/fd");
   while (dir && readdir(dir))
      count++;
   if (dir)
      closedir(dir);
   return count;
}

static VkResult
create(VkPresentModeKHR mode, VkSwapchainKHR old, VkSwapchainKHR *out)
{
   const VkSwapchainCreateInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_SWAPCHAIN_CREATE_INFO_KHR,
      .surface = vn_surface_to_handle(fake_surface()),
      .minImageCount = 3,
      .imageFormat = VK_FORMAT_B8G8R8A8_UNORM,
      .imageExtent = { 100, 50 },
      .imageArrayLayers = 1,
      .presentMode = mode,
      .oldSwapchain = old,
   };
   *out = VK_NULL_HANDLE;
   return vn_CreateSwapchainKHR(fake_device(), &info, NULL, out);
}

static VkSwapchainKHR
create_fifo(void)
{
   VkSwapchainKHR swapchain;
   U_CHECK_EQ(create(VK_PRESENT_MODE_FIFO_KHR, VK_NULL_HANDLE, &swapchain),
              VK_SUCCESS);
   return swapchain;
}

/* Waits for the GPU, whatever it was told before. */
static void
destroy(VkSwapchainKHR swapchain)
{
   fake_gpu_finish();
   vn_DestroySwapchainKHR(fake_device(), swapchain, NULL);
}

static VkResult
acquire(VkSwapchainKHR swapchain, uint64_t timeout_ns, uint32_t *index)
{
   return vn_AcquireNextImageKHR(fake_device(), swapchain, timeout_ns,
                                 SEMAPHORE, VK_NULL_HANDLE, index);
}

static VkResult
present(VkSwapchainKHR swapchain, uint32_t index, uint64_t id, void *next)
{
   const VkPresentIdKHR id_info = {
      .sType = VK_STRUCTURE_TYPE_PRESENT_ID_KHR,
      .pNext = next,
      .swapchainCount = 1,
      .pPresentIds = &id,
   };
   const VkPresentInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_PRESENT_INFO_KHR,
      .pNext = &id_info,
      .swapchainCount = 1,
      .pSwapchains = &swapchain,
      .pImageIndices = &index,
   };
   return vn_QueuePresentKHR(fake_queue(), &info);
}

static VkResult
frame(VkSwapchainKHR swapchain, uint64_t id)
{
   uint32_t index;
   const VkResult result = acquire(swapchain, LONG_NS, &index);
   return result < VK_SUCCESS ? result : present(swapchain, index, id, NULL);
}

static VkResult
wait_id(VkSwapchainKHR swapchain, uint64_t id, uint64_t timeout_ns)
{
   return vn_WaitForPresentKHR(fake_device(), swapchain, id, timeout_ns);
}

/* Frames wait for the GPU, in order; images come back meanwhile. */
static void
test_watcher(void)
{
   const VkSwapchainKHR swapchain = create_fifo();
   uint32_t index;

   fake.done = 0;
   fake.keeps = true;
   U_CHECK_EQ(frame(swapchain, 1), VK_SUCCESS);
   fake_window_settle();
   U_CHECK_EQ(fake.frame_count, 0);
   fake_gpu_finish();
   U_CHECK(fake_window_wait(1));

   /* two are on their way or held, one is left */
   U_CHECK_EQ(frame(swapchain, 2), VK_SUCCESS);
   U_CHECK_EQ(acquire(swapchain, 0, &index), VK_SUCCESS);
   U_CHECK_EQ(present(swapchain, index, 3, NULL), VK_SUCCESS);
   U_CHECK_EQ(acquire(swapchain, 0, &index), VK_NOT_READY);
   U_CHECK_EQ(acquire(swapchain, SHORT_NS, &index), VK_TIMEOUT);
   /* the GPU is at the second still */
   fake_window_release(-1);
   U_CHECK_EQ(acquire(swapchain, LONG_NS, &index), VK_SUCCESS);
   U_CHECK_EQ(index, fake.frames[0].index);
   U_CHECK_EQ(fake.frame_count, 1);

   fake_gpu_finish();
   U_CHECK(fake_window_wait(3));
   for (uint32_t i = 0; i < 3; i++) {
      U_CHECK_EQ(fake.frames[i].serial, i + 1);
      U_CHECK_EQ(fake.frames[i].present_id, i + 1);
      U_CHECK_EQ(fake.frames[i].mode, VK_PRESENT_MODE_FIFO_KHR);
   }
   U_CHECK_EQ(wait_id(swapchain, 3, LONG_NS), VK_SUCCESS);
   destroy(swapchain);
}

/* A later frame takes the place of one that was not taken yet. */
static void
test_mailbox(void)
{
   VkRectLayerKHR rect = { { 1, 1 }, { 2, 2 }, 0 };
   const VkPresentRegionKHR region = { 1, &rect };
   VkPresentRegionsKHR regions = {
      .sType = VK_STRUCTURE_TYPE_PRESENT_REGIONS_KHR,
      .swapchainCount = 1,
      .pRegions = &region,
   };
   VkSwapchainKHR swapchain;
   uint32_t index, count = 0;

   U_CHECK_EQ(create(VK_PRESENT_MODE_MAILBOX_KHR, VK_NULL_HANDLE, &swapchain),
              VK_SUCCESS);
   U_CHECK_EQ(
      vn_GetSwapchainImagesKHR(fake_device(), swapchain, &count, NULL),
      VK_SUCCESS);
   U_CHECK_EQ(count, 4); /* more than asked for, as the mode needs them */
   fake.ready = false;
   for (uint64_t id = 1; id <= 10; id++) {
      U_CHECK_EQ(acquire(swapchain, LONG_NS, &index), VK_SUCCESS);
      U_CHECK_EQ(present(swapchain, index, id, &regions), VK_SUCCESS);
   }
   /* all but the last were replaced, and count as presented */
   U_CHECK_EQ(wait_id(swapchain, 9, LONG_NS), VK_SUCCESS);
   U_CHECK_EQ(wait_id(swapchain, 10, SHORT_NS), VK_TIMEOUT);
   fake_window_set(&fake.ready, true);
   U_CHECK(fake_window_wait(1));
   U_CHECK_EQ(fake.frames[0].present_id, 10);
   U_CHECK_EQ(fake.frames[0].damage_count, 0); /* that is, everything */
   U_CHECK_EQ(acquire(swapchain, LONG_NS, &index), VK_SUCCESS);
   U_CHECK_EQ(present(swapchain, index, 11, &regions), VK_SUCCESS);
   U_CHECK(fake_window_wait(2));
   U_CHECK_EQ(fake.frames[1].damage_count, 1);
   destroy(swapchain);
}

/* In FIFO every frame is shown, however late. */
static void
test_fifo(void)
{
   const VkSwapchainKHR swapchain = create_fifo();

   fake.ready = false;
   for (uint64_t id = 1; id <= 3; id++)
      U_CHECK_EQ(frame(swapchain, id), VK_SUCCESS);
   fake_window_settle();
   U_CHECK_EQ(fake.frame_count, 0);
   U_CHECK_EQ(wait_id(swapchain, 1, 0), VK_TIMEOUT);
   fake_window_set(&fake.ready, true);
   U_CHECK(fake_window_wait(3));
   for (uint32_t i = 0; i < 3; i++)
      U_CHECK_EQ(fake.frames[i].present_id, i + 1);
   destroy(swapchain);
}

static void
test_damage(void)
{
   const VkRectLayerKHR rects[] = {
      { { -5, -5 }, { 10, 10 }, 0 },
      { { 90, 40 }, { 1000, 1000 }, 0 },
      { { 100, 0 }, { 5, 5 }, 0 }, /* beside the image */
      { { 3, 4 }, { 0, 9 }, 0 },
   };
   const VkPresentRegionKHR inside = { 4, rects };
   const VkPresentRegionKHR outside = { 1, &rects[2] };
   VkPresentRegionsKHR regions = {
      .sType = VK_STRUCTURE_TYPE_PRESENT_REGIONS_KHR,
      .swapchainCount = 1,
   };
   const VkSwapchainKHR swapchain = create_fifo();
   uint32_t index;

   for (uint32_t i = 0; i < 2; i++) {
      regions.pRegions = i ? &outside : &inside;
      U_CHECK_EQ(acquire(swapchain, LONG_NS, &index), VK_SUCCESS);
      U_CHECK_EQ(present(swapchain, index, 0, &regions), VK_SUCCESS);
   }
   U_CHECK(fake_window_wait(2));
   U_CHECK_EQ(fake.frames[0].damage_count, 2);
   const VkRect2D *damage = fake.frames[0].damage;
   U_CHECK_EQ(damage[0].offset.x, 0);
   U_CHECK_EQ(damage[0].extent.width, 5);
   U_CHECK_EQ(damage[1].offset.x, 90);
   U_CHECK_EQ(damage[1].extent.width, 10);
   U_CHECK_EQ(damage[1].extent.height, 10);
   /* nothing changed: but no rectangle would mean all of it */
   U_CHECK_EQ(fake.frames[1].damage_count, 1);
   U_CHECK_EQ(fake.frames[1].damage[0].extent.width, 1);
   destroy(swapchain);
}

struct waiter {
   VkSwapchainKHR swapchain;
   VkResult acquired, presented;
};

static void *
wait_in_vain(void *data)
{
   struct waiter *waiter = data;
   uint32_t index;
   waiter->acquired = acquire(waiter->swapchain, UINT64_MAX, &index);
   waiter->presented = wait_id(waiter->swapchain, 99, UINT64_MAX);
   return NULL;
}

/* Whoever waits hears of it, and so does whoever comes later. */
static void
check_failed(VkSwapchainKHR swapchain,
             void (*fail)(void),
             uint32_t index,
             VkResult expected)
{
   struct waiter waiter = { .swapchain = swapchain };
   pthread_t thread;
   uint32_t none;

   U_CHECK_EQ(pthread_create(&thread, NULL, wait_in_vain, &waiter), 0);
   fake_window_settle();
   fail();
   pthread_join(thread, NULL);
   U_CHECK_EQ(waiter.acquired, expected);
   U_CHECK_EQ(waiter.presented, expected);
   U_CHECK_EQ(acquire(swapchain, LONG_NS, &none), expected);
   U_CHECK_EQ(wait_id(swapchain, 98, LONG_NS), expected);
   U_CHECK_EQ(present(swapchain, index, 97, NULL), expected);
   destroy(swapchain);
}

/* Makes the images scarce: one is the application's, the rest is under way. */
static VkSwapchainKHR
create_busy(uint32_t *index_out)
{
   const VkSwapchainKHR swapchain = create_fifo();

   fake.keeps = true;
   fake.done = 0;
   U_CHECK_EQ(acquire(swapchain, LONG_NS, index_out), VK_SUCCESS);
   U_CHECK_EQ(frame(swapchain, 1), VK_SUCCESS);
   U_CHECK_EQ(frame(swapchain, 2), VK_SUCCESS);
   return swapchain;
}

static void
fail_present(void)
{
   fake.present_result = VK_ERROR_SURFACE_LOST_KHR;
   fake_gpu_finish();
}

static void
fail_dispatch(void)
{
   fake_window_say(VK_ERROR_OUT_OF_DATE_KHR);
   /* the frames that are drawn now find nobody */
   fake_window_settle();
   fake_gpu_finish();
}

static void
test_failures(void)
{
   uint32_t index;
   VkSwapchainKHR swapchain = create_busy(&index);

   check_failed(swapchain, fail_present, index, VK_ERROR_SURFACE_LOST_KHR);
   U_CHECK_EQ(fake.frame_count, 1); /* nothing more is said to it */

   fake_window_reset();
   swapchain = create_busy(&index);
   check_failed(swapchain, fail_dispatch, index, VK_ERROR_OUT_OF_DATE_KHR);
   U_CHECK_EQ(fake.frame_count, 0);

   fake_window_reset();
   swapchain = create_busy(&index);
   check_failed(swapchain, fake_gpu_lose, index, VK_ERROR_DEVICE_LOST);
   U_CHECK_EQ(fake.frame_count, 0);
}

/* A success that stays one. */
static void
test_suboptimal(void)
{
   const VkSwapchainKHR swapchain = create_fifo();
   uint32_t index;

   fake.present_result = VK_SUBOPTIMAL_KHR;
   U_CHECK_EQ(frame(swapchain, 1), VK_SUCCESS);
   U_CHECK_EQ(wait_id(swapchain, 1, LONG_NS), VK_SUCCESS);
   /* said right after the frame was shown */
   for (uint32_t i = 0; i < 1000; i++) {
      const VkResult result = acquire(swapchain, LONG_NS, &index);
      U_CHECK_EQ(present(swapchain, index, 0, NULL) >= VK_SUCCESS, 1);
      if (result == VK_SUBOPTIMAL_KHR)
         break;
      U_CHECK_EQ(result, VK_SUCCESS);
      usleep(1000);
   }
   U_CHECK_EQ(acquire(swapchain, LONG_NS, &index), VK_SUBOPTIMAL_KHR);
   U_CHECK_EQ(present(swapchain, index, 2, NULL), VK_SUBOPTIMAL_KHR);
   fake_window_say(VK_ERROR_OUT_OF_DATE_KHR);
   while (acquire(swapchain, LONG_NS, &index) == VK_SUBOPTIMAL_KHR)
      present(swapchain, index, 0, NULL);
   U_CHECK_EQ(acquire(swapchain, LONG_NS, &index), VK_ERROR_OUT_OF_DATE_KHR);
   destroy(swapchain);
}

/* Each step of creation fails once. */
static void
test_creation(void)
{
   VkSwapchainKHR swapchain;

   /* only the direct road is refused */
   fake.direct_init_result = VK_ERROR_INITIALIZATION_FAILED;
   swapchain = create_fifo();
   U_CHECK_EQ(vn_swapchain_from_handle(swapchain)->road, VN_WSI_ROAD_COPY);
   destroy(swapchain);

   /* so does a host that cannot share, but not one that is gone */
   fake.direct_images_result = VK_ERROR_OUT_OF_DEVICE_MEMORY;
   swapchain = create_fifo();
   U_CHECK_EQ(vn_swapchain_from_handle(swapchain)->road, VN_WSI_ROAD_COPY);
   destroy(swapchain);
   fake.direct_images_result = VK_ERROR_DEVICE_LOST;
   U_CHECK_EQ(create(VK_PRESENT_MODE_FIFO_KHR, VK_NULL_HANDLE, &swapchain),
              VK_ERROR_DEVICE_LOST);
   fake.direct_images_result = VK_SUCCESS;

   fake.direct_init_result = VK_ERROR_SURFACE_LOST_KHR;
   U_CHECK_EQ(create(VK_PRESENT_MODE_FIFO_KHR, VK_NULL_HANDLE, &swapchain),
              VK_ERROR_SURFACE_LOST_KHR);

   fake.direct_init_result = VK_SUCCESS;
   fake.image_init_result = VK_ERROR_OUT_OF_HOST_MEMORY;
   for (uint32_t i = 0; i < 3; i++) {
      fake.image_init_at = i;
      U_CHECK_EQ(create(VK_PRESENT_MODE_FIFO_KHR, VK_NULL_HANDLE, &swapchain),
                 VK_ERROR_OUT_OF_HOST_MEMORY);
      U_CHECK_EQ(fake.images, 0);
   }
   /* on both roads */
   fake.image_init_result = VK_ERROR_INITIALIZATION_FAILED;
   U_CHECK_EQ(create(VK_PRESENT_MODE_FIFO_KHR, VK_NULL_HANDLE, &swapchain),
              VK_ERROR_INITIALIZATION_FAILED);
   fake.image_init_at = UINT32_MAX;
   swapchain = create_fifo();
   VkSwapchainKHR second;
   U_CHECK_EQ(create(VK_PRESENT_MODE_FIFO_KHR, VK_NULL_HANDLE, &second),
              VK_ERROR_NATIVE_WINDOW_IN_USE_KHR);
   /* an old one is retired by what fails, too */
   fake.direct_init_result = VK_ERROR_SURFACE_LOST_KHR;
   U_CHECK_EQ(create(VK_PRESENT_MODE_FIFO_KHR, swapchain, &second),
              VK_ERROR_SURFACE_LOST_KHR);
   uint32_t index;
   U_CHECK_EQ(acquire(swapchain, 0, &index), VK_ERROR_OUT_OF_DATE_KHR);
   destroy(swapchain);
}

/* What the old one still has does not come after the new one's. */
static void
test_overtaken(void)
{
   const VkSwapchainKHR old = create_fifo();
   VkSwapchainKHR new;

   fake.done = 0;
   U_CHECK_EQ(frame(old, 1), VK_SUCCESS);
   U_CHECK_EQ(frame(old, 2), VK_SUCCESS);
   U_CHECK_EQ(create(VK_PRESENT_MODE_FIFO_KHR, old, &new), VK_SUCCESS);
   /* the first of the old one is in time */
   fake_gpu_finish_but(1);
   U_CHECK(fake_window_wait(1));

   /* the new one's is, by a fast GPU, done before the second */
   struct vn_swapchain *head = vn_swapchain_from_handle(new);
   pthread_mutex_lock(&fake_surface()->present_mutex);
   fake_surface()->shown = head->generation;
   pthread_mutex_unlock(&fake_surface()->present_mutex);
   fake_gpu_finish();
   U_CHECK_EQ(wait_id(old, 2, LONG_NS), VK_SUCCESS); /* it was replaced */
   U_CHECK_EQ(fake.frame_count, 1);
   U_CHECK_EQ(frame(new, 1), VK_SUCCESS);
   fake_gpu_finish();
   U_CHECK(fake_window_wait(2));
   U_CHECK_EQ(fake.frames[1].generation, head->generation);
   destroy(new);
   destroy(old);
}

/* Files come with frames and go with images; none is left. */
static void
test_sync_files(void)
{
   const int fds = count_fds();
   uint32_t index;

   fake.takes_sync_file = true;
   fake.keeps = true;
   fake.done = 0; /* nobody waits for it */
   const VkSwapchainKHR swapchain = create_fifo();
   for (uint32_t i = 0; i < 3; i++)
      U_CHECK_EQ(frame(swapchain, i + 1), VK_SUCCESS);
   U_CHECK(fake_window_wait(3));
   U_CHECK(fake.frames[0].had_ready_fd);

   const int release = eventfd(0, EFD_CLOEXEC);
   fake_window_release(release);
   U_CHECK_EQ(acquire(swapchain, LONG_NS, &index), VK_SUCCESS);
   U_CHECK_EQ(fake.imported_fd, release);
   U_CHECK_EQ(fake.semaphore_imports, 4);

   /* one that nobody acquires, and one without a semaphore */
   fake_window_release(eventfd(0, EFD_CLOEXEC));
   U_CHECK_EQ(vn_AcquireNextImageKHR(fake_device(), swapchain, LONG_NS,
                                     VK_NULL_HANDLE, (VkFence)0x1000, &index),
              VK_SUCCESS);
   U_CHECK_EQ(fake.fence_imports, 1);
   fake_window_release(eventfd(0, EFD_CLOEXEC));
   fake_gpu_finish();
   destroy(swapchain);
   u_fd_close(&fake.imported_fd);
   U_CHECK_EQ(count_fds(), fds);
}

/* A present that does not go out leaves everything as it was. */
static void
test_no_submission(void)
{
   const VkSwapchainKHR swapchain = create_fifo();
   VkResult one = VK_SUCCESS;
   uint32_t index;

   U_CHECK_EQ(acquire(swapchain, LONG_NS, &index), VK_SUCCESS);
   fake.submit_result = VK_ERROR_OUT_OF_HOST_MEMORY;
   const VkPresentInfoKHR info = {
      .sType = VK_STRUCTURE_TYPE_PRESENT_INFO_KHR,
      .swapchainCount = 1,
      .pSwapchains = &swapchain,
      .pImageIndices = &index,
      .pResults = &one,
   };
   U_CHECK_EQ(vn_QueuePresentKHR(fake_queue(), &info),
              VK_ERROR_OUT_OF_HOST_MEMORY);
   U_CHECK_EQ(one, VK_ERROR_OUT_OF_HOST_MEMORY);
   U_CHECK_EQ(vn_swapchain_from_handle(swapchain)->images[index]->state,
              VN_WSI_IMAGE_ACQUIRED);
   fake.submit_result = VK_SUCCESS;
   U_CHECK_EQ(present(swapchain, index, 1, NULL), VK_SUCCESS);
   U_CHECK(fake_window_wait(1));
   destroy(swapchain);
}

/* Structs of extensions that the device was made without are passed over,
 * although nothing of their members makes sense.
 */
static void
test_not_enabled(void)
{
   static const VkBaseInStructure head_only[] = {
      { VK_STRUCTURE_TYPE_SWAPCHAIN_PRESENT_FENCE_INFO_EXT, NULL },
      { VK_STRUCTURE_TYPE_SWAPCHAIN_PRESENT_MODE_INFO_EXT, &head_only[0] },
      { VK_STRUCTURE_TYPE_PRESENT_REGIONS_KHR, &head_only[1] },
   };
   const VkSwapchainKHR swapchain = create_fifo();
   struct vn_device *device = vn_device_from_handle(fake_device());
   uint32_t index;

   memset(&device->usable_extensions, 0, sizeof(device->usable_extensions));
   U_CHECK_EQ(acquire(swapchain, LONG_NS, &index), VK_SUCCESS);
   U_CHECK_EQ(present(swapchain, index, 7, (void *)&head_only[2]),
              VK_SUCCESS);
   U_CHECK(fake_window_wait(1));
   U_CHECK_EQ(fake.frames[0].present_id, 0);
   U_CHECK_EQ(fake.frames[0].mode, VK_PRESENT_MODE_FIFO_KHR);
   U_CHECK_EQ(fake.frames[0].damage_count, 0);
   U_CHECK_EQ(fake.fence_imports, 0);
   destroy(swapchain);
}

/* Destroyed with frames in every stage. */
static void
test_destroy(void)
{
   for (uint32_t i = 0; i < 200; i++) {
      const VkSwapchainKHR swapchain = create_fifo();

      fake_window_reset();
      fake.keeps = i & 1;
      fake.ready = !(i & 2);
      for (uint32_t j = 0; j < i % 4; j++) {
         uint32_t index;
         if (acquire(swapchain, 0, &index) == VK_SUCCESS)
            U_CHECK_EQ(present(swapchain, index, 0, NULL), VK_SUCCESS);
      }
      destroy(swapchain);
   }
}

int
main(void)
{
   static void (*const tests[])(void) = {
      test_watcher,    test_mailbox,       test_fifo,     test_damage,
      test_failures,   test_suboptimal,    test_creation, test_overtaken,
      test_sync_files, test_no_submission, test_destroy,  test_not_enabled,
   };
   alarm(100);
   fake_window_reset();
   const int fds = count_fds();
   for (uint32_t i = 0; i < VN_ARRAY_SIZE(tests); i++) {
      fake_window_reset();
      tests[i]();
      U_CHECK_EQ(fake.swapchains, 0);
      U_CHECK_EQ(fake.images, 0);
      U_CHECK_EQ(fake.objects, 0);
   }
   fake_window_reset();
   U_CHECK_EQ(count_fds(), fds);
   return u_test_result();
}
