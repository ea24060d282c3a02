/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The scout on a transport and a renderer that exist only here: when it is
 * sent, what its death means for the next one, that each step of making one
 * can fail, and that nothing is left of it. Ring, calls and transport are the
 * test's own, linked in place of the driver's.
 */

#include "vn_scout.h"

#include "u_test.h"
#include "vn_calls.h"
#include "vn_device.h"
#include "vn_instance.h"
#include "vn_physical_device.h"

#define HOST_INDEX 1
#define HOST_COUNT 3

/* What the scout's renderer says of a resource. */
enum answer {
   TAKES_IT,
   REFUSES_IT,
   HAS_NO_TYPE_FOR_IT,
   DIES_OF_IT,
   HAS_NO_MEMORY,
};

/* Resource ids of the scout's context are these and the fd. */
#define SCOUT_RES_ID 1000

/* The file descriptors of the test are numbers that mean a buffer. */
struct buffer {
   enum vn_renderer_bo_kind kind;
   enum answer answer;
};

static struct buffer buffers[64];

/* One step of the making of a context, or of asking, that fails. */
enum step {
   STEP_NONE,
   STEP_OPEN,
   STEP_RING,
   STEP_INSTANCE,
   STEP_COUNT,
   STEP_ENUMERATE,
   STEP_TOO_FEW,
   STEP_DEVICE,
   STEP_IMPORT,
   STEP_END,
};

static struct {
   enum step fails;
   _Atomic int bos;      /* live, as the next two */
   int renderers, rings; /* guarded by the scout's mutex, as the rest */
   int contexts;         /* made so far */
   int questions;
   bool asked_driver; /* the driver's own context was sent something */
} world;

struct vn_ring {
   struct vn_renderer *renderer;
   bool lost;
};

/* ---- the ring ------------------------------------------------------------ */

VkResult
vn_ring_create(struct vn_renderer *renderer,
               const struct vn_protocol_caps *caps,
               size_t buffer_size,
               struct vn_ring **ring_out)
{
   if (world.fails == STEP_RING)
      return VK_ERROR_OUT_OF_DEVICE_MEMORY;
   struct vn_ring *ring = calloc(1, sizeof(*ring));
   ring->renderer = renderer;
   world.rings++;
   *ring_out = ring;
   return VK_SUCCESS;
}

void
vn_ring_destroy(struct vn_ring *ring)
{
   if (!ring)
      return;
   /* its thread may still look at the shared memory of the renderer */
   U_CHECK(ring->renderer->info.timeline_count);
   world.rings--;
   free(ring);
}

bool
vn_ring_is_lost(struct vn_ring *ring)
{
   return ring->lost;
}

struct vn_renderer *
vn_ring_renderer(struct vn_ring *ring)
{
   return ring->renderer;
}

const struct vn_protocol_caps *
vn_ring_caps(struct vn_ring *ring)
{
   static const struct vn_protocol_caps caps;
   return &caps;
}

/* ---- the calls ----------------------------------------------------------- */

static struct vn_ring *driver_ring;

static VkResult
step(const struct vn_ring *ring, enum step step)
{
   world.asked_driver |= ring == driver_ring;
   return world.fails == step ? VK_ERROR_INITIALIZATION_FAILED : VK_SUCCESS;
}

void
vn_object_init(struct vn_object_base *base, VkObjectType type)
{
   base->type = type;
}

VkResult
vn_call_vkCreateInstance(struct vn_ring *ring,
                         const VkInstanceCreateInfo *pCreateInfo,
                         const VkAllocationCallbacks *pAllocator,
                         VkInstance *pInstance)
{
   U_CHECK_EQ(pCreateInfo->pApplicationInfo->apiVersion, VK_API_VERSION_1_2);
   return step(ring, STEP_INSTANCE);
}

VkResult
vn_call_vkEnumeratePhysicalDevices(struct vn_ring *ring,
                                   VkInstance instance,
                                   uint32_t *pPhysicalDeviceCount,
                                   VkPhysicalDevice *pPhysicalDevices)
{
   if (pPhysicalDevices)
      return step(ring, STEP_ENUMERATE);
   *pPhysicalDeviceCount =
      world.fails == STEP_TOO_FEW ? HOST_INDEX : HOST_COUNT;
   return step(ring, STEP_COUNT);
}

