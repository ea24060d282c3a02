/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The virtio-gpu transport on a device that exists only here: what is no
 * device, each call failing in turn, the table of handles, waits.
 */

#include "vn_virtgpu.h"

#include <dirent.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fake_drm.h"
#include "u_test.h"

static const struct vn_virtgpu_limits limits = {
   .reply_ns = VN_NSEC_PER_SEC / 5,
   .slice_ns = VN_NSEC_PER_SEC / 50,
};

static int
count_fds(void)
{
   DIR *dir = opendir("/proc/self/fd");
   int count = 0;
   while (readdir(dir))
      count++;
   closedir(dir);
   return count;
}

static struct vn_renderer *
create(void)
{
   struct vn_renderer *renderer = NULL;
   const VkResult result = vn_virtgpu_create(NULL, &limits, &renderer);
   return result == VK_SUCCESS ? renderer : NULL;
}

static void
check_no_device(const char *what)
{
   const int fds = count_fds();
   struct vn_renderer *renderer;
   fprintf(stderr, "no device: %s\n", what);
   U_CHECK_EQ(vn_virtgpu_create(NULL, &limits, &renderer),
              VK_ERROR_INITIALIZATION_FAILED);
   U_CHECK_EQ(count_fds(), fds);
   fake_drm_reset();
}

static void
test_devices(void)
{
   fake_device.exists = false;
   check_no_device("none");
   fake_device.vendor = 0x8086;
   check_no_device("another vendor");
   fake_device.driver = "i915";
   check_no_device("another driver");
   fake_device.bus = FAKE_BUS_USB;
   check_no_device("another bus");
   fake_device.bus = FAKE_BUS_PLATFORM;
   fake_device.driver = "panfrost";
   check_no_device("another driver on the platform bus");
   fake_device.node = "/nonexistent/renderD128";
   check_no_device("a node that cannot be opened");

   static const enum virtgpu_param needed[] = {
      VIRTGPU_3D_FEATURES,   VIRTGPU_CAPSET_QUERY_FIX,
      VIRTGPU_RESOURCE_BLOB, VIRTGPU_HOST_VISIBLE,
      VIRTGPU_CONTEXT_INIT,  VIRTGPU_SUPPORTED_CAPSETS,
   };
   for (uint32_t i = 0; i < VN_ARRAY_SIZE(needed); i++) {
      fake_device.params[needed[i]] = 0;
      check_no_device("a parameter is 0");
      if (needed[i] == VIRTGPU_SUPPORTED_CAPSETS)
         continue;
      fake_device.params[needed[i]] = -EINVAL;
      check_no_device("a parameter is unknown");
   }
   fake_device.params[VIRTGPU_BLOB_ALIGNMENT] = 12345;
   check_no_device("an alignment that is none");
   fake_device.params[VIRTGPU_BLOB_ALIGNMENT] = 1 << 30;
   check_no_device("a huge alignment");

   fake_device.capset_size = 0;
   check_no_device("an empty capset");
   fake_device.capset.wire_format_version = 2;
   check_no_device("another wire format");
   fake_device.capset.vk_xml_version = 0;
   check_no_device("no Vulkan");
   fake_device.capset.use_guest_vram = 1;
   check_no_device("memory of the guest");

   /* on the platform bus, and with an alignment that is honoured */
   fake_device.bus = FAKE_BUS_PLATFORM;
   fake_device.params[VIRTGPU_BLOB_ALIGNMENT] = 16384;
   struct vn_renderer *renderer = create();
   if (U_CHECK(renderer != NULL)) {
      U_CHECK_EQ(renderer->info.memory_alignment, 16384);
      struct vn_renderer_bo *bo = NULL;
      U_CHECK_EQ(renderer->ops->bo_create(renderer, 5000, 1,
                                          VN_RENDERER_BO_MAPPABLE, &bo),
                 VK_SUCCESS);
      if (bo)
         U_CHECK_EQ(bo->size, 16384);
      renderer->ops->bo_unref(renderer, bo);
      renderer->ops->destroy(renderer);
   }
   fake_drm_reset();
}

