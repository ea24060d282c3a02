/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The layer as a hostile guest sees it through the renderer: fds of every
 * kind, sizes of every size, chains of every composition, in any order, on a
 * driver with any properties (fuzz_driver.h).
 *
 * Input: what the driver is like (see read_config), then operations until the
 * end. Handles are valid and structs are whole, as the renderer's decoder
 * makes sure; everything else is free. After each input nothing may be left:
 * no fd, no mapping, no object of the driver, no memory.
 */

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "fuzz_driver.h"
#include "fuzz_files.h"
#include "fuzz_mapping.h"
#include "u_fd.h"
#include "vl_device.h"
#include "vl_entrypoints.h"
#include "vl_mapping.h"
#include "vl_os.h"
#include "vl_physical_device.h"
#include "vl_settings.h"

#define DMA_BUF         VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT
#define OPAQUE_FD       VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT
#define HOST_ALLOCATION VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT

enum { DEVICES = 2, SLOTS = 8, MAX_OPERATIONS = 64, MAX_STRUCTS = 16 };

/* ---- failing calls between the layer and the system -----------------------
 */

int __real_vl_os_create(uint64_t size_B);
int __wrap_vl_os_create(uint64_t size_B);
void *__real_vl_os_map(int fd, uint64_t size_B, uint64_t alignment_B);
void *__wrap_vl_os_map(int fd, uint64_t size_B, uint64_t alignment_B);
int __real_u_fd_dup_cloexec(int fd);
int __wrap_u_fd_dup_cloexec(int fd);
bool __real_u_hash_table_set(struct u_hash_table *table,
                             struct u_hash_key key,
                             void *value);
bool __wrap_u_hash_table_set(struct u_hash_table *table,
                             struct u_hash_key key,
                             void *value);
int __wrap_vl_os_create_dma_buf(int fd, uint64_t size_B);

static bool has_udmabuf;
static bool wants_file;

int
__wrap_vl_os_create(uint64_t size_B)
{
   if (!fuzz_driver_fails())
      return __real_vl_os_create(size_B);
   errno = ENOMEM;
   return -1;
}

void *
__wrap_vl_os_map(int fd, uint64_t size_B, uint64_t alignment_B)
{
   if (!fuzz_driver_fails())
      return __real_vl_os_map(fd, size_B, alignment_B);
   errno = ENOMEM;
   return NULL;
}

int
__wrap_u_fd_dup_cloexec(int fd)
{
   if (!fuzz_driver_fails())
      return __real_u_fd_dup_cloexec(fd);
   errno = EMFILE;
   return -1;
}

bool
__wrap_u_hash_table_set(struct u_hash_table *table,
                        struct u_hash_key key,
                        void *value)
{
   return !fuzz_driver_fails() && __real_u_hash_table_set(table, key, value);
}

/* Stands for a dma-buf: another file, of which the layer must know that it
 * is the same memory.
 */
int
__wrap_vl_os_create_dma_buf(int fd, uint64_t size_B)
{
   errno = ENODEV;
   return has_udmabuf && !fuzz_driver_fails() ? fuzz_file(0, size_B) : -1;
}

/* ---- structs of the guest -------------------------------------------------
 */

/* Of the present operation: each an allocation of exactly its size. */
static void *structs[MAX_STRUCTS];
static uint32_t struct_count;

static void *
make(size_t size)
{
   U_FUZZ_CHECK(struct_count < MAX_STRUCTS);
   return structs[struct_count++] = u_fuzz_zeros(1, size);
}

/* In front of the chain. */
static void *
chain(const void **head, size_t size, VkStructureType type)
{
   VkBaseOutStructure *out = make(size);
   out->sType = type;
   out->pNext = (VkBaseOutStructure *)*head;
   *head = out;
   return out;
}