VkResult
vn_call_vkCreateDevice(struct vn_ring *ring,
                       VkPhysicalDevice physicalDevice,
                       const VkDeviceCreateInfo *pCreateInfo,
                       const VkAllocationCallbacks *pAllocator,
                       VkDevice *pDevice)
{
   U_CHECK(physicalDevice != VK_NULL_HANDLE);
   U_CHECK_EQ(pCreateInfo->enabledExtensionCount, 2);
   const VkResult result = step(ring, STEP_DEVICE);
   world.contexts += result == VK_SUCCESS;
   return result;
}

VkResult
vn_call_vkGetMemoryResourcePropertiesMESA(
   struct vn_ring *ring,
   VkDevice device,
   uint32_t resourceId,
   VkMemoryResourcePropertiesMESA *pMemoryResourceProperties)
{
   /* the whole point: never in the context that must live */
   U_CHECK(ring != driver_ring);
   U_CHECK(resourceId >= SCOUT_RES_ID);
   U_CHECK(!ring->lost);
   world.questions++;
   switch (buffers[resourceId - SCOUT_RES_ID].answer) {
   case TAKES_IT:
      pMemoryResourceProperties->memoryTypeBits = 5;
      return VK_SUCCESS;
   case REFUSES_IT:
      return VK_ERROR_INVALID_EXTERNAL_HANDLE;
   case HAS_NO_TYPE_FOR_IT:
      pMemoryResourceProperties->memoryTypeBits = 0;
      return VK_SUCCESS;
   case DIES_OF_IT:
      ring->lost = true;
      return VK_ERROR_DEVICE_LOST;
   case HAS_NO_MEMORY:
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   }
   abort();
}

/* ---- the transport ------------------------------------------------------- */

static bool
is_scout(const struct vn_renderer *renderer)
{
   return renderer->expendable;
}

static VkResult
fake_import_fd(struct vn_renderer *renderer,
               int fd,
               struct vn_renderer_bo **bo_out)
{
   if (is_scout(renderer) && world.fails == STEP_IMPORT)
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   if (fd < 0)
      return VK_ERROR_INVALID_EXTERNAL_HANDLE;

   struct vn_renderer_bo *bo = calloc(1, sizeof(*bo));
   bo->kind = buffers[fd].kind;
   bo->res_id = (uint32_t)fd + (is_scout(renderer) ? SCOUT_RES_ID : 0);
   atomic_store(&bo->refcount, 1);
   atomic_store(&bo->proven, bo->kind == VN_RENDERER_BO_OWN);
   world.bos++;
   *bo_out = bo;
   return VK_SUCCESS;
}

static void
fake_bo_unref(struct vn_renderer *renderer, struct vn_renderer_bo *bo)
{
   U_CHECK_EQ(atomic_load(&bo->refcount), 1);
   world.bos--;
   free(bo);
}

static void
fake_destroy(struct vn_renderer *renderer)
{
   world.renderers--;
   free(renderer);
}

static VkResult fake_open_another(struct vn_renderer *renderer,
                                  struct vn_renderer **other_out);

static const struct vn_renderer_ops fake_ops = {
   .destroy = fake_destroy,
   .open_another = fake_open_another,
   .bo_import_fd = fake_import_fd,
   .bo_unref = fake_bo_unref,
};

static VkResult
fake_open_another(struct vn_renderer *renderer,
                  struct vn_renderer **other_out)
{
   U_CHECK(!is_scout(renderer));
   if (world.fails == STEP_OPEN)
      return VK_ERROR_INITIALIZATION_FAILED;
   struct vn_renderer *other = calloc(1, sizeof(*other));
   other->ops = &fake_ops;
   other->info.timeline_count = 64;
   world.renderers++;
   *other_out = other;
   return VK_SUCCESS;
}

/* ---- the tests ----------------------------------------------------------- */

struct fixture {
   struct vn_renderer renderer;
   struct vn_ring ring;
   struct vn_instance instance;
   struct vn_physical_device physical_device;
   struct vn_device device;
   struct vn_scout scout;
};

