/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * One function that everything logs through. The level is read once from an
 * environment variable that the component names (docs/env_vars.md).
 */

#ifndef U_LOG_H
#define U_LOG_H

#include <stdbool.h>

enum u_log_level {
   U_LOG_ERROR, /* something the user asked for cannot be done */
   U_LOG_WARN,  /* done, but not as the user would expect */
   U_LOG_INFO,  /* what was chosen, once per process or device */
   U_LOG_DEBUG, /* expected failures while probing, single decisions */
};

struct u_log {
   const char *prefix;       /* "venus", "venus-shm": starts every line */
   const char *env_var;      /* error, warn, info, debug or 0..3 */
   _Atomic int level_plus_1; /* 0 until the variable has been read */
};

#define U_LOG_INIT(prefix_, env_var_)                                        \
   {                                                                         \
      .prefix = (prefix_), .env_var = (env_var_)                             \
   }

/* The default level is warn. */
bool u_log_enabled(struct u_log *log, enum u_log_level level);

/* From now on, whatever the variable says. */
void u_log_set_level(struct u_log *log, enum u_log_level level);

/* Writes one line to stderr in one write. Leaves errno as it was. */
void u_log(struct u_log *log, enum u_log_level level, const char *fmt, ...)
   __attribute__((format(printf, 3, 4)));

#endif /* U_LOG_H */
