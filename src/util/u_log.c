/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 */

#include "u_log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const level_names[] = {
   [U_LOG_ERROR] = "error",
   [U_LOG_WARN] = "warn",
   [U_LOG_INFO] = "info",
   [U_LOG_DEBUG] = "debug",
};

#define LEVEL_COUNT ((int)(sizeof(level_names) / sizeof(level_names[0])))

static enum u_log_level
parse_level(const char *value)
{
   if (!value || !value[0])
      return U_LOG_WARN;

   for (int i = 0; i < LEVEL_COUNT; i++) {
      if (!strcmp(value, level_names[i]))
         return i;
   }

   if (value[0] >= '0' && value[0] < '0' + LEVEL_COUNT && !value[1])
      return value[0] - '0';

   return U_LOG_WARN;
}

bool
u_log_enabled(struct u_log *log, enum u_log_level level)
{
   /* relaxed: a race parses the same variable to the same value twice */
   int current =
      atomic_load_explicit(&log->level_plus_1, memory_order_relaxed);
   if (!current) {
      current = parse_level(getenv(log->env_var)) + 1;
      atomic_store_explicit(&log->level_plus_1, current,
                            memory_order_relaxed);
   }

   return (int)level < current;
}

void
u_log_set_level(struct u_log *log, enum u_log_level level)
{
   /* relaxed: a line more or less while it changes does not matter */
   atomic_store_explicit(&log->level_plus_1, (int)level + 1,
                         memory_order_relaxed);
}

void
u_log(struct u_log *log, enum u_log_level level, const char *fmt, ...)
{
   if (!u_log_enabled(log, level))
      return;

   const int saved_errno = errno;
   char line[1024];

   int len = snprintf(line, sizeof(line), "%s: %s: ", log->prefix,
                      level_names[level]);
   va_list ap;
   va_start(ap, fmt);
   const int body = vsnprintf(line + len, sizeof(line) - len, fmt, ap);
   va_end(ap);

   if (body > 0)
      len += body;
   /* a cut line still ends as a line */
   if (len > (int)sizeof(line) - 2)
      len = sizeof(line) - 2;
   line[len++] = '\n';

   ssize_t ret;
   do {
      ret = write(STDERR_FILENO, line, len);
   } while (ret < 0 && errno == EINTR);

   errno = saved_errno;
}
