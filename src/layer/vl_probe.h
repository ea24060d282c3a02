/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Probing by doing: does the driver really render into host memory?
 */

#ifndef VL_PROBE_H
#define VL_PROBE_H

#include <stdbool.h>
#include <stdint.h>

struct vl_physical_device;

struct vl_probe_result {
   uint32_t host_types; /* coherent types that take a shared mapping */
   uint64_t
      alignment_B; /* minImportedHostPointerAlignment, or the page size */
   /* A buffer that says it may be bound to host memory has the requirements
    * of one that does not say so.
    */
   bool plain_buffers_unchanged;
   /* Images of optimal tiling can live where a mapping can. */
   bool optimal_images_fit;
   /* The driver tells the planes of a linear image apart. */
   bool planar_layouts_true;
};

/* Imports a shared mapping into a device of its own, binds a buffer and a
 * linear image to it, fills and clears them and looks at the mapping. False,
 * after a log line that says which step failed, if any of it does not work.
 */
bool vl_probe_run(const struct vl_physical_device *physical,
                  struct vl_probe_result *result);

#endif /* VL_PROBE_H */
