/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * See lost_processes.h.
 */

#include "lost_processes.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vk_fixture.h"

#define MAX_PROCESSES 64

static bool
read_file(pid_t pid, const char *name, char *text, size_t size)
{
   char path[64];
   ssize_t len;
   int fd;

   snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
   fd = open(path, O_RDONLY | O_CLOEXEC);
   if (fd < 0)
      return false;
   len = read(fd, text, size - 1);
   close(fd);
   if (len <= 0)
      return false;
   text[len] = '\0';
   /* the words of a command line end in NULs */
   for (ssize_t i = 0; i < len; i++) {
      if (!text[i])
         text[i] = ' ';
   }
   return true;
}

static pid_t
parent_of(pid_t pid)
{
   char text[512];
   const char *after_name;
   int parent = 0;

   if (!read_file(pid, "stat", text, sizeof(text)))
      return 0;
   after_name = strrchr(text, ')');
   if (!after_name || sscanf(after_name, ") %*c %d", &parent) != 1)
      return 0;
   return parent;
}

static bool
is_render_server(pid_t pid)
{
   char text[4096];

   return read_file(pid, "cmdline", text, sizeof(text)) &&
          strstr(text, "virgl_render_server");
}

/* The server and its descendants, parents first. */
static uint32_t
list_processes(pid_t server, pid_t list[static MAX_PROCESSES])
{
   uint32_t count = 1;

   list[0] = server;
   /* A child may have a smaller number than its parent: one pass for each
    * generation. */
   for (uint32_t done = 0; done < count; done++) {
      DIR *proc = opendir("/proc");
      struct dirent *entry;

      while (proc && (entry = readdir(proc)) && count < MAX_PROCESSES) {
         const pid_t pid = atoi(entry->d_name);

         if (isdigit((unsigned char)entry->d_name[0]) &&
             parent_of(pid) == list[done])
            list[count++] = pid;
      }
      if (proc)
         closedir(proc);
   }
   return count;
}

uint32_t
lost_signal(pid_t server, bool workers_only, int signal_number)
{
   pid_t list[MAX_PROCESSES];
   const uint32_t count = list_processes(server, list);
   uint32_t sent = 0;

   for (uint32_t i = 0; i < count; i++) {
      if (workers_only && !is_render_server(list[i]))
         continue;
      sent += !kill(list[i], signal_number);
   }
   return sent;
}

uint32_t
lost_count_server_fds(pid_t server)
{
   pid_t list[MAX_PROCESSES];
   const uint32_t count = list_processes(server, list);
   uint32_t fds = 0;

   for (uint32_t i = 0; i < count; i++)
      fds += vkt_count_fds(list[i]);
   return fds;
}

uint32_t
lost_count_server_mappings(pid_t server, const char *of)
{
   pid_t list[MAX_PROCESSES];
   const uint32_t count = list_processes(server, list);
   uint32_t mappings = 0;

   for (uint32_t i = 0; i < count; i++)
      mappings += vkt_count_shared_mappings(list[i], of);
   return mappings;
}
