/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * An open KMS node: what it can do, being its master, and what it tells. All
 * that the kernel says of an open file (capabilities, events, framebuffers,
 * handles) belongs to that file, which is why there is one of these for each,
 * and not for each device.
 */

#ifndef VN_WSI_DISPLAY_FILE_H
#define VN_WSI_DISPLAY_FILE_H

#include "vn_common.h"

/*
 * Something that is going to happen, as a page flip. In the memory of the
 * one who waits for it.
 */
struct vn_kms_event {
   /*
    * On the file's own thread, with its lock held: may neither block nor
    * call this file's functions. Called once at most; the event is no longer
    * expected then. lost: it has not happened, and nothing will any more.
    */
   void (*happened)(struct vn_kms_event *event, bool lost);

   struct u_list link; /* itself: not expected */
   uint64_t serial;
   uint64_t deadline_ns;
};

static inline void
vn_kms_event_init(struct vn_kms_event *event,
                  void (*happened)(struct vn_kms_event *event, bool lost))
{
   event->happened = happened;
   u_list_init(&event->link);
}

struct vn_kms_file {
   _Atomic uint32_t refcount;
   int fd; /* owned */
   /*
    * The driver opened it, so it takes and gives back being the master.
    * Other files are an application's, which has seen to that.
    */
   bool own;

   /* constant */
   bool atomic;          /* DRM_CLIENT_CAP_ATOMIC */
   bool universal;       /* planes are listed with their formats */
   bool takes_modifiers; /* framebuffers with modifiers can be made */
   bool flips_at_once;   /* DRM_CAP_ASYNC_PAGE_FLIP */

   pthread_mutex_t mutex; /* guards the rest */
   uint32_t master_count;
   bool lost; /* the device has gone */
   uint64_t last_serial;
   struct u_list events; /* that are expected */
   bool has_thread;
   pthread_t thread;
   int wake_fd; /* owned; an eventfd, -1 until there is a thread */
   bool stop;
};

/* Takes the fd on success. VK_ERROR_INITIALIZATION_FAILED: it is no KMS node.
 */
VkResult vn_kms_file_create(int fd, bool own, struct vn_kms_file **file_out);
struct vn_kms_file *vn_kms_file_ref(struct vn_kms_file *file);
/* NULL is legal. */
void vn_kms_file_unref(struct vn_kms_file *file);

/*
 * Being the master is counted. False with errno: another process is it (a
 * compositor), or this user may not.
 */
bool vn_kms_file_take_master(struct vn_kms_file *file);
void vn_kms_file_drop_master(struct vn_kms_file *file);

/*
 * Expects an event: its serial is what the kernel is to be given as user
 * data. With a deadline (CLOCK_MONOTONIC; 0: none) it also happens when that
 * has come. False: there cannot be a thread, or the device has gone.
 */
bool vn_kms_file_expect(struct vn_kms_file *file,
                        struct vn_kms_event *event,
                        uint64_t deadline_ns);
/* When this returns, the event has happened or never will. */
void vn_kms_file_cancel(struct vn_kms_file *file, struct vn_kms_event *event);

/* Zero if the object has no such property. */
uint32_t vn_kms_find_property(int fd,
                              uint32_t object_id,
                              uint32_t object_type,
                              const char *name,
                              uint64_t *value_out);

#endif /* VN_WSI_DISPLAY_FILE_H */
