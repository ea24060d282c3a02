/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See fake_window.h. The functions of the driver that the swapchain calls are
 * at the end.
 */

#include "fake_window.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "vn_chain.h"
#include "vn_entrypoints.h"
#include "vn_fence.h"
#include "vn_sync_file.h"
#include "vn_wait.h"
#include "vn_wsi_image.h"

#define WAIT_S    20
#define SETTLE_MS 20

struct fake_window fake = {
   .mutex = PTHREAD_MUTEX_INITIALIZER,
   .cond = PTHREAD_COND_INITIALIZER,
   .imported_fd = -1,
};

static int bell = -1; /* rings when the window system has something to say */
static struct vn_device device;
static struct vn_physical_device physical;
static struct vn_queue queue;
static struct vn_surface surface;

/* ---- the window system --------------------------------------------------- */

static void
ring(void)
{
   const uint64_t one = 1;
   if (write(bell, &one, sizeof(one)) < 0)
      abort();
}

static VkResult
get_capabilities(struct vn_surface *s, VkSurfaceCapabilitiesKHR *caps)
{
   return VK_SUCCESS;
}

static uint32_t
get_present_modes(struct vn_surface *s, struct vn_physical_device *p)
{
   return 1u << VK_PRESENT_MODE_FIFO_KHR | 1u << VK_PRESENT_MODE_MAILBOX_KHR;
}

static uint32_t
get_min_image_count(struct vn_surface *s, VkPresentModeKHR mode)
{
   return mode == VK_PRESENT_MODE_MAILBOX_KHR ? 4 : 2;
}

static VkResult
init(struct vn_swapchain *swapchain)
{
   pthread_mutex_lock(&fake.mutex);
   const VkResult result = swapchain->road == VN_WSI_ROAD_DIRECT
                              ? fake.direct_init_result
                              : VK_SUCCESS;
   if (result == VK_SUCCESS)
      fake.swapchains++;
   swapchain->takes_sync_file = fake.takes_sync_file;
   pthread_mutex_unlock(&fake.mutex);
   return result;
}

static void
finish(struct vn_swapchain *swapchain)
{
   pthread_mutex_lock(&fake.mutex);
   fake.swapchains--;
   pthread_mutex_unlock(&fake.mutex);
}

static VkResult
image_init(struct vn_swapchain *swapchain, struct vn_wsi_image *image)
{
   pthread_mutex_lock(&fake.mutex);
   const VkResult result = image->index == fake.image_init_at
                              ? fake.image_init_result
                              : VK_SUCCESS;
   if (result == VK_SUCCESS)
      fake.images++;
   pthread_mutex_unlock(&fake.mutex);
   return result;
}

static void
image_finish(struct vn_swapchain *swapchain, struct vn_wsi_image *image)
{
   pthread_mutex_lock(&fake.mutex);
   fake.images--;
   pthread_mutex_unlock(&fake.mutex);
}

static VkResult
dispatch(struct vn_swapchain *swapchain, int wake_fd, int timeout_ms)
{
   struct pollfd fds[2] = {
      { .fd = wake_fd, .events = POLLIN },
      { .fd = bell, .events = POLLIN },
   };
   uint64_t value;
   VkResult result = VK_SUCCESS;

   poll(fds, 2, timeout_ms);
   if (fds[1].revents && read(bell, &value, sizeof(value)) > 0) {
      pthread_mutex_lock(&fake.mutex);
      result = fake.dispatch_result;
      pthread_mutex_unlock(&fake.mutex);
   }
   return result;
}

static bool
is_ready(struct vn_swapchain *swapchain, VkPresentModeKHR mode)
{
   pthread_mutex_lock(&fake.mutex);
   const bool ready = fake.ready;
   pthread_mutex_unlock(&fake.mutex);
   return ready;
}

static VkResult
present(struct vn_swapchain *swapchain, struct vn_wsi_frame *frame)
{
   pthread_mutex_lock(&fake.mutex);
   struct fake_frame *seen = &fake.frames[fake.frame_count++];
   *seen = (struct fake_frame){
      .index = frame->image->index,
      .mode = frame->mode,
      .serial = frame->serial,
      .present_id = frame->present_id,
      .had_ready_fd = frame->ready_fd >= 0,
      .damage_count = frame->damage_count,
      .generation = swapchain->generation,
   };
   for (uint32_t i = 0; i < frame->damage_count && i < 4; i++)
      seen->damage[i] = frame->damage[i];
   const VkResult result = fake.present_result;
   const bool keep = fake.keeps;
   if (keep)
      fake.kept[fake.kept_count++] = frame->image;
   pthread_cond_broadcast(&fake.cond);
   pthread_mutex_unlock(&fake.mutex);

   vn_swapchain_set_presented(swapchain, frame->present_id);
   if (!keep)
      vn_swapchain_set_idle(swapchain, frame->image, -1);
   return result;
}

