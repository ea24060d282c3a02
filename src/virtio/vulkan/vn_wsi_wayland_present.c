/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * When a frame became visible, for VK_KHR_present_wait. wp_presentation says
 * it; without that, the compositor's wish for the next frame does, which
 * comes when it has used this one.
 */

#include "presentation-time-client-protocol.h"
#include "vn_wsi_wayland.h"

struct vn_wayland_present {
   struct u_list link; /* in vn_wayland_swapchain.presents */
   struct vn_wayland_swapchain *chain;
   uint64_t id;
   uint64_t deadline_ns; /* of a window that is hidden */
   /* one of them; owned */
   struct wp_presentation_feedback *feedback;
   struct wl_callback *callback;
};

static void
present_destroy(struct vn_wayland_present *present)
{
   if (present->feedback)
      wp_presentation_feedback_destroy(present->feedback);
   if (present->callback)
      wl_callback_destroy(present->callback);
   u_list_del(&present->link);
   free(present);
}

static void
present_done(struct vn_wayland_present *present)
{
   vn_swapchain_set_presented(&present->chain->base, present->id);
   present_destroy(present);
}

static void
handle_sync_output(void *data,
                   struct wp_presentation_feedback *feedback,
                   struct wl_output *output)
{
}

static void
handle_presented(void *data,
                 struct wp_presentation_feedback *feedback,
                 uint32_t tv_sec_hi,
                 uint32_t tv_sec_lo,
                 uint32_t tv_nsec,
                 uint32_t refresh,
                 uint32_t seq_hi,
                 uint32_t seq_lo,
                 uint32_t flags)
{
   present_done(data);
}

/* A newer frame has replaced it. */
static void
handle_discarded(void *data, struct wp_presentation_feedback *feedback)
{
   present_done(data);
}

static const struct wp_presentation_feedback_listener feedback_listener = {
   .sync_output = handle_sync_output,
   .presented = handle_presented,
   .discarded = handle_discarded,
};

static void
handle_callback(void *data, struct wl_callback *callback, uint32_t time_ms)
{
   present_done(data);
}

static const struct wl_callback_listener callback_listener = {
   .done = handle_callback,
};

void
vn_wayland_present_watch(struct vn_wayland_swapchain *chain,
                         uint64_t present_id)
{
   struct vn_wayland_present *present = calloc(1, sizeof(*present));
   if (!present)
      goto fail;

   present->chain = chain;
   present->id = present_id;
   present->deadline_ns = vn_time_ns() + VN_WAYLAND_HIDDEN_NS;
   if (chain->presentation) {
      present->feedback =
         wp_presentation_feedback(chain->presentation, chain->surface);
      if (!present->feedback)
         goto fail;
      wp_presentation_feedback_add_listener(present->feedback,
                                            &feedback_listener, present);
   } else {
      present->callback = wl_surface_frame(chain->surface);
      if (!present->callback)
         goto fail;
      wl_callback_add_listener(present->callback, &callback_listener,
                               present);
   }
   u_list_add_tail(&chain->presents, &present->link);
   return;

fail:
   /* Nobody could tell later. That is early, not never. */
   free(present);
   vn_swapchain_set_presented(&chain->base, present_id);
}

bool
vn_wayland_present_expire(struct vn_wayland_swapchain *chain,
                          uint64_t now_ns,
                          uint64_t *next_ns_out)
{
   bool any = false;
   u_list_for_each_safe (struct vn_wayland_present, present, &chain->presents,
                         link) {
      if (present->deadline_ns > now_ns) {
         /* they are in the order of time */
         *next_ns_out = VN_MIN(*next_ns_out, present->deadline_ns);
         break;
      }
      present_done(present);
      any = true;
   }
   return any;
}

void
vn_wayland_present_finish(struct vn_wayland_swapchain *chain)
{
   u_list_for_each_safe (struct vn_wayland_present, present, &chain->presents,
                         link)
      present_destroy(present);
}
