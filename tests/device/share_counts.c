/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See share_counts.h. The kernel does not say how many handles a file has,
 * but it answers questions about each.
 */

#include "share_counts.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "vk_fixture.h"

/* What the kernel's question is made of; headers of Debian 12 lack it. */
struct resource_info {
   uint32_t bo_handle, res_handle, size, blob_mem;
};

#define IOCTL_RESOURCE_INFO _IOWR('d', 0x40 + 5, struct resource_info)

/* The kernel gives the lowest number that is free. */
#define MAX_HANDLE 8192

/* The driver may still have the fences of its last waits. */
#define FENCES 4

static int
count_handles(int fd)
{
   int count = 0;
   for (uint32_t handle = 1; handle <= MAX_HANDLE; handle++) {
      struct resource_info info = { .bo_handle = handle };
      int ret;
      do {
         ret = ioctl(fd, IOCTL_RESOURCE_INFO, &info);
      } while (ret && (errno == EINTR || errno == EAGAIN));
      count += !ret;
   }
   return count;
}

static bool
count_fds(struct share_counts *counts)
{
   DIR *dir = opendir("/proc/self/fd");
   const struct dirent *entry;
   bool has_device = false;

   while (dir && (entry = readdir(dir))) {
      char target[64] = { 0 };
      counts->fds++;
      if (readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1) <
             0 ||
          strncmp(target, "/dev/dri/", 9))
         continue;
      counts->handles += count_handles(atoi(entry->d_name));
      has_device = true;
   }
   if (dir)
      closedir(dir);
   return has_device;
}

static bool
count_host(struct share_counts *counts, const char *command)
{
   FILE *pipe = popen(command, "re");
   char line[256];

   while (pipe && fgets(line, sizeof(line), pipe)) {
      const int i = counts->host_count;
      if (i < SHARE_HOST_PROCESSES &&
          sscanf(line, "%31s fds %d maps %d", counts->host[i].name,
                 &counts->host[i].fds, &counts->host[i].maps) == 3)
         counts->host_count++;
   }
   return pipe && !pclose(pipe) && counts->host_count > 0;
}

bool
share_count(struct share_counts *counts, const char *host_command)
{
   memset(counts, 0, sizeof(*counts));
   const bool has_device = count_fds(counts);
   counts->maps = (int)vkt_count_shared_mappings(0, "/dev/dri/");
   if (!has_device || !counts->maps) {
      fprintf(stderr, "this process has no virtio-gpu device\n");
      return false;
   }
   if (host_command && !count_host(counts, host_command)) {
      fprintf(stderr, "'%s' does not say what the host has\n", host_command);
      return false;
   }
   return true;
}

bool
share_counts_check(const struct share_counts *before,
                   const struct share_counts *after)
{
   bool ok = after->fds <= before->fds + FENCES &&
             after->maps == before->maps && after->handles == before->handles;

   printf("guest: fds %d to %d, mappings %d to %d, handles %d to %d\n",
          before->fds, after->fds, before->maps, after->maps, before->handles,
          after->handles);
   if (before->host_count != after->host_count) {
      printf("host: processes %d to %d\n", before->host_count,
             after->host_count);
      return false;
   }
   for (int i = 0; i < before->host_count; i++) {
      printf("host: %s: fds %d to %d, mappings %d to %d\n",
             before->host[i].name, before->host[i].fds, after->host[i].fds,
             before->host[i].maps, after->host[i].maps);
      ok = ok && after->host[i].fds <= before->host[i].fds + FENCES &&
           after->host[i].maps <= before->host[i].maps;
   }
   return ok;
}