#define CHAIN(head, type, stype)                                             \
   ((type *)chain(head, sizeof(type), VK_STRUCTURE_TYPE_##stype))

static void
free_structs(void)
{
   while (struct_count)
      free(structs[--struct_count]);
}

/* ---- the world ------------------------------------------------------------
 */

struct memory {
   VkDeviceMemory handle;
   uint32_t device;
};

struct buffer {
   VkBuffer handle;
   uint32_t device;
};

struct image {
   VkImage handle;
   uint32_t device;
   bool has_modifier;
};

struct world {
   struct u_fuzz_input in;
   VkInstance instance;
   VkPhysicalDevice physical;
   VkDevice devices[DEVICES];
   struct memory memories[SLOTS];
   struct buffer buffers[SLOTS];
   struct image images[SLOTS];
   int fds[SLOTS]; /* owned, or -1 */
};

#define U8(w)  u_fuzz_u8(&(w)->in)
#define U32(w) u_fuzz_u32(&(w)->in)
#define U64(w) u_fuzz_u64(&(w)->in)

/* As the renderer does: a command that the device does not have is not
 * called.
 */
#define PROC(world, device, name)                                            \
   ((PFN_vk##name)vl_GetDeviceProcAddr((world)->devices[device], "v"         \
                                                                 "k" #name))

static uint64_t
read_size(struct world *w)
{
   const uint8_t how = U8(w);
   switch (how % 10) {
   case 0:
      return 4096;
   case 1:
      return UINT64_C(4096) * U8(w);
   case 2:
      return 70000;
   case 3:
      return U32(w) % 0x100000;
   case 4:
      return (uint64_t)U32(w) << 12;
   case 5:
      return U64(w);
   case 6:
      return UINT64_MAX - U8(w);
   case 7:
      return INT64_MAX + (uint64_t)U8(w) - 2;
   case 8:
      return 0;
   default:
      return 65536;
   }
}

static VkExternalMemoryHandleTypeFlags
read_types(struct world *w)
{
   static const VkExternalMemoryHandleTypeFlags some[] = {
      DMA_BUF,         OPAQUE_FD, DMA_BUF | OPAQUE_FD,
      HOST_ALLOCATION, 0,         DMA_BUF | HOST_ALLOCATION,
   };
   const uint8_t how = U8(w) % 8;
   return how < 6 ? some[how] : U32(w);
}

static VkFormat
read_format(struct world *w)
{
   static const VkFormat some[] = {
      VK_FORMAT_B8G8R8A8_UNORM,
      VK_FORMAT_R8G8B8A8_UNORM,
      VK_FORMAT_G8_B8R8_2PLANE_420_UNORM,
      VK_FORMAT_G8_B8_R8_3PLANE_420_UNORM,
      VK_FORMAT_D32_SFLOAT,
      VK_FORMAT_UNDEFINED,
   };
   const uint8_t how = U8(w) % 8;
   return how < 6 ? some[how] : (VkFormat)U32(w);
}

static bool
is_open(int fd)
{
   return fcntl(fd, F_GETFD) >= 0;
}

/* Of an fd slot, or none of ours. */
static int
read_fd(struct world *w, int **slot_out)
{
   static const int odd[] = { -1, U_FUZZ_CLOSED_FD, INT32_MIN, INT32_MAX };
   const uint8_t how = U8(w);
   *slot_out = NULL;
   if (how & 0x80)
      return odd[how % 4];
   *slot_out = &w->fds[how % SLOTS];
   return **slot_out;
}

/* ---- memory ---------------------------------------------------------------
 */

static void
allocate(struct world *w)
{
   const uint32_t index = U8(w) % DEVICES;
   struct memory *memory = &w->memories[U8(w) % SLOTS];
   const uint8_t what = U8(w);
   int *slot = NULL;
   int fd = -1;
   const void *head = NULL;
   const uint64_t size_B = read_size(w);
   VkExternalMemoryHandleTypeFlags export_types = 0;
   VkExternalMemoryHandleTypeFlags import_type = 0;

   if (what & 0x01) {
      VkMemoryPriorityAllocateInfoEXT *priority =
         CHAIN(&head, VkMemoryPriorityAllocateInfoEXT,
               MEMORY_PRIORITY_ALLOCATE_INFO_EXT);
      priority->priority = 0.5f;
   }
   if (what & 0x02) {
      export_types = read_types(w);
      CHAIN(&head, VkExportMemoryAllocateInfo, EXPORT_MEMORY_ALLOCATE_INFO)
         ->handleTypes = export_types;
   }
   if (what & 0x04) {
      CHAIN(&head, VkMemoryDedicatedAllocateInfo,
            MEMORY_DEDICATED_ALLOCATE_INFO);
   }
   if (what & 0x08) {
      VkImportMemoryFdInfoKHR *import =
         CHAIN(&head, VkImportMemoryFdInfoKHR, IMPORT_MEMORY_FD_INFO_KHR);
      import_type = read_types(w);
      import->handleType = (VkExternalMemoryHandleTypeFlagBits)import_type;
      import->fd = fd = read_fd(w, &slot);
   }
   if (what & 0x10) {
      VkImportMemoryHostPointerInfoEXT *host =
         CHAIN(&head, VkImportMemoryHostPointerInfoEXT,
               IMPORT_MEMORY_HOST_POINTER_INFO_EXT);
      host->handleType = U8(w) & 1 ? HOST_ALLOCATION : 0;
      host->pHostPointer = fuzz_app_memory;
   }
   if (what & 0x20)
      chain(&head, sizeof(VkBaseOutStructure),
            (VkStructureType)U32(w) | 1 << 30);
   if (what & 0x40) {
      CHAIN(&head, VkMemoryAllocateFlagsInfo, MEMORY_ALLOCATE_FLAGS_INFO)
         ->flags = U8(w);
   }

   VkMemoryAllocateInfo *info = make(sizeof(*info));
   info->sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO;
   info->pNext = head;
   info->allocationSize = size_B;
   info->memoryTypeIndex = what & 0x80 ? U32(w) : U8(w) % FUZZ_MAX_TYPES;

   const struct vl_device *device =
      w->devices[index] ? vl_device_of(w->devices[index]) : NULL;
   /* nobody imports an fd where there are no fds */
   if (!device || memory->handle ||
       (import_type && !PROC(w, index, GetMemoryFdKHR)))
      return;
   const bool was_open = is_open(fd);
   VkDeviceMemory handle = VK_NULL_HANDLE;
   const VkResult result =
      PROC(w, index, AllocateMemory)(w->devices[index], info, NULL, &handle);

   /* "Importing memory from a file descriptor transfers ownership", and
    * nothing else does
    */
   const bool is_open_now = is_open(fd);
   if (result != VK_SUCCESS) {
      U_FUZZ_CHECK(is_open_now == was_open);
      return;
   }
   if (is_open_now != was_open) {
      U_FUZZ_CHECK(slot && was_open);
      *slot = -1;
   } else {
      U_FUZZ_CHECK(!(import_type & device->served_types));
   }
   if ((import_type | export_types) & device->served_types) {
      U_FUZZ_CHECK(fuzz_driver_is_host_memory(handle));
      U_FUZZ_CHECK(size_B);
   }
   *memory = (struct memory){ .handle = handle, .device = index };
}

static void
free_memory(struct world *w, struct memory *memory)
{
   if (memory->handle) {
      PROC(w, memory->device, FreeMemory)
      (w->devices[memory->device], memory->handle, NULL);
   }
   memory->handle = VK_NULL_HANDLE;
}

static void
get_fd(struct world *w)
{
   const struct memory *memory = &w->memories[U8(w) % SLOTS];
   int *slot = &w->fds[U8(w) % SLOTS];
   VkMemoryGetFdInfoKHR *info = make(sizeof(*info));
   info->sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR;
   info->memory = memory->handle;
   info->handleType = (VkExternalMemoryHandleTypeFlagBits)read_types(w);

   if (!memory->handle || *slot >= 0)
      return;
   const PFN_vkGetMemoryFdKHR get = PROC(w, memory->device, GetMemoryFdKHR);
   int fd = -1;
   if (get && get(w->devices[memory->device], info, &fd) == VK_SUCCESS) {
      U_FUZZ_CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
      U_FUZZ_CHECK(lseek(fd, 0, SEEK_END) > 0);
      *slot = fd;
   } else {
      U_FUZZ_CHECK(fd == -1);
   }
}

static void
get_fd_properties(struct world *w)
{
   const uint32_t index = U8(w) % DEVICES;
   int *slot;
   const int fd = read_fd(w, &slot);
   const VkExternalMemoryHandleTypeFlagBits type =
      (VkExternalMemoryHandleTypeFlagBits)read_types(w);
   VkMemoryFdPropertiesKHR *out = make(sizeof(*out));
   out->sType = VK_STRUCTURE_TYPE_MEMORY_FD_PROPERTIES_KHR;

   if (!w->devices[index])
      return;
   const PFN_vkGetMemoryFdPropertiesKHR get =
      PROC(w, index, GetMemoryFdPropertiesKHR);
   const bool was_open = is_open(fd);
   if (get && get(w->devices[index], type, fd, out) == VK_SUCCESS)
      U_FUZZ_CHECK(was_open && out->memoryTypeBits);
   U_FUZZ_CHECK(is_open(fd) == was_open);
}

/* ---- files ----------------------------------------------------------------
 */

static void
make_file(struct world *w)
{
   int *slot = &w->fds[U8(w) % SLOTS];
   const uint8_t kind = U8(w);
   const uint64_t size_B = read_size(w);
   if (*slot < 0)
      *slot = fuzz_file(kind, size_B);
}

static void
change_file(struct world *w)
{
   int *slot = &w->fds[U8(w) % SLOTS];
   int *other = &w->fds[U8(w) % SLOTS];
   const uint8_t how = U8(w);
   const uint64_t size_B = read_size(w);
   if (*slot < 0)
      return;
   switch (how % 4) {
   case 0:
      if (size_B <= INT64_MAX)
         (void)!ftruncate(*slot, (off_t)size_B);
      break;
   case 1:
      u_fd_close(slot);
      break;
   case 2:
      if (*other < 0)
         *other = fcntl(*slot, F_DUPFD_CLOEXEC, 3);
      break;
   case 3:
      (void)fcntl(*slot, F_ADD_SEALS, size_B & 0x1f);
      break;
   }
}

/* ---- buffers --------------------------------------------------------------
 */

static void
fill_buffer_info(struct world *w, VkBufferCreateInfo *info)
{
   const uint8_t what = U8(w);
   info->sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
   info->size = read_size(w);
   info->usage = U8(w);
   info->flags = what >> 4;
   if (what & 1) {
      CHAIN(&info->pNext, VkBufferOpaqueCaptureAddressCreateInfo,
            BUFFER_OPAQUE_CAPTURE_ADDRESS_CREATE_INFO);
   }
   if (what & 2) {
      CHAIN(&info->pNext, VkExternalMemoryBufferCreateInfo,
            EXTERNAL_MEMORY_BUFFER_CREATE_INFO)
         ->handleTypes = read_types(w);
   }
   if (what & 4) {
      chain(&info->pNext, sizeof(VkBaseOutStructure),
            (VkStructureType)U32(w) | 1 << 30);
   }
   if (what & 8)
      CHAIN(&info->pNext, VkBufferDeviceAddressCreateInfoEXT,
            BUFFER_DEVICE_ADDRESS_CREATE_INFO_EXT);
}

static void
create_buffer(struct world *w)
{
   const uint32_t index = U8(w) % DEVICES;
   struct buffer *buffer = &w->buffers[U8(w) % SLOTS];
   VkBufferCreateInfo *info = make(sizeof(*info));
   fill_buffer_info(w, info);

   if (!w->devices[index] || buffer->handle)
      return;
   VkMemoryRequirements2 *out = make(sizeof(*out));
   out->sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2;
   VkDeviceBufferMemoryRequirements *query = make(sizeof(*query));
   query->sType = VK_STRUCTURE_TYPE_DEVICE_BUFFER_MEMORY_REQUIREMENTS;
   query->pCreateInfo = info;
   PROC(w, index, GetDeviceBufferMemoryRequirements)
   (w->devices[index], query, out);
   U_FUZZ_CHECK(out->memoryRequirements.memoryTypeBits);

   buffer->device = index;
   if (PROC(w, index, CreateBuffer)(w->devices[index], info, NULL,
                                    &buffer->handle) != VK_SUCCESS)
      buffer->handle = VK_NULL_HANDLE;
}

static void
query_buffer(struct world *w)
{
   const struct buffer *buffer = &w->buffers[U8(w) % SLOTS];
   if (!buffer->handle)
      return;
   VkDevice device = w->devices[buffer->device];
   VkBufferMemoryRequirementsInfo2 *info = make(sizeof(*info));
   info->sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_REQUIREMENTS_INFO_2;
   info->buffer = buffer->handle;
   VkMemoryRequirements2 *out = make(sizeof(*out));
   out->sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2;
   PROC(w, buffer->device, GetBufferMemoryRequirements2)(device, info, out);
   VkMemoryRequirements *old = make(sizeof(*old));
   PROC(w, buffer->device, GetBufferMemoryRequirements)
   (device, buffer->handle, old);
   U_FUZZ_CHECK(old->memoryTypeBits &&
                old->memoryTypeBits ==
                   out->memoryRequirements.memoryTypeBits);
}

static void
destroy_buffer(struct world *w, struct buffer *buffer)
{
   if (buffer->handle) {
      PROC(w, buffer->device, DestroyBuffer)
      (w->devices[buffer->device], buffer->handle, NULL);
   }
   buffer->handle = VK_NULL_HANDLE;
}

/* ---- images ---------------------------------------------------------------
 */

static void
fill_image_info(struct world *w, VkImageCreateInfo *info)
{
   static const VkImageTiling tilings[] = {
      VK_IMAGE_TILING_OPTIMAL,
      VK_IMAGE_TILING_LINEAR,
      VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT,
      VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT,
   };
   const uint8_t what = U8(w);
   const uint8_t shape = U8(w);
   info->sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO;
   info->imageType = VK_IMAGE_TYPE_2D;
   info->format = read_format(w);
   info->extent = (VkExtent3D){ shape & 0x3f, 48, 1 + (shape >> 7) };
   info->mipLevels = 1;
   info->arrayLayers = 1 + (shape >> 6 & 1);
   info->samples = VK_SAMPLE_COUNT_1_BIT;
   info->tiling = tilings[what >> 6];
   info->usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT;
   info->flags = what & 0x20 ? U32(w) : 0;

   if (what & 0x01) {
      CHAIN(&info->pNext, VkExternalMemoryImageCreateInfo,
            EXTERNAL_MEMORY_IMAGE_CREATE_INFO)
         ->handleTypes = read_types(w);
   }
   if (what & 0x02) {
      VkImageDrmFormatModifierListCreateInfoEXT *list =
         CHAIN(&info->pNext, VkImageDrmFormatModifierListCreateInfoEXT,
               IMAGE_DRM_FORMAT_MODIFIER_LIST_CREATE_INFO_EXT);
      list->drmFormatModifierCount = U8(w) % 5;
      uint64_t *modifiers =
         make(list->drmFormatModifierCount * sizeof(*modifiers));
      for (uint32_t i = 0; i < list->drmFormatModifierCount; i++)
         modifiers[i] = U8(w);
      list->pDrmFormatModifiers = modifiers;
   }
   if (what & 0x04) {
      VkImageDrmFormatModifierExplicitCreateInfoEXT *layout =
         CHAIN(&info->pNext, VkImageDrmFormatModifierExplicitCreateInfoEXT,
               IMAGE_DRM_FORMAT_MODIFIER_EXPLICIT_CREATE_INFO_EXT);
      layout->drmFormatModifier = U8(w);
      layout->drmFormatModifierPlaneCount = U8(w) % 5;
      VkSubresourceLayout *planes =
         make(layout->drmFormatModifierPlaneCount * sizeof(*planes));
      for (uint32_t i = 0; i < layout->drmFormatModifierPlaneCount; i++) {
         /* the right one, unless the input says otherwise */
         planes[i].rowPitch = (uint64_t)info->extent.width * 4 + U8(w);
         planes[i].offset =
            i ? (uint64_t)info->extent.width * 48 * 4 * i + U8(w) : U8(w);
         planes[i].size = U8(w);
      }
      layout->pPlaneLayouts = planes;
   }
   if (what & 0x08) {
      VkImageFormatListCreateInfo *formats =
         CHAIN(&info->pNext, VkImageFormatListCreateInfo,
               IMAGE_FORMAT_LIST_CREATE_INFO);
      VkFormat *format = make(sizeof(*format));
      *format = read_format(w);
      formats->viewFormatCount = 1;
      formats->pViewFormats = format;
   }
   if (what & 0x10) {
      CHAIN(&info->pNext, VkImageStencilUsageCreateInfo,
            IMAGE_STENCIL_USAGE_CREATE_INFO)
         ->stencilUsage = U8(w);
      chain(&info->pNext, sizeof(VkBaseOutStructure),
            (VkStructureType)U32(w) | 1 << 30);
   }
}

static void
create_image(struct world *w)
{
   const uint32_t index = U8(w) % DEVICES;
   struct image *image = &w->images[U8(w) % SLOTS];
   VkImageCreateInfo *info = make(sizeof(*info));
   fill_image_info(w, info);
   const struct vl_device *device =
      w->devices[index] ? vl_device_of(w->devices[index]) : NULL;
   /* without the extension there is no such tiling */
   if (!device || image->handle ||
       (info->tiling == VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT &&
        !PROC(w, index, GetImageDrmFormatModifierPropertiesEXT)))
      return;

   VkMemoryRequirements2 *out = make(sizeof(*out));
   out->sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2;
   VkDeviceImageMemoryRequirements *query = make(sizeof(*query));
   query->sType = VK_STRUCTURE_TYPE_DEVICE_IMAGE_MEMORY_REQUIREMENTS;
   query->pCreateInfo = info;
   PROC(w, index, GetDeviceImageMemoryRequirements)
   (w->devices[index], query, out);
   U_FUZZ_CHECK(out->memoryRequirements.memoryTypeBits);

   image->device = index;
   image->has_modifier =
      info->tiling == VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT;
   if (PROC(w, index, CreateImage)(w->devices[index], info, NULL,
                                   &image->handle) != VK_SUCCESS)
      image->handle = VK_NULL_HANDLE;
}

static void
query_image(struct world *w)
{
   const struct image *image = &w->images[U8(w) % SLOTS];
   const VkImageAspectFlags aspect = 1u << U8(w) % 12;
   if (!image->handle)
      return;
   const uint32_t index = image->device;
   VkDevice device = w->devices[index];

   VkImageMemoryRequirementsInfo2 *info = make(sizeof(*info));
   info->sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_REQUIREMENTS_INFO_2;
   info->image = image->handle;
   VkMemoryRequirements2 *out = make(sizeof(*out));
   out->sType = VK_STRUCTURE_TYPE_MEMORY_REQUIREMENTS_2;
   PROC(w, index, GetImageMemoryRequirements2)(device, info, out);
   VkMemoryRequirements *old = make(sizeof(*old));
   PROC(w, index, GetImageMemoryRequirements)(device, image->handle, old);
   U_FUZZ_CHECK(old->memoryTypeBits ==
                out->memoryRequirements.memoryTypeBits);

   if (image->has_modifier) {
      VkImageDrmFormatModifierPropertiesEXT *modifier =
         make(sizeof(*modifier));
      modifier->sType =
         VK_STRUCTURE_TYPE_IMAGE_DRM_FORMAT_MODIFIER_PROPERTIES_EXT;
      PROC(w, index, GetImageDrmFormatModifierPropertiesEXT)
      (device, image->handle, modifier);
   }

   /* memory planes are for images with a modifier */
   VkImageSubresource2EXT *subresource = make(sizeof(*subresource));
   subresource->sType = VK_STRUCTURE_TYPE_IMAGE_SUBRESOURCE_2_EXT;
   subresource->imageSubresource.aspectMask =
      image->has_modifier || aspect <= VK_IMAGE_ASPECT_PLANE_2_BIT
         ? aspect
         : VK_IMAGE_ASPECT_COLOR_BIT;
   VkSubresourceLayout2EXT *layout = make(sizeof(*layout));
   layout->sType = VK_STRUCTURE_TYPE_SUBRESOURCE_LAYOUT_2_EXT;
   PROC(w, index, GetImageSubresourceLayout2EXT)
   (device, image->handle, subresource, layout);
   PROC(w, index, GetImageSubresourceLayout)
   (device, image->handle, &subresource->imageSubresource,
    &layout->subresourceLayout);
}

static void
destroy_image(struct world *w, struct image *image)
{
   if (image->handle) {
      PROC(w, image->device, DestroyImage)
      (w->devices[image->device], image->handle, NULL);
   }
   image->handle = VK_NULL_HANDLE;
}

/* ---- the physical device --------------------------------------------------
 */

static void
query_formats(struct world *w)
{
   const VkFormat format = read_format(w);
   const uint8_t what = U8(w);
   const uint32_t room = U8(w) % 3;
   VkFormatProperties2 *out = make(sizeof(*out));
   const void *head = NULL;
   VkDrmFormatModifierPropertiesListEXT *list = NULL;
   VkDrmFormatModifierPropertiesList2EXT *list2 = NULL;
   if (what & 1) {
      list = CHAIN(&head, VkDrmFormatModifierPropertiesListEXT,
                   DRM_FORMAT_MODIFIER_PROPERTIES_LIST_EXT);
      list->drmFormatModifierCount = room;
      list->pDrmFormatModifierProperties =
         what & 4 ? make(room * sizeof(VkDrmFormatModifierPropertiesEXT))
                  : NULL;
   }
   if (what & 2) {
      list2 = CHAIN(&head, VkDrmFormatModifierPropertiesList2EXT,
                    DRM_FORMAT_MODIFIER_PROPERTIES_LIST_2_EXT);
      list2->drmFormatModifierCount = room;
      list2->pDrmFormatModifierProperties =
         what & 4 ? make(room * sizeof(VkDrmFormatModifierProperties2EXT))
                  : NULL;
   }
   if (what & 8)
      CHAIN(&head, VkFormatProperties3, FORMAT_PROPERTIES_3);
   out->sType = VK_STRUCTURE_TYPE_FORMAT_PROPERTIES_2;
   out->pNext = (void *)head;
   vl_GetPhysicalDeviceFormatProperties2(w->physical, format, out);
   if (list && (what & 4))
      U_FUZZ_CHECK(list->drmFormatModifierCount <= room);
   if (list2 && (what & 4))
      U_FUZZ_CHECK(list2->drmFormatModifierCount <= room);
}

static void
query_image_formats(struct world *w)
{
   const uint8_t what = U8(w);
   VkPhysicalDeviceImageFormatInfo2 *info = make(sizeof(*info));
   info->sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2;
   info->format = read_format(w);
   info->type = VK_IMAGE_TYPE_2D;
   info->tiling = what & 0x80   ? VK_IMAGE_TILING_DRM_FORMAT_MODIFIER_EXT
                  : what & 0x40 ? VK_IMAGE_TILING_LINEAR
                                : VK_IMAGE_TILING_OPTIMAL;
   info->usage = VK_IMAGE_USAGE_TRANSFER_SRC_BIT;
   info->flags = what & 0x20 ? U32(w) : 0;
   if (what & 1) {
      CHAIN(&info->pNext, VkPhysicalDeviceExternalImageFormatInfo,
            PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO)
         ->handleType = (VkExternalMemoryHandleTypeFlagBits)read_types(w);
   }
   if (what & 2) {
      CHAIN(&info->pNext, VkPhysicalDeviceImageDrmFormatModifierInfoEXT,
            PHYSICAL_DEVICE_IMAGE_DRM_FORMAT_MODIFIER_INFO_EXT)
         ->drmFormatModifier = U8(w);
   }
   if (what & 4) {
      chain(&info->pNext, sizeof(VkBaseOutStructure),
            (VkStructureType)U32(w) | 1 << 30);
   }
   VkImageFormatProperties2 *out = make(sizeof(*out));
   const void *head = NULL;
   if (what & 8) {
      CHAIN(&head, VkExternalImageFormatProperties,
            EXTERNAL_IMAGE_FORMAT_PROPERTIES);
   }
   out->sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2;
   out->pNext = (void *)head;
   vl_GetPhysicalDeviceImageFormatProperties2(w->physical, info, out);
}

static void
query_device(struct world *w)
{
   const uint8_t what = U8(w);
   uint32_t count = what >> 4;
   switch (what & 7) {
   case 0: {
      VkExtensionProperties *list = make(count * sizeof(*list));
      const uint32_t room = count;
      const VkResult result = vl_EnumerateDeviceExtensionProperties(
         w->physical, NULL, &count, count ? list : NULL);
      U_FUZZ_CHECK(!room || result < 0 || count <= room);
      break;
   }
   case 1: {
      VkPhysicalDeviceExternalBufferInfo *info = make(sizeof(*info));
      info->sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO;
      info->handleType = (VkExternalMemoryHandleTypeFlagBits)read_types(w);
      VkExternalBufferProperties *out = make(sizeof(*out));
      out->sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES;
      vl_GetPhysicalDeviceExternalBufferProperties(w->physical, info, out);
      break;
   }
   case 2:
      vl_GetPhysicalDeviceMemoryProperties(
         w->physical, make(sizeof(VkPhysicalDeviceMemoryProperties)));
      break;
   case 3: {
      VkQueueFamilyProperties2 *families = make(count * sizeof(*families));
      vl_GetPhysicalDeviceQueueFamilyProperties2(w->physical, &count,
                                                 count ? families : NULL);
      break;
   }
   case 4: {
      VkPhysicalDeviceFeatures2 *out = make(sizeof(*out));
      const void *head = NULL;
      CHAIN(&head, VkPhysicalDeviceShaderImageAtomicInt64FeaturesEXT,
            PHYSICAL_DEVICE_SHADER_IMAGE_ATOMIC_INT64_FEATURES_EXT);
      out->pNext = (void *)head;
      vl_GetPhysicalDeviceFeatures2(w->physical, out);
      break;
   }
   default:
      break;
   }
}

/* ---- devices --------------------------------------------------------------
 */

static void
create_device(struct world *w, uint32_t index, uint8_t what)
{
   if (w->devices[index])
      return;

   /* what the application sees, it may enable */
   VkExtensionProperties offered[16];
   uint32_t offered_count = 16;
   const char *names[16];
   VkDeviceCreateInfo *info = make(sizeof(*info));
   info->sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
   info->ppEnabledExtensionNames = names;
   if (vl_EnumerateDeviceExtensionProperties(
          w->physical, NULL, &offered_count, offered) == VK_SUCCESS) {
      for (uint32_t i = 0; i < offered_count; i++) {
         if (!(what >> i & 1))
            names[info->enabledExtensionCount++] = offered[i].extensionName;
      }
   }
   VkLayerDeviceLink *link = make(sizeof(*link));
   link->pfnNextGetInstanceProcAddr = fuzz_gipa;
   link->pfnNextGetDeviceProcAddr = fuzz_gdpa;
   VkLayerDeviceCreateInfo *layer =
      CHAIN(&info->pNext, VkLayerDeviceCreateInfo, LOADER_DEVICE_CREATE_INFO);
   layer->function = VK_LAYER_LINK_INFO;
   layer->u.pLayerInfo = link;
   if (vl_CreateDevice(w->physical, info, NULL, &w->devices[index]) !=
       VK_SUCCESS)
      w->devices[index] = VK_NULL_HANDLE;
}

/* A guest that goes away does not clean up. */
static void
destroy_device(struct world *w, uint32_t index)
{
   if (!w->devices[index])
      return;
   vl_DestroyDevice(w->devices[index], NULL);
   w->devices[index] = VK_NULL_HANDLE;
   for (int i = 0; i < SLOTS; i++) {
      if (w->memories[i].device == index)
         w->memories[i].handle = VK_NULL_HANDLE;
      if (w->buffers[i].device == index)
         w->buffers[i].handle = VK_NULL_HANDLE;
      if (w->images[i].device == index)
         w->images[i].handle = VK_NULL_HANDLE;
   }
}

static void
record_barrier(struct world *w)
{
   static const uint32_t families[] = {
      0,
      VK_QUEUE_FAMILY_IGNORED,
      VK_QUEUE_FAMILY_EXTERNAL,
      VK_QUEUE_FAMILY_FOREIGN_EXT,
   };
   const uint32_t index = U8(w) % DEVICES;
   const uint8_t what = U8(w);
   const uint32_t count = what >> 4 & 3;
   VkImageMemoryBarrier *images = make(count * sizeof(*images));
   for (uint32_t i = 0; i < count; i++) {
      images[i].sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER;
      images[i].srcQueueFamilyIndex = families[what & 3];
      images[i].dstQueueFamilyIndex = families[what >> 2 & 3];
   }
   struct vl_device *device =
      w->devices[index] ? vl_device_of(w->devices[index]) : NULL;
   /* who names the foreign family has enabled it */
   if (!device || !(device->wants & VL_WANTS_FOREIGN))
      return;
   /* dispatchable objects start with the device's key */
   void *key = vl_dispatch_key(w->devices[index]);
   PROC(w, index, CmdPipelineBarrier)
   ((VkCommandBuffer)&key, 0, 0, 0, 0, NULL, 0, NULL, count, images);
}

/* ---- the program ----------------------------------------------------------
 */

static void
operate(struct world *w)
{
   switch (U8(w) % 16) {
   case 0:
   case 1:
      allocate(w);
      break;
   case 2:
      free_memory(w, &w->memories[U8(w) % SLOTS]);
      break;
   case 3:
      get_fd(w);
      break;
   case 4:
      get_fd_properties(w);
      break;
   case 5:
      make_file(w);
      break;
   case 6:
      change_file(w);
      break;
   case 7:
      create_buffer(w);
      break;
   case 8:
      query_buffer(w);
      break;
   case 9:
      create_image(w);
      break;
   case 10:
      query_image(w);
      break;
   case 11: {
      const uint8_t which = U8(w);
      if (which & 0x80)
         destroy_buffer(w, &w->buffers[which % SLOTS]);
      else
         destroy_image(w, &w->images[which % SLOTS]);
      break;
   }
   case 12:
      query_formats(w);
      break;
   case 13:
      query_image_formats(w);
      break;
   case 14:
      query_device(w);
      break;
   case 15: {
      const uint8_t what = U8(w);
      if (what & 0x80)
         record_barrier(w);
      else if (what & 0x40)
         destroy_device(w, what % DEVICES);
      else
         create_device(w, what % DEVICES, U8(w));
      break;
   }
   }
   free_structs();
}

static void
read_config(struct u_fuzz_input *in, struct fuzz_driver_config *config)
{
   static const uint64_t alignments[] = {
      4096, 65536, 1, UINT64_C(1) << 20, 16384, 0, 3000, UINT64_C(1) << 40,
   };
   static const uint32_t versions[] = {
      VK_API_VERSION_1_3,
      VK_API_VERSION_1_2,
      VK_API_VERSION_1_1,
      VK_API_VERSION_1_0,
   };
   const uint8_t has = u_fuzz_u8(in);
   const uint8_t lies = u_fuzz_u8(in);
   const uint8_t types = u_fuzz_u8(in);
   const uint8_t numbers = u_fuzz_u8(in);
   *config = (struct fuzz_driver_config){
      .api_version = versions[has >> 6],
      .has_host_import = !(has & 0x01),
      .has_fd = has & 0x02,
      .has_dma_buf = has & 0x04,
      .has_modifier = has & 0x08,
      .has_foreign = has & 0x10,
      .can_export_dma_buf = has & 0x20,
      .hides_host_import = lies & 0x01,
      .loses_writes = lies & 0x02,
      .lies_about_planes = lies & 0x04,
      .can_clear = lies & 0x10,
      .lies_about_pitch = lies & 0x20,
      .optimal_elsewhere = lies & 0x40,
      .type_count = 1 + (types & 3),
      .host_types = (uint32_t) ~(types >> 4) & 0xf,
      .heap_size_B = UINT64_C(1) << (numbers & 0x80 ? 40 : 30),
      .host_alignment_B = alignments[numbers & 7],
      .image_alignment_B = lies & 0x08 ? 3 : 256,
      .fail_at = u_fuzz_u8(in),
   };
   has_udmabuf = numbers & 0x10;
   /* a file is never sparse, so a large one takes time and memory */
   wants_file = numbers & 0x20;
   if (wants_file)
      config->heap_size_B = 1 << 20;
}

static bool
create_instance(struct world *w)
{
   VkApplicationInfo *application = make(sizeof(*application));
   application->apiVersion = VK_API_VERSION_1_3;
   VkInstanceCreateInfo *info = make(sizeof(*info));
   info->sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO;
   info->pApplicationInfo = application;
   VkLayerInstanceCreateInfo *callback = CHAIN(
      &info->pNext, VkLayerInstanceCreateInfo, LOADER_INSTANCE_CREATE_INFO);
   callback->function = VK_LOADER_LAYER_CREATE_DEVICE_CALLBACK;
   callback->u.layerDevice.pfnLayerCreateDevice = fuzz_layer_create_device;
   callback->u.layerDevice.pfnLayerDestroyDevice = fuzz_layer_destroy_device;
   static const char *const file = "file";
   const VkLayerSettingEXT backing = {
      .pLayerName = VL_LAYER_NAME,
      .pSettingName = "backing",
      .type = VK_LAYER_SETTING_TYPE_STRING_EXT,
      .valueCount = 1,
      .pValues = &file,
   };
   if (wants_file) {
      VkLayerSettingsCreateInfoEXT *settings =
         chain(&info->pNext, sizeof(*settings),
               VK_STRUCTURE_TYPE_LAYER_SETTINGS_CREATE_INFO_EXT);
      settings->settingCount = 1;
      settings->pSettings = &backing;
   }
   VkLayerInstanceLink *link = make(sizeof(*link));
   link->pfnNextGetInstanceProcAddr = fuzz_gipa;
   VkLayerInstanceCreateInfo *layer = CHAIN(
      &info->pNext, VkLayerInstanceCreateInfo, LOADER_INSTANCE_CREATE_INFO);
   layer->function = VK_LAYER_LINK_INFO;
   layer->u.pLayerInfo = link;
   const VkResult result = vl_CreateInstance(info, NULL, &w->instance);
   free_structs();
   if (result != VK_SUCCESS)
      return false;
   w->physical = fuzz_driver_physical(w->instance);
   return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
   static struct u_fuzz_belongings before;
   u_fuzz_belongings_get(&before);

   struct world world = { .in = { .cur = data, .end = data + size } };
   struct world *w = &world;
   struct fuzz_driver_config config;
   read_config(&w->in, &config);
   fuzz_driver_start(&config);
   fuzz_mapping_forget();
   for (int i = 0; i < SLOTS; i++)
      w->fds[i] = -1;

   if (create_instance(w)) {
      create_device(w, 0, 0);
      create_device(w, 1, 0);
      free_structs();
      for (int i = 0; i < MAX_OPERATIONS && !u_fuzz_at_end(&w->in); i++)
         operate(w);
      for (uint32_t i = 0; i < DEVICES; i++)
         destroy_device(w, i);
      vl_DestroyInstance(w->instance, NULL);
   }
   for (int i = 0; i < SLOTS; i++)
      u_fd_close(&w->fds[i]);

   U_FUZZ_CHECK(vl_mapping_count() == 0);
   U_FUZZ_CHECK(fuzz_driver_object_count() == 0);
   u_fuzz_belongings_check(&before);
   return 0;
}