static const struct vn_swapchain_ops swapchain_ops = {
   .size = sizeof(struct vn_swapchain),
   .image_size = sizeof(struct vn_wsi_image),
   .init = init,
   .finish = finish,
   .image_init = image_init,
   .image_finish = image_finish,
   .dispatch = dispatch,
   .is_ready = is_ready,
   .present = present,
};

static const struct vn_surface_ops surface_ops = {
   .get_capabilities = get_capabilities,
   .get_present_modes = get_present_modes,
   .get_min_image_count = get_min_image_count,
   .swapchain = &swapchain_ops,
};

/* ---- what a test does ---------------------------------------------------- */

void
fake_window_reset(void)
{
   if (bell == -1) {
      bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
      vn_object_init(&device.dispatch.base, VK_OBJECT_TYPE_DEVICE);
      device.alloc = vn_default_allocator;
      device.physical_device = &physical;
      pthread_mutex_init(&device.submit_mutex, NULL);
      vn_object_init(&queue.dispatch.base, VK_OBJECT_TYPE_QUEUE);
      queue.device = &device;
      surface.ops = &surface_ops;
      surface.platform = "fake";
      pthread_mutex_init(&surface.mutex, NULL);
      pthread_mutex_init(&surface.present_mutex, NULL);
   }
   memset(&device.usable_extensions, 0xff, sizeof(device.usable_extensions));
   pthread_mutex_lock(&fake.mutex);
   fake.ready = true;
   fake.keeps = false;
   fake.present_result = VK_SUCCESS;
   fake.dispatch_result = VK_SUCCESS;
   fake.takes_sync_file = false;
   fake.direct_init_result = VK_SUCCESS;
   fake.image_init_at = UINT32_MAX;
   fake.frame_count = 0;
   fake.kept_count = 0;
   fake.done = UINT64_MAX;
   fake.lost = false;
   fake.submit_result = VK_SUCCESS;
   fake.direct_images_result = VK_SUCCESS;
   fake.semaphore_imports = 0;
   fake.fence_imports = 0;
   u_fd_close(&fake.imported_fd);
   pthread_mutex_unlock(&fake.mutex);
}

VkDevice
fake_device(void)
{
   return vn_device_to_handle(&device);
}

VkQueue
fake_queue(void)
{
   return vn_queue_to_handle(&queue);
}

struct vn_surface *
fake_surface(void)
{
   return &surface;
}

void
fake_gpu_finish(void)
{
   fake_gpu_finish_but(0);
}

void
fake_gpu_finish_but(uint64_t count)
{
   pthread_mutex_lock(&fake.mutex);
   fake.done = fake.submitted - count;
   pthread_cond_broadcast(&fake.cond);
   pthread_mutex_unlock(&fake.mutex);
}

void
fake_gpu_lose(void)
{
   pthread_mutex_lock(&fake.mutex);
   fake.lost = true;
   pthread_cond_broadcast(&fake.cond);
   pthread_mutex_unlock(&fake.mutex);
}

void
fake_window_set(bool *what, bool value)
{
   pthread_mutex_lock(&fake.mutex);
   *what = value;
   pthread_mutex_unlock(&fake.mutex);
   ring();
}

void
fake_window_release(int release_fd)
{
   pthread_mutex_lock(&fake.mutex);
   struct vn_wsi_image *image = fake.kept[0];
   memmove(&fake.kept[0], &fake.kept[1],
           --fake.kept_count * sizeof(fake.kept[0]));
   pthread_mutex_unlock(&fake.mutex);
   vn_swapchain_set_idle(image->swapchain, image, release_fd);
}

void
fake_window_say(VkResult result)
{
   pthread_mutex_lock(&fake.mutex);
   fake.dispatch_result = result;
   pthread_mutex_unlock(&fake.mutex);
   ring();
}

bool
fake_window_wait(uint32_t frame_count)
{
   struct timespec until;
   int ret = 0;

   clock_gettime(CLOCK_REALTIME, &until);
   until.tv_sec += WAIT_S;
   pthread_mutex_lock(&fake.mutex);
   while (fake.frame_count < frame_count && ret == 0)
      ret = pthread_cond_timedwait(&fake.cond, &fake.mutex, &until);
   const bool enough = fake.frame_count >= frame_count;
   pthread_mutex_unlock(&fake.mutex);
   return enough;
}

void
fake_window_settle(void)
{
   usleep(SETTLE_MS * 1000);
}

/* ---- the driver ---------------------------------------------------------- */

static void
count_object(int change)
{
   pthread_mutex_lock(&fake.mutex);
   fake.objects += change;
   pthread_mutex_unlock(&fake.mutex);
}

