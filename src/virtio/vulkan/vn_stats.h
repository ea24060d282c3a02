/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * VN_DEBUG=stats: how often each command was recorded or sent, printed when
 * an instance is destroyed. Costs one branch where it is off.
 */

#ifndef VN_STATS_H
#define VN_STATS_H

#include "vn_common.h"

void vn_stats_count(uint32_t command);

/*
 * One line on stderr:
 *
 *    venus: stats: vkCmdDraw=1 ... copies=N answers=N
 *
 * where copies counts commands that move image or buffer contents, and
 * answers is the caller's: the answers that were awaited. Nothing if the flag
 * is off.
 */
void vn_stats_print(uint64_t answers);

#endif /* VN_STATS_H */
