/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The formats that a compositor takes: of wl_shm, and of linux-dmabuf by
 * events of its version 3 or by the feedback of version 4.
 */

#include <drm_fourcc.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "linux-dmabuf-unstable-v1-client-protocol.h"
#include "vn_wsi_wayland.h"

/* The two formats that wl_shm has a number of its own for. */
static uint32_t
fourcc_of_shm(uint32_t format)
{
   switch (format) {
   case WL_SHM_FORMAT_ARGB8888:
      return DRM_FORMAT_ARGB8888;
   case WL_SHM_FORMAT_XRGB8888:
      return DRM_FORMAT_XRGB8888;
   default:
      return format;
   }
}

uint32_t
vn_wayland_shm_format(uint32_t fourcc)
{
   switch (fourcc) {
   case DRM_FORMAT_ARGB8888:
      return WL_SHM_FORMAT_ARGB8888;
   case DRM_FORMAT_XRGB8888:
      return WL_SHM_FORMAT_XRGB8888;
   default:
      return fourcc;
   }
}

static void
add(struct vn_wayland_formats *formats,
    struct vn_wsi_format_list *list,
    uint32_t fourcc,
    uint64_t modifier)
{
   if (!vn_wsi_format_list_add(list, fourcc, modifier))
      formats->out_of_memory = true;
}

static void
handle_shm_format(void *data, struct wl_shm *shm, uint32_t format)
{
   struct vn_wayland_formats *formats = data;
   add(formats, &formats->shm, fourcc_of_shm(format), DRM_FORMAT_MOD_LINEAR);
}

static const struct wl_shm_listener shm_listener = {
   .format = handle_shm_format,
};

void
vn_wayland_formats_listen_shm(struct vn_wayland_formats *formats,
                              struct wl_shm *shm)
{
   wl_shm_add_listener(shm, &shm_listener, formats);
}

static void
handle_dmabuf_format(void *data,
                     struct zwp_linux_dmabuf_v1 *dmabuf,
                     uint32_t format)
{
   /* The modifier event says it with more. */
}

/*
 * DRM_FORMAT_MOD_INVALID means a layout that the compositor's driver finds
 * out from the buffer. Nothing of ours is attached to a buffer that it could
 * find it in.
 */
static void
handle_dmabuf_modifier(void *data,
                       struct zwp_linux_dmabuf_v1 *dmabuf,
                       uint32_t format,
                       uint32_t modifier_hi,
                       uint32_t modifier_lo)
{
   struct vn_wayland_formats *formats = data;
   const uint64_t modifier = (uint64_t)modifier_hi << 32 | modifier_lo;
   if (modifier != DRM_FORMAT_MOD_INVALID)
      add(formats, &formats->dmabuf, format, modifier);
}

static const struct zwp_linux_dmabuf_v1_listener dmabuf_listener = {
   .format = handle_dmabuf_format,
   .modifier = handle_dmabuf_modifier,
};

void
vn_wayland_formats_listen_dmabuf(struct vn_wayland_formats *formats,
                                 struct zwp_linux_dmabuf_v1 *dmabuf)
{
   zwp_linux_dmabuf_v1_add_listener(dmabuf, &dmabuf_listener, formats);
}

/* An entry of the table in the file. */
struct table_entry {
   uint32_t fourcc;
   uint32_t padding;
   uint64_t modifier;
};

static_assert(sizeof(struct table_entry) == 16, "as in the protocol");

