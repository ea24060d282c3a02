/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Imports that cannot kill. The id of a resource that the renderer does not
 * know ends the context, and nothing on this side tells whether it knows one
 * that somebody else made. So a second context, the scout, which has nothing
 * to lose, is sent ahead with each such resource.
 */

#ifndef VN_SCOUT_H
#define VN_SCOUT_H

#include "vn_renderer.h"

struct vn_device;
struct vn_physical_device;

/* Of a physical device. Made at the first import of a foreign resource. */
struct vn_scout {
   /*
    * Held while the scout is away, for the length of a round trip, or of the
    * making of a context. Taken before all locks of the scout's own ring and
    * transport; none of the driver's is held meanwhile.
    */
   pthread_mutex_t mutex;
   struct vn_scout_context *context; /* owned; NULL: none, or it died */
   /* It has died of one of that kind, and so would the next. */
   bool is_deadly[VN_RENDERER_BO_KIND_COUNT];
};

void vn_scout_init(struct vn_scout *scout);
void vn_scout_finish(struct vn_scout *scout);

/*
 * A bo of the device's renderer for an fd, whose id may be sent. Does not
 * take the fd. VK_ERROR_INVALID_EXTERNAL_HANDLE, with a line in the log that
 * says what to do, if the renderer would not take it for memory.
 */
VkResult vn_scout_import_fd(struct vn_device *device,
                            int fd,
                            struct vn_renderer_bo **bo_out);

#endif /* VN_SCOUT_H */
