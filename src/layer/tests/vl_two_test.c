/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Several physical devices in one process: the layer decides for each alone,
 * and those that share have one truth about the memory. The second one is
 * the same driver by another manifest.
 *
 * Usage: vl_two_test MODE
 *    both    two drivers that can share
 *    one     the second one has no host pointers (vl_mask.h)
 * Ends with 77 if there is no lavapipe.
 */

#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "u_test.h"
#include "vl_test_vulkan.h"

static const char *const extensions[4] = {
   VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME,
   VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME,
   VK_EXT_IMAGE_DRM_FORMAT_MODIFIER_EXTENSION_NAME,
   VK_EXT_QUEUE_FAMILY_FOREIGN_EXTENSION_NAME,
};

static char directory[] = "/tmp/venus-shm-two-XXXXXX";
static char manifests[2][64];

/* Two copies of the software driver's manifest, named in the environment. */
static bool
name_two_drivers(void)
{
   glob_t found = { 0 };
   const char *chosen = getenv("VK_DRIVER_FILES");
   if (!chosen) {
      if (glob("/usr/share/vulkan/icd.d/lvp_icd*.json", 0, NULL, &found))
         return false;
      chosen = found.gl_pathv[0];
   }

   char text[4096];
   FILE *in = fopen(chosen, "re");
   const size_t length = in ? fread(text, 1, sizeof(text), in) : 0;
   if (in)
      fclose(in);
   globfree(&found);
   if (!length || length == sizeof(text) || !mkdtemp(directory))
      return false;

   for (int i = 0; i < 2; i++) {
      snprintf(manifests[i], sizeof(manifests[i]), "%s/%d.json", directory,
               i);
      FILE *out = fopen(manifests[i], "we");
      if (!out)
         return false;
      const bool written = fwrite(text, 1, length, out) == length;
      if (fclose(out) || !written)
         return false;
   }
   char both[160];
   snprintf(both, sizeof(both), "%s:%s", manifests[0], manifests[1]);
   setenv("VK_DRIVER_FILES", both, 1);
   setenv("VK_ICD_FILENAMES", both, 1);
   return true;
}

static void
forget_two_drivers(void)
{
   for (int i = 0; i < 2; i++)
      unlink(manifests[i]);
   rmdir(directory);
}

/* What one driver's device writes, the other one's has. */
static void
share(struct vt_device *from, struct vt_device *to, uint32_t value)
{
   struct vt_bound_buffer ours, theirs;
   if (!vt_bound_buffer_init(&ours, from, VT_DMA_BUF, VT_DMA_BUF, -1))
      return;
   const int mappings = vt_usage().mappings;
   if (vt_bound_buffer_init(&theirs, to, VT_DMA_BUF, 0,
                            vt_export(from, ours.memory))) {
      U_CHECK_EQ(vt_usage().mappings, mappings);
      vt_fill(from, ours.buffer, value);
      void *seen = NULL;
      to->MapMemory(to->handle, theirs.memory, 0, VK_WHOLE_SIZE, 0, &seen);
      U_CHECK(seen && vt_is_filled(seen, VT_SIZE_B, value));
      to->UnmapMemory(to->handle, theirs.memory);
      /* and the other way, after the exporter has gone */
      vt_bound_buffer_finish(&ours, from);
      vt_fill(to, theirs.buffer, ~value);
      vt_bound_buffer_finish(&theirs, to);
   }
}

int
main(int argc, char **argv)
{
   const bool both = argc < 2 || strcmp(argv[1], "one");
   if (!name_two_drivers()) {
      fprintf(stderr, "no lavapipe to have twice\n");
      return U_TEST_SKIP;
   }
   setenv("VENUS_TEST_MASK", both ? "" : "second-hides-host", 1);

   struct vt_instance first, second;
   if (!vt_instance_init(&first,
                         "VK_LAYER_VENUS_shm,VK_LAYER_VENUS_test_mask",
                         VK_API_VERSION_1_3)) {
      forget_two_drivers();
      return U_TEST_SKIP;
   }
   second = first;
   if (!U_CHECK(vt_instance_pick(&second, 1)))
      goto out;
   for (int i = 0; i < 4; i++) {
      U_CHECK(vt_has_extension(&first, extensions[i]));
      U_CHECK_EQ(vt_has_extension(&second, extensions[i]), both || i == 0);
   }

   struct vt_device a, b;
   if (!vt_device_init(&a, &first) || !vt_device_init(&b, &second))
      goto out;
   const struct vt_usage before = vt_usage();
   for (uint32_t i = 0; i < 3; i++) {
      if (both) {
         share(&a, &b, 0xabcd0000 + i);
         share(&b, &a, 0x1234000 + i);
      } else {
         /* each goes on by itself */
         struct vt_bound_buffer shared, plain;
         vt_bound_buffer_init(&shared, &a, VT_DMA_BUF, VT_DMA_BUF, -1);
         vt_bound_buffer_init(&plain, &b, 0, 0, -1);
         vt_fill(&a, shared.buffer, i);
         vt_fill(&b, plain.buffer, i);
         vt_bound_buffer_finish(&plain, &b);
         vt_bound_buffer_finish(&shared, &a);
         U_CHECK(!b.GetMemoryFdPropertiesKHR ||
                 b.GetMemoryFdPropertiesKHR != a.GetMemoryFdPropertiesKHR);
      }
   }
   U_CHECK_EQ(vt_usage().fds, before.fds);
   U_CHECK_EQ(vt_usage().mappings, before.mappings);
   vt_device_finish(&b);
   vt_device_finish(&a);
out:
   vt_instance_finish(&first);
   forget_two_drivers();
   return vt_failures() ? EXIT_FAILURE : u_test_result();
}