static struct fixture *
fixture_create(void)
{
   struct fixture *f = calloc(1, sizeof(*f));
   memset((void *)&world, 0, sizeof(world));
   f->renderer.ops = &fake_ops;
   f->renderer.info.timeline_count = 64;
   f->ring.renderer = &f->renderer;
   driver_ring = &f->ring;
   f->instance.renderer = &f->renderer;
   f->instance.renderer_api_version = VK_API_VERSION_1_2;
   f->physical_device.instance = &f->instance;
   f->physical_device.host_index = HOST_INDEX;
   f->physical_device.scout = &f->scout;
   f->device.physical_device = &f->physical_device;
   f->device.dispatch.ring = &f->ring;
   vn_scout_init(&f->scout);
   return f;
}

static void
fixture_destroy(struct fixture *f)
{
   vn_scout_finish(&f->scout);
   U_CHECK_EQ(world.renderers, 0);
   U_CHECK_EQ(world.rings, 0);
   U_CHECK_EQ(world.bos, 0);
   U_CHECK(!world.asked_driver);
   free(f);
}

/* The n-th buffer; imports it and gives it back at once. */
static VkResult
import(struct fixture *f, int fd, enum vn_renderer_bo_kind kind, enum answer a)
{
   struct vn_renderer_bo *bo = NULL;
   const int bos = world.bos;
   if (fd >= 0)
      buffers[fd] = (struct buffer){ kind, a };
   const VkResult result = vn_scout_import_fd(&f->device, fd, &bo);
   U_CHECK_EQ(result == VK_SUCCESS, bo != NULL);
   if (bo) {
      U_CHECK(atomic_load(&bo->proven));
      U_CHECK_EQ(bo->res_id, fd); /* the driver's, not the scout's */
      fake_bo_unref(&f->renderer, bo);
   }
   U_CHECK_EQ(world.bos, bos);
   return result;
}

static void
test_who_is_asked_about(void)
{
   struct fixture *f = fixture_create();

   /* neither the driver's own, nor what is no buffer at all */
   U_CHECK_EQ(import(f, 1, VN_RENDERER_BO_OWN, DIES_OF_IT), VK_SUCCESS);
   U_CHECK_EQ(import(f, -1, VN_RENDERER_BO_OWN, TAKES_IT),
              VK_ERROR_INVALID_EXTERNAL_HANDLE);
   U_CHECK_EQ(world.contexts, 0);

   /* everything else, each with the same context */
   U_CHECK_EQ(import(f, 2, VN_RENDERER_BO_HOST, TAKES_IT), VK_SUCCESS);
   U_CHECK_EQ(import(f, 3, VN_RENDERER_BO_CLASSIC, TAKES_IT), VK_SUCCESS);
   U_CHECK_EQ(import(f, 4, VN_RENDERER_BO_GUEST, TAKES_IT), VK_SUCCESS);
   U_CHECK_EQ(world.questions, 3);
   U_CHECK_EQ(world.contexts, 1);
   fixture_destroy(f);
}

/* One answer says nothing about the next resource, if nobody died of it. */
static void
test_refused(void)
{
   static const enum vn_renderer_bo_kind kinds[] = {
      VN_RENDERER_BO_HOST,
      VN_RENDERER_BO_GUEST,
      VN_RENDERER_BO_CLASSIC,
   };
   struct fixture *f = fixture_create();

   for (uint32_t i = 0; i < VN_ARRAY_SIZE(kinds); i++) {
      U_CHECK_EQ(import(f, 1, kinds[i], REFUSES_IT),
                 VK_ERROR_INVALID_EXTERNAL_HANDLE);
      U_CHECK_EQ(import(f, 2, kinds[i], HAS_NO_TYPE_FOR_IT),
                 VK_ERROR_INVALID_EXTERNAL_HANDLE);
      /* "could not be asked" is no refusal */
      U_CHECK_EQ(import(f, 3, kinds[i], HAS_NO_MEMORY),
                 VK_ERROR_OUT_OF_HOST_MEMORY);
      U_CHECK_EQ(import(f, 4, kinds[i], TAKES_IT), VK_SUCCESS);
   }
   U_CHECK_EQ(world.questions, 12);
   U_CHECK_EQ(world.contexts, 1);
   fixture_destroy(f);
}