/* A second mapping of all of it, where something else is; false: refused. */
static bool
place(struct vn_renderer *renderer, struct vn_renderer_bo *bo, uint8_t *map)
{
   const struct vn_renderer_ops *ops = renderer->ops;
   const size_t size = (size_t)bo->size, page = 4096;
   uint8_t *room = mmap(NULL, size + 2 * page, PROT_NONE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
   if (!U_CHECK(room != MAP_FAILED))
      return false;

   /* no part, nothing beyond the end */
   U_CHECK_EQ(ops->bo_map_placed(renderer, bo, page, size - page, room),
              VK_ERROR_MEMORY_MAP_FAILED);
   U_CHECK_EQ(ops->bo_map_placed(renderer, bo, 0, page, room),
              VK_ERROR_MEMORY_MAP_FAILED);
   U_CHECK_EQ(ops->bo_map_placed(renderer, bo, 0, size + page, room),
              VK_ERROR_MEMORY_MAP_FAILED);
   const bool ok =
      ops->bo_map_placed(renderer, bo, 0, size, room + page) == VK_SUCCESS;
   if (ok) {
      map[size - 1] = 0x5a;
      U_CHECK_EQ(room[page + size - 1], 0x5a);
   }
   munmap(room, size + 2 * page);
   return ok;
}

/* Everything once; false as soon as something fails. */
static bool
use_all(void)
{
   bool ok = false;
   struct vn_renderer_shmem *shmem = NULL;
   struct vn_renderer_bo *bo = NULL, *own = NULL, *foreign = NULL;
   struct vn_renderer_bo *hidden = NULL;
   struct vn_renderer_sync *sync = NULL;
   int fd = -1,
       other = fake_drm_foreign_buffer(VIRTGPU_BLOB_MEM_HOST3D, 8192);
   void *map;

   struct vn_renderer *renderer = create();
   if (!renderer)
      goto out;
   const struct vn_renderer_ops *ops = renderer->ops;
   const struct vn_renderer_submit submit = {
      .cs = "cmd",
      .size = 4,
      .has_fence = true,
      .ring_idx = 3,
      .value = 1,
   };
   struct vn_renderer_submit fenced = submit;
   uint64_t value = 0;
   ok = ops->shmem_create(renderer, 5000, &shmem) == VK_SUCCESS &&
        ops->bo_create(renderer, 9000, 1,
                       VN_RENDERER_BO_MAPPABLE | VN_RENDERER_BO_SHAREABLE,
                       &bo) == VK_SUCCESS &&
        ops->bo_create(renderer, 9000, 2, VN_RENDERER_BO_SHAREABLE,
                       &hidden) == VK_SUCCESS &&
        ops->bo_map(renderer, bo, &map) == VK_SUCCESS &&
        place(renderer, bo, map) &&
        ops->bo_export_fd(renderer, bo, &fd) == VK_SUCCESS &&
        ops->bo_import_fd(renderer, fd, &own) == VK_SUCCESS &&
        ops->bo_import_fd(renderer, other, &foreign) == VK_SUCCESS &&
        ops->bo_map(renderer, foreign, &map) == VK_SUCCESS &&
        ops->sync_create(renderer, 0, &sync) == VK_SUCCESS;
   if (ok) {
      U_CHECK(own == bo);
      U_CHECK(foreign != bo && !foreign->proven);
      U_CHECK_EQ(foreign->kind, VN_RENDERER_BO_HOST);
      U_CHECK_EQ(foreign->size, 8192);
      fenced.sync = sync;
      ok = ops->submit(renderer, &fenced) == VK_SUCCESS &&
           ops->sync_read(renderer, sync, &value) == VK_SUCCESS;
   }
   if (ok)
      U_CHECK_EQ(value, 1);

   ops->sync_destroy(renderer, sync);
   ops->bo_unref(renderer, foreign);
   ops->bo_unref(renderer, own);
   ops->bo_unref(renderer, hidden);
   ops->bo_unref(renderer, bo);
   ops->shmem_destroy(renderer, shmem);
   ops->destroy(renderer);
out:
   u_fd_close(&fd);
   u_fd_close(&other);
   return ok;
}

/* Every call fails once, in each of the ways; nothing is left behind. */
static void
test_failures(void)
{
   static const int errors[] = { ENOMEM, EMFILE, ENOSPC, EINVAL, ENODEV, EIO };

   U_CHECK(use_all());
   for (uint32_t e = 0; e < VN_ARRAY_SIZE(errors); e++) {
      for (int n = 1;; n++) {
         fake_drm_reset();
         const int fds = count_fds();
         fake_drm_fail(n, errors[e]);
         const bool ok = use_all();
         if (!fake_drm_has_failed()) {
            U_CHECK(ok);
            U_CHECK(n > 15);
            break;
         }
         U_CHECK_EQ(fake_drm_handles(), 0);
         /* each object keeps a memfd until the reset */
         fake_drm_reset();
         U_CHECK_EQ(count_fds(), fds);
      }
   }
   fake_drm_reset();
}

static void
test_kinds(void)
{
   static const struct {
      uint32_t blob_mem;
      enum vn_renderer_bo_kind kind;
   } kinds[] = {
      { VIRTGPU_BLOB_MEM_CLASSIC, VN_RENDERER_BO_CLASSIC },
      { VIRTGPU_BLOB_MEM_GUEST, VN_RENDERER_BO_GUEST },
      { VIRTGPU_BLOB_MEM_HOST3D, VN_RENDERER_BO_HOST },
      { VIRTGPU_BLOB_MEM_HOST3D_GUEST, VN_RENDERER_BO_HOST },
   };
   struct vn_renderer *renderer = create();
   if (!U_CHECK(renderer != NULL))
      return;
   struct vn_renderer_bo *bo;
   for (uint32_t i = 0; i < VN_ARRAY_SIZE(kinds); i++) {
      int fd = fake_drm_foreign_buffer(kinds[i].blob_mem, 4096);
      if (U_CHECK_EQ(renderer->ops->bo_import_fd(renderer, fd, &bo),
                     VK_SUCCESS)) {
         U_CHECK_EQ(bo->kind, kinds[i].kind);
         U_CHECK(!bo->proven);
         renderer->ops->bo_unref(renderer, bo);
      }
      u_fd_close(&fd);
   }
   int fd = fake_drm_foreign_buffer(77, 4096);
   U_CHECK_EQ(renderer->ops->bo_import_fd(renderer, fd, &bo),
              VK_ERROR_INVALID_EXTERNAL_HANDLE);
   u_fd_close(&fd);
   U_CHECK_EQ(renderer->ops->bo_import_fd(renderer, -1, &bo),
              VK_ERROR_INVALID_EXTERNAL_HANDLE);
   U_CHECK_EQ(renderer->ops->bo_import_fd(renderer, STDERR_FILENO, &bo),
              VK_ERROR_INVALID_EXTERNAL_HANDLE);
   U_CHECK_EQ(fake_drm_handles(), 0);
   renderer->ops->destroy(renderer);
   fake_drm_reset();
}

struct racer {
   struct vn_renderer *renderer;
   int fd;
};

static void *
race(void *data)
{
   const struct racer *racer = data;
   const struct vn_renderer_ops *ops = racer->renderer->ops;
   for (int i = 0; i < 2000; i++) {
      struct vn_renderer_bo *bo;
      if (ops->bo_import_fd(racer->renderer, racer->fd, &bo) != VK_SUCCESS)
         return (void *)1;
      ops->bo_unref(racer->renderer, bo);
   }
   return NULL;
}

/* One object that several threads import and drop. */
static void
test_race(void)
{
   pthread_t threads[4];
   struct racer racer = { .renderer = create() };
   if (!U_CHECK(racer.renderer != NULL))
      return;
   racer.fd = fake_drm_foreign_buffer(VIRTGPU_BLOB_MEM_HOST3D, 4096);
   for (uint32_t i = 0; i < VN_ARRAY_SIZE(threads); i++)
      U_CHECK_EQ(pthread_create(&threads[i], NULL, race, &racer), 0);
   for (uint32_t i = 0; i < VN_ARRAY_SIZE(threads); i++) {
      void *failed;
      pthread_join(threads[i], &failed);
      U_CHECK(!failed);
   }
   U_CHECK_EQ(fake_drm_handles(), 0);
   u_fd_close(&racer.fd);
   racer.renderer->ops->destroy(racer.renderer);
   fake_drm_reset();
}

static void *
submit_later(void *data)
{
   struct vn_renderer_sync *sync = ((void **)data)[1];
   struct vn_renderer *renderer = ((void **)data)[0];
   usleep(20000); /* the other thread should be asleep by then */
   const struct vn_renderer_submit submit = {
      .has_fence = true,
      .ring_idx = 1,
      .sync = sync,
      .value = 9,
   };
   U_CHECK_EQ(renderer->ops->submit(renderer, &submit), VK_SUCCESS);
   return NULL;
}

static void
test_waits(void)
{
   struct vn_renderer *renderer = create();
   if (!U_CHECK(renderer != NULL))
      return;
   const struct vn_renderer_ops *ops = renderer->ops;
   struct vn_renderer_sync *syncs[12] = { 0 };
   uint64_t values[12], value;
   for (uint32_t i = 0; i < 12; i++) {
      U_CHECK_EQ(ops->sync_create(renderer, 0, &syncs[i]), VK_SUCCESS);
      values[i] = 1;
   }

   fake_drm_hold_fences(true);
   for (uint32_t i = 0; i < 12; i++) {
      const struct vn_renderer_submit submit = {
         .has_fence = true,
         .ring_idx = i,
         .sync = syncs[i],
         .value = 1,
      };
      U_CHECK_EQ(ops->submit(renderer, &submit), VK_SUCCESS);
   }
   struct vn_renderer_wait wait = {
      .count = 12,
      .syncs = syncs,
      .values = values,
      .timeout_ns = 1000000,
   };
   U_CHECK_EQ(ops->wait(renderer, &wait), VK_TIMEOUT);
   wait.any = true;
   U_CHECK_EQ(ops->wait(renderer, &wait), VK_TIMEOUT);

   /* as a file, there and back */
   int fd = -1;
   U_CHECK_EQ(ops->sync_export_file(renderer, syncs[0], 1, &fd), VK_SUCCESS);
   U_CHECK(fd >= 0);
   U_CHECK_EQ(ops->sync_import_file(renderer, syncs[1], 5, fd), VK_SUCCESS);
   U_CHECK_EQ(ops->sync_read(renderer, syncs[1], &value), VK_SUCCESS);
   U_CHECK_EQ(value, 0);

   fake_drm_signal_fences();
   wait.any = false;
   wait.timeout_ns = UINT64_MAX;
   U_CHECK_EQ(ops->wait(renderer, &wait), VK_SUCCESS);
   U_CHECK_EQ(ops->sync_read(renderer, syncs[1], &value), VK_SUCCESS);
   U_CHECK_EQ(value, 5);
   U_CHECK_EQ(ops->sync_export_file(renderer, syncs[0], 1, &fd), VK_SUCCESS);
   U_CHECK_EQ(fd, -1);

   /* a value that is submitted while somebody sleeps for it */
   fake_drm_hold_fences(false);
   pthread_t thread;
   void *data[2] = { renderer, syncs[2] };
   values[0] = 9;
   const struct vn_renderer_wait later = {
      .count = 1,
      .syncs = &syncs[2],
      .values = values,
      .timeout_ns = UINT64_MAX,
   };
   U_CHECK_EQ(pthread_create(&thread, NULL, submit_later, data), 0);
   U_CHECK_EQ(ops->wait(renderer, &later), VK_SUCCESS);
   pthread_join(thread, NULL);

   /* one that never comes: given up, for good */
   values[0] = 10;
   U_CHECK_EQ(ops->wait(renderer, &later), VK_ERROR_DEVICE_LOST);
   U_CHECK_EQ(ops->sync_read(renderer, syncs[2], &value),
              VK_ERROR_DEVICE_LOST);

   for (uint32_t i = 0; i < 12; i++)
      ops->sync_destroy(renderer, syncs[i]);
   ops->destroy(renderer);
   fake_drm_reset();
}

int
main(void)
{
   fake_drm_reset();
   test_devices();
   test_failures();
   test_kinds();
   test_race();
   test_waits();
   return u_test_result();
}