/* False: this is no table. Leaves the fd. */
static bool
read_table(struct vn_wayland_formats *formats, int fd, uint32_t size_B)
{
   /* The file can be shorter than the compositor says, which a mapping shows
    * too late; an index has 16 bits.
    */
   const uint32_t count = size_B / sizeof(struct table_entry);
   struct stat st;
   if (fstat(fd, &st) || st.st_size < (off_t)size_B || !count ||
       count > UINT16_MAX + 1)
      return false;

   const struct table_entry *entries =
      mmap(NULL, size_B, PROT_READ, MAP_PRIVATE, fd, 0);
   if (entries == MAP_FAILED)
      return false;

   formats->table = calloc(count, sizeof(*formats->table));
   if (formats->table) {
      formats->table_count = count;
      for (uint32_t i = 0; i < count; i++) {
         formats->table[i] = (struct vn_wsi_format){
            .fourcc = entries[i].fourcc,
            .modifier = entries[i].modifier,
         };
      }
   } else {
      formats->out_of_memory = true;
   }
   munmap((void *)entries, size_B);
   return true;
}

static void
handle_format_table(void *data,
                    struct zwp_linux_dmabuf_feedback_v1 *feedback,
                    int32_t fd,
                    uint32_t size_B)
{
   struct vn_wayland_formats *formats = data;
   free(formats->table);
   formats->table = NULL;
   formats->table_count = 0;

   if (!read_table(formats, fd, size_B))
      vn_log(WARN, "wayland: a format table of %" PRIu32 " bytes is bad",
             size_B);
   u_fd_close(&fd);
}

static void
handle_main_device(void *data,
                   struct zwp_linux_dmabuf_feedback_v1 *feedback,
                   struct wl_array *device)
{
   /* Which device is no reason: what it does not take, it refuses. */
}

static void
handle_tranche_target_device(void *data,
                             struct zwp_linux_dmabuf_feedback_v1 *feedback,
                             struct wl_array *device)
{
}

static void
handle_tranche_flags(void *data,
                     struct zwp_linux_dmabuf_feedback_v1 *feedback,
                     uint32_t flags)
{
}

/* The compositor sends the tranches in the order of its preference. */
static void
handle_tranche_formats(void *data,
                       struct zwp_linux_dmabuf_feedback_v1 *feedback,
                       struct wl_array *indices)
{
   struct vn_wayland_formats *formats = data;
   const uint16_t *index = indices->data;
   const size_t count = indices->size / sizeof(*index);
   for (size_t i = 0; i < count; i++) {
      if (index[i] >= formats->table_count)
         continue;

      const struct vn_wsi_format *format = &formats->table[index[i]];
      if (format->modifier != DRM_FORMAT_MOD_INVALID)
         add(formats, &formats->tranches, format->fourcc, format->modifier);
   }
}

static void
handle_tranche_done(void *data, struct zwp_linux_dmabuf_feedback_v1 *feedback)
{
}

static void
handle_done(void *data, struct zwp_linux_dmabuf_feedback_v1 *feedback)
{
   struct vn_wayland_formats *formats = data;
   vn_wsi_format_list_finish(&formats->dmabuf);
   formats->dmabuf = formats->tranches;
   formats->tranches = (struct vn_wsi_format_list){ 0 };
   formats->generation++;
}

static const struct zwp_linux_dmabuf_feedback_v1_listener feedback_listener = {
   .done = handle_done,
   .format_table = handle_format_table,
   .main_device = handle_main_device,
   .tranche_done = handle_tranche_done,
   .tranche_target_device = handle_tranche_target_device,
   .tranche_formats = handle_tranche_formats,
   .tranche_flags = handle_tranche_flags,
};

void
vn_wayland_formats_listen_feedback(
   struct vn_wayland_formats *formats,
   struct zwp_linux_dmabuf_feedback_v1 *feedback)
{
   zwp_linux_dmabuf_feedback_v1_add_listener(feedback, &feedback_listener,
                                             formats);
}

void
vn_wayland_formats_finish(struct vn_wayland_formats *formats)
{
   vn_wsi_format_list_finish(&formats->shm);
   vn_wsi_format_list_finish(&formats->dmabuf);
   vn_wsi_format_list_finish(&formats->tranches);
   free(formats->table);
   *formats = (struct vn_wayland_formats){ 0 };
}