static void
test_deaths(void)
{
   struct fixture *f = fixture_create();

   /* of the host's memory the next may be good: asked again, by a new one */
   for (int i = 1; i <= 3; i++) {
      U_CHECK_EQ(import(f, i, VN_RENDERER_BO_HOST, DIES_OF_IT),
                 VK_ERROR_INVALID_EXTERNAL_HANDLE);
      U_CHECK_EQ(world.renderers, 0);
      U_CHECK_EQ(world.rings, 0);
      U_CHECK_EQ(world.contexts, i);
   }
   U_CHECK_EQ(import(f, 4, VN_RENDERER_BO_HOST, TAKES_IT), VK_SUCCESS);
   U_CHECK_EQ(world.contexts, 4);

   /* of the other kinds one death stands for all of its kind */
   const int questions = world.questions;
   U_CHECK_EQ(import(f, 5, VN_RENDERER_BO_CLASSIC, DIES_OF_IT),
              VK_ERROR_INVALID_EXTERNAL_HANDLE);
   for (int i = 6; i < 9; i++)
      U_CHECK_EQ(import(f, i, VN_RENDERER_BO_CLASSIC, TAKES_IT),
                 VK_ERROR_INVALID_EXTERNAL_HANDLE);
   U_CHECK_EQ(world.questions, questions + 1);
   U_CHECK_EQ(world.renderers, 0);

   /* ... and of no other */
   U_CHECK_EQ(import(f, 9, VN_RENDERER_BO_GUEST, TAKES_IT), VK_SUCCESS);
   U_CHECK_EQ(import(f, 10, VN_RENDERER_BO_GUEST, DIES_OF_IT),
              VK_ERROR_INVALID_EXTERNAL_HANDLE);
   U_CHECK_EQ(import(f, 11, VN_RENDERER_BO_GUEST, TAKES_IT),
              VK_ERROR_INVALID_EXTERNAL_HANDLE);
   U_CHECK_EQ(import(f, 12, VN_RENDERER_BO_HOST, TAKES_IT), VK_SUCCESS);
   fixture_destroy(f);
}

/* Without a scout nothing is imported unseen, and the next try is a new one. */
static void
test_failures(void)
{
   for (enum step s = STEP_NONE + 1; s < STEP_END; s++) {
      struct fixture *f = fixture_create();

      world.fails = s;
      for (int i = 0; i < 2; i++) {
         U_CHECK_EQ(import(f, 1, VN_RENDERER_BO_CLASSIC, TAKES_IT),
                    VK_ERROR_OUT_OF_HOST_MEMORY);
         U_CHECK_EQ(world.questions, 0);
         if (s != STEP_IMPORT) {
            U_CHECK_EQ(world.renderers, 0);
            U_CHECK_EQ(world.rings, 0);
         }
      }
      /* the driver's own need none */
      U_CHECK_EQ(import(f, 2, VN_RENDERER_BO_OWN, TAKES_IT), VK_SUCCESS);

      world.fails = STEP_NONE;
      U_CHECK_EQ(import(f, 1, VN_RENDERER_BO_CLASSIC, TAKES_IT), VK_SUCCESS);
      U_CHECK_EQ(world.questions, 1);
      fixture_destroy(f);
   }
}

static void *
import_many(void *data)
{
   struct fixture *f = data;
   for (int i = 0; i < 500; i++) {
      struct vn_renderer_bo *bo;
      if (vn_scout_import_fd(&f->device, i % 2 ? 1 : 2, &bo) == VK_SUCCESS)
         fake_bo_unref(&f->renderer, bo);
   }
   return NULL;
}

/* Half of the time the scout dies under the others. */
static void
test_threads(void)
{
   struct fixture *f = fixture_create();
   pthread_t threads[4];

   buffers[1] = (struct buffer){ VN_RENDERER_BO_HOST, TAKES_IT };
   buffers[2] = (struct buffer){ VN_RENDERER_BO_HOST, DIES_OF_IT };
   for (uint32_t i = 0; i < VN_ARRAY_SIZE(threads); i++)
      U_CHECK_EQ(pthread_create(&threads[i], NULL, import_many, f), 0);
   for (uint32_t i = 0; i < VN_ARRAY_SIZE(threads); i++)
      pthread_join(threads[i], NULL);
   U_CHECK_EQ(world.questions, 4 * 500);
   fixture_destroy(f);
}

int
main(void)
{
   test_who_is_asked_about();
   test_refused();
   test_deaths();
   test_failures();
   test_threads();
   return u_test_result();
}
