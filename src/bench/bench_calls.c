/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Counts the system calls with which a driver talks and waits. The functions
 * below have the names of libc's and come first in the search for symbols,
 * so that a driver of any origin calls them instead.
 */

#include "bench.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static _Atomic uint64_t sent, received, slept, yielded;

/* relaxed throughout: the counters order nothing */
static void
count(_Atomic uint64_t *counter)
{
   __atomic_fetch_add((uint64_t *)counter, 1, __ATOMIC_RELAXED);
}

static bool
is_socket(int fd)
{
   const int saved = errno;
   struct stat st;
   const bool yes = !fstat(fd, &st) && S_ISSOCK(st.st_mode);

   errno = saved;
   return yes;
}

/* The next definition of the function that this is in. Looked up each time:
 * it is the same call for all stacks, and small beside a system call.
 */
#define NEXT(function) ((__typeof__(&function))dlsym(RTLD_NEXT, #function))

#define EXPORT __attribute__((visibility("default")))

EXPORT ssize_t
write(int fd, const void *data, size_t size)
{
   if (is_socket(fd))
      count(&sent);
   return NEXT(write)(fd, data, size);
}

EXPORT ssize_t
send(int fd, const void *data, size_t size, int flags)
{
   count(&sent);
   return NEXT(send)(fd, data, size, flags);
}

EXPORT ssize_t
sendmsg(int fd, const struct msghdr *msg, int flags)
{
   count(&sent);
   return NEXT(sendmsg)(fd, msg, flags);
}

static ssize_t
count_received(ssize_t size)
{
   if (size > 0)
      count(&received);
   return size;
}

EXPORT ssize_t
read(int fd, void *data, size_t size)
{
   const bool counts = is_socket(fd);
   const ssize_t ret = NEXT(read)(fd, data, size);

   return counts ? count_received(ret) : ret;
}

EXPORT ssize_t
recv(int fd, void *data, size_t size, int flags)
{
   return count_received(NEXT(recv)(fd, data, size, flags));
}

EXPORT ssize_t
recvmsg(int fd, struct msghdr *msg, int flags)
{
   return count_received(NEXT(recvmsg)(fd, msg, flags));
}

EXPORT int
poll(struct pollfd *fds, nfds_t fd_count, int timeout_ms)
{
   if (timeout_ms)
      count(&slept);
   return NEXT(poll)(fds, fd_count, timeout_ms);
}

EXPORT int
ppoll(struct pollfd *fds,
      nfds_t fd_count,
      const struct timespec *timeout,
      const sigset_t *mask)
{
   if (!timeout || timeout->tv_sec || timeout->tv_nsec)
      count(&slept);
   return NEXT(ppoll)(fds, fd_count, timeout, mask);
}

EXPORT int
nanosleep(const struct timespec *time, struct timespec *rest)
{
   count(&slept);
   return NEXT(nanosleep)(time, rest);
}

EXPORT int
clock_nanosleep(clockid_t clock,
                int flags,
                const struct timespec *time,
                struct timespec *rest)
{
   count(&slept);
   return NEXT(clock_nanosleep)(clock, flags, time, rest);
}

EXPORT int
usleep(useconds_t us)
{
   count(&slept);
   return NEXT(usleep)(us);
}

EXPORT int
sched_yield(void)
{
   count(&yielded);
   return NEXT(sched_yield)();
}

/* C11's name, which libc maps to its own inside. */
EXPORT void thrd_yield(void);

EXPORT void
thrd_yield(void)
{
   sched_yield();
}

void
bench_calls_read(struct bench_calls *out)
{
   struct rusage usage = { 0 };

   getrusage(RUSAGE_SELF, &usage);
   *out = (struct bench_calls){
      .sent = sent,
      .received = received,
      .slept = slept,
      .yielded = yielded,
      .switches = (uint64_t)usage.ru_nvcsw,
   };
}

void
bench_calls_print(const char *name,
                  const struct bench_calls *before,
                  uint64_t server_before,
                  uint32_t times)
{
   const uint64_t server_after = bench_server_switches();
   struct bench_calls after;

   bench_calls_read(&after);
   const struct {
      const char *what;
      uint64_t value;
   } counts[] = {
      { "messages-sent", after.sent - before->sent },
      { "messages-received", after.received - before->received },
      { "sleeps", after.slept - before->slept },
      { "yields", after.yielded - before->yielded },
      { "wake-ups", after.switches - before->switches },
      /* of processes that have ended meanwhile nothing is known */
      { "wake-ups-of-renderer",
        server_after > server_before ? server_after - server_before : 0 },
   };
   for (uint32_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
      char text[96];
      snprintf(text, sizeof(text), "%s-%s", name, counts[i].what);
      bench_print(text, "count", (double)counts[i].value / times);
   }
}

/* A number from a file of /proc, behind the line's name. 0 if it is gone. */
static uint64_t
read_status(const char *path, const char *name)
{
   FILE *file = fopen(path, "re");
   char line[256];
   uint64_t value = 0;

   if (!file)
      return 0;
   while (fgets(line, sizeof(line), file)) {
      if (!strncmp(line, name, strlen(name))) {
         value = strtoull(line + strlen(name), NULL, 10);
         break;
      }
   }
   fclose(file);
   return value;
}

static uint64_t
switches_of(const char *pid)
{
   char path[600];
   uint64_t total = 0;

   snprintf(path, sizeof(path), "/proc/%s/task", pid);
   DIR *tasks = opendir(path);
   if (!tasks)
      return 0;
   for (struct dirent *task; (task = readdir(tasks));) {
      if (task->d_name[0] == '.')
         continue;
      snprintf(path, sizeof(path), "/proc/%s/task/%s/status", pid,
               task->d_name);
      total += read_status(path, "voluntary_ctxt_switches:");
   }
   closedir(tasks);
   return total;
}

/* Up to the server itself, or to the end of the tree. */
static bool
is_below(uint64_t pid, uint64_t server)
{
   char path[64];

   for (uint32_t depth = 0; depth < 16 && pid > 1; depth++) {
      if (pid == server)
         return true;
      snprintf(path, sizeof(path), "/proc/%llu/status",
               (unsigned long long)pid);
      pid = read_status(path, "PPid:");
   }
   return false;
}

uint64_t
bench_server_switches(void)
{
   const char *word = getenv("VENUS_SERVER_PID");
   const uint64_t server = word ? strtoull(word, NULL, 10) : 0;
   uint64_t total = 0;

   if (!server)
      return 0;
   DIR *proc = opendir("/proc");
   if (!proc)
      return 0;
   for (struct dirent *entry; (entry = readdir(proc));) {
      const uint64_t pid = strtoull(entry->d_name, NULL, 10);
      if (pid && is_below(pid, server))
         total += switches_of(entry->d_name);
   }
   closedir(proc);
   return total;
}
