/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Belongings of the process for fuzz targets, and the log: it formats every
 * line, since the arguments are part of what is tested, and drops it, since
 * nobody reads a million of them. VENUS_FUZZ_LOG=1 shows them.
 */

#include "u_fuzz.h"

#include <poll.h>
#include <stdarg.h>

#include "u_log.h"

/* u_fuzz_wrap.c has the real one */
__attribute__((weak)) uint64_t u_fuzz_mapped_B(void);

/* The i-th fd that is looked at. */
static int
fd_number(int i)
{
   return i < U_FUZZ_MAX_FDS / 2 ? i : 1024 + i - U_FUZZ_MAX_FDS / 2;
}

void
u_fuzz_belongings_get(struct u_fuzz_belongings *belongings)
{
   struct pollfd fds[U_FUZZ_MAX_FDS];
   for (int i = 0; i < U_FUZZ_MAX_FDS; i++)
      fds[i] = (struct pollfd){ .fd = fd_number(i) };
   U_FUZZ_CHECK(poll(fds, U_FUZZ_MAX_FDS, 0) >= 0);
   for (int i = 0; i < U_FUZZ_MAX_FDS; i++)
      belongings->fds[i] = !(fds[i].revents & POLLNVAL);
   belongings->mapped_B = u_fuzz_mapped_B ? u_fuzz_mapped_B() : 0;
}

void
u_fuzz_belongings_check(const struct u_fuzz_belongings *before)
{
   struct u_fuzz_belongings now;
   u_fuzz_belongings_get(&now);
   for (int i = 0; i < U_FUZZ_MAX_FDS; i++) {
      if (now.fds[i] != before->fds[i]) {
         fprintf(stderr, "fd %d was %s and is %s\n", fd_number(i),
                 before->fds[i] ? "open" : "closed",
                 now.fds[i] ? "open" : "closed");
         abort();
      }
   }
   if (now.mapped_B != before->mapped_B) {
      fprintf(stderr, "%llu bytes were mapped and %llu are\n",
              (unsigned long long)before->mapped_B,
              (unsigned long long)now.mapped_B);
      abort();
   }
}

bool
u_log_enabled(struct u_log *log, enum u_log_level level)
{
   return true;
}

void
u_log_set_level(struct u_log *log, enum u_log_level level)
{
}

void
u_log(struct u_log *log, enum u_log_level level, const char *fmt, ...)
{
   static int shown = -1;
   if (shown < 0)
      shown = getenv("VENUS_FUZZ_LOG") != NULL;

   char line[1024];
   va_list ap;
   va_start(ap, fmt);
   vsnprintf(line, sizeof(line), fmt, ap);
   va_end(ap);
   if (shown)
      fprintf(stderr, "%s: %s\n", log->prefix, line);
}
