/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The one log object of the layer (docs/env_vars.md: VENUS_SHM_LOG).
 */

#include "vl_log.h"

struct u_log vl_log_state = U_LOG_INIT("venus-shm", "VENUS_SHM_LOG");