VkResult
vn_wsi_image_set_init(struct vn_swapchain *swapchain,
                      const VkSwapchainCreateInfoKHR *info)
{
   swapchain->image_set = calloc(1, sizeof(*swapchain->image_set));
   count_object(1);
   return VK_SUCCESS;
}

void
vn_wsi_image_set_finish(struct vn_swapchain *swapchain)
{
   free(swapchain->image_set);
   count_object(-1);
}

VkResult
vn_wsi_road_plan(struct vn_surface *s,
                 struct vn_physical_device *p,
                 const VkSwapchainCreateInfoKHR *info,
                 const VkImageCreateInfo *image_info,
                 enum vn_wsi_road road,
                 struct vn_wsi_road_plan *plan_out,
                 const char **why)
{
   *plan_out = (struct vn_wsi_road_plan){ 0 };
   count_object(1);
   return VK_SUCCESS;
}

void
vn_wsi_road_plan_finish(struct vn_wsi_road_plan *plan)
{
   count_object(-1);
}

VkResult
vn_wsi_images_init(struct vn_swapchain *swapchain,
                   const struct vn_wsi_road_plan *plan,
                   const char **why)
{
   if (swapchain->road == VN_WSI_ROAD_DIRECT &&
       fake.direct_images_result != VK_SUCCESS)
      return fake.direct_images_result;
   for (uint32_t i = 0; i < swapchain->image_count; i++) {
      struct vn_wsi_image *image = swapchain->images[i];
      image->vk = calloc(1, sizeof(*image->vk));
      image->pixels.fd = -1;
      count_object(1);
   }
   return VK_SUCCESS;
}

void
vn_wsi_image_finish(struct vn_swapchain *swapchain,
                    struct vn_wsi_image *image)
{
   if (image->vk)
      count_object(-1);
   free(image->vk);
   image->vk = NULL;
}

VkResult
vn_wsi_present_commands(struct vn_swapchain *swapchain,
                        const struct vn_wsi_frame *frame,
                        uint32_t family_index,
                        VkCommandBuffer *buffer_out)
{
   *buffer_out = VK_NULL_HANDLE;
   return VK_SUCCESS;
}

void
vn_wsi_present_submitted(struct vn_swapchain *swapchain,
                         const struct vn_wsi_frame *frame,
                         const struct vn_queue_point *point)
{
   frame->image->vk->point = *point;
}

VkResult
vn_QueueSubmit(VkQueue q,
               uint32_t count,
               const VkSubmitInfo *infos,
               VkFence _fence)
{
   struct vn_fence *fence = vn_fence_from_handle(_fence);

   pthread_mutex_lock(&fake.mutex);
   const VkResult result = fake.submit_result;
   if (result == VK_SUCCESS) {
      fake.submitted++;
      fence->point = (struct vn_queue_point){ &queue, fake.submitted };
   }
   pthread_mutex_unlock(&fake.mutex);
   return result;
}

bool
vn_queue_reached(struct vn_queue *q, uint64_t value)
{
   pthread_mutex_lock(&fake.mutex);
   const bool reached = fake.done >= value;
   pthread_mutex_unlock(&fake.mutex);
   return reached;
}

VkResult
vn_wait(struct vn_device *d, const struct vn_wait *wait)
{
   const struct vn_queue_point *point = wait->items;
   VkResult result = VK_SUCCESS;

   pthread_mutex_lock(&fake.mutex);
   while (fake.done < point->value && !fake.lost)
      pthread_cond_wait(&fake.cond, &fake.mutex);
   if (fake.done < point->value)
      result = VK_ERROR_DEVICE_LOST;
   pthread_mutex_unlock(&fake.mutex);
   return result;
}

VkResult
vn_sync_file_import_semaphore(struct vn_device *d,
                              VkSemaphore semaphore,
                              int fd)
{
   pthread_mutex_lock(&fake.mutex);
   u_fd_close(&fake.imported_fd);
   fake.imported_fd = fd;
   fake.semaphore_imports++;
   pthread_mutex_unlock(&fake.mutex);
   return VK_SUCCESS;
}

VkResult
vn_sync_file_import_fence(struct vn_device *d, VkFence fence, int fd)
{
   pthread_mutex_lock(&fake.mutex);
   fake.fence_imports++;
   pthread_mutex_unlock(&fake.mutex);
   return VK_SUCCESS;
}

VkResult
vn_sync_file_export_point(struct vn_device *d,
                          const struct vn_queue_point *point,
                          int *fd_out)
{
   *fd_out = eventfd(1, EFD_CLOEXEC);
   return *fd_out >= 0 ? VK_SUCCESS : VK_ERROR_OUT_OF_HOST_MEMORY;
}
