/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The layer's log: lines start with "venus-shm"; vl_settings.h has the level.
 * Errors are what a guest brings about by asking for something wrong. It can
 * do that for ever, so only the first ones are written.
 */

#ifndef VL_LOG_H
#define VL_LOG_H

#include <stdbool.h>

#include "u_log.h"

extern struct u_log vl_log_state;

/* False once enough errors have been written; the last one says so. */
bool vl_log_may_complain(void);

#define vl_log(level, ...) u_log(&vl_log_state, level, __VA_ARGS__)
#define vl_log_error(...)                                                    \
   do {                                                                      \
      if (vl_log_may_complain())                                             \
         vl_log(U_LOG_ERROR, __VA_ARGS__);                                   \
   } while (0)
#define vl_log_warn(...)  vl_log(U_LOG_WARN, __VA_ARGS__)
#define vl_log_info(...)  vl_log(U_LOG_INFO, __VA_ARGS__)
#define vl_log_debug(...) vl_log(U_LOG_DEBUG, __VA_ARGS__)

#endif /* VL_LOG_H */
