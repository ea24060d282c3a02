/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See vk_fixture.h: what a process holds, as the kernel tells it.
 */

#include "vk_fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Nothing can be said without: two counts of nothing would be equal. */
static void
must_exist(const void *opened, pid_t pid)
{
   if (opened || pid)
      return;
   perror("/proc/self");
   exit(EXIT_FAILURE);
}

uint32_t
vkt_count_fds(pid_t pid)
{
   char path[64];
   uint32_t count = 0;

   snprintf(path, sizeof(path), "/proc/%d/fd", (int)(pid ? pid : getpid()));
   DIR *dir = opendir(path);
   must_exist(dir, pid);
   if (!dir)
      return 0;
   while (readdir(dir))
      count++;
   closedir(dir);
   return count;
}

uint32_t
vkt_count_shared_mappings(pid_t pid, const char *of)
{
   char path[64], line[512], perms[8];
   uint32_t count = 0;

   snprintf(path, sizeof(path), "/proc/%d/maps", (int)(pid ? pid : getpid()));
   FILE *maps = fopen(path, "re");
   must_exist(maps, pid);
   if (!maps)
      return 0;
   while (fgets(line, sizeof(line), maps)) {
      if (sscanf(line, "%*s %7s", perms) == 1 && perms[3] == 's' &&
          (!of || strstr(line, of)))
         count++;
   }
   fclose(maps);
   return count;
}
