/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See vn_stats.h. Counters are for the process, relaxed: they order nothing.
 */

#include "vn_stats.h"

#include <stdio.h>

#include "vn_protocol.h"

#define COMMAND_LIMIT 1024

static _Atomic uint64_t counts[COMMAND_LIMIT];

void
vn_stats_count(uint32_t command)
{
   if (command < COMMAND_LIMIT)
      atomic_fetch_add_explicit(&counts[command], 1, memory_order_relaxed);
}

static bool
is_copy(enum vn_command command)
{
   static const enum vn_command copies[] = {
      VN_COMMAND_vkCmdCopyBuffer,         VN_COMMAND_vkCmdCopyImage,
      VN_COMMAND_vkCmdBlitImage,          VN_COMMAND_vkCmdCopyBufferToImage,
      VN_COMMAND_vkCmdCopyImageToBuffer,  VN_COMMAND_vkCmdUpdateBuffer,
      VN_COMMAND_vkCmdResolveImage,       VN_COMMAND_vkCmdCopyBuffer2,
      VN_COMMAND_vkCmdCopyImage2,         VN_COMMAND_vkCmdBlitImage2,
      VN_COMMAND_vkCmdCopyBufferToImage2, VN_COMMAND_vkCmdCopyImageToBuffer2,
      VN_COMMAND_vkCmdResolveImage2,
   };
   for (size_t i = 0; i < VN_ARRAY_SIZE(copies); i++) {
      if (copies[i] == command)
         return true;
   }
   return false;
}

void
vn_stats_print(uint64_t answers)
{
   if (!(vn_debug_flags() & VN_DEBUG_STATS))
      return;

   uint64_t copies = 0;
   fprintf(stderr, "venus: stats:");
   for (uint32_t i = 0; i < COMMAND_LIMIT; i++) {
      const uint64_t count =
         atomic_load_explicit(&counts[i], memory_order_relaxed);
      if (!count)
         continue;
      if (is_copy(i))
         copies += count;
      fprintf(stderr, " %s=%" PRIu64, vn_protocol_command_name(i), count);
   }
   fprintf(stderr, " copies=%" PRIu64 " answers=%" PRIu64 "\n", copies,
           answers);
}
