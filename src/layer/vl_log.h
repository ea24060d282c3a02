/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The layer's log: lines start with "venus-shm", VENUS_SHM_LOG is the level.
 */

#ifndef VL_LOG_H
#define VL_LOG_H

#include "u_log.h"

extern struct u_log vl_log_state;

#define vl_log(level, ...) u_log(&vl_log_state, level, __VA_ARGS__)
#define vl_log_error(...)  vl_log(U_LOG_ERROR, __VA_ARGS__)
#define vl_log_warn(...)   vl_log(U_LOG_WARN, __VA_ARGS__)
#define vl_log_info(...)   vl_log(U_LOG_INFO, __VA_ARGS__)
#define vl_log_debug(...)  vl_log(U_LOG_DEBUG, __VA_ARGS__)

#endif /* VL_LOG_H */
