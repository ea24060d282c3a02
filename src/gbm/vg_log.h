/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The backend's log: lines start with "venus-gbm", VENUS_LOG is the level.
 */

#ifndef VG_LOG_H
#define VG_LOG_H

#include "u_log.h"

extern struct u_log vg_log_state; /* vg_backend.c */

#define vg_log(level, ...) u_log(&vg_log_state, level, __VA_ARGS__)
#define vg_log_warn(...)   vg_log(U_LOG_WARN, __VA_ARGS__)
#define vg_log_info(...)   vg_log(U_LOG_INFO, __VA_ARGS__)
#define vg_log_debug(...)  vg_log(U_LOG_DEBUG, __VA_ARGS__)

#endif /* VG_LOG_H */
