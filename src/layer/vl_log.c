/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The one log object of the layer (docs/env_vars.md: VENUS_SHM_LOG).
 */

#include "vl_log.h"

#include <stdatomic.h>

#define MAX_ERRORS 100

struct u_log vl_log_state = U_LOG_INIT("venus-shm", "VENUS_SHM_LOG");

bool
vl_log_may_complain(void)
{
   static _Atomic unsigned count;

   if (!u_log_enabled(&vl_log_state, U_LOG_ERROR))
      return false;
   /* relaxed: nothing else hangs on it. It stops rising, so never wraps. */
   if (atomic_load_explicit(&count, memory_order_relaxed) > MAX_ERRORS)
      return false;
   const unsigned before =
      atomic_fetch_add_explicit(&count, 1, memory_order_relaxed);
   if (before == MAX_ERRORS)
      vl_log(U_LOG_ERROR, "%d errors so far; no more are shown", MAX_ERRORS);
   return before < MAX_ERRORS;
}
