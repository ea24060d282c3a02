/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Two proofs that a shared buffer was not copied. The file behind the fd is
 * mapped both here and in the renderer's worker, so both sides work on the
 * same pages; and the driver's own count of what it sent has no copy in it.
 * Reads /proc only.
 */

#include "demo.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

struct process {
   pid_t pid;
   pid_t parent;
   bool below_server;
};

struct process_list {
   struct process *items;
   size_t count;
   size_t capacity;
};

/* How much of the file a process has mapped. */
struct mapped {
   uint32_t areas;
   uint64_t bytes;
};

static bool
read_parent(pid_t pid, pid_t *out_parent)
{
   char path[64], line[512];
   const char *after_name;
   FILE *file;
   bool ok;

   snprintf(path, sizeof(path), "/proc/%d/stat", pid);
   file = fopen(path, "re");
   if (!file)
      return false; /* gone already */
   ok = fgets(line, sizeof(line), file);
   fclose(file);
   /* The name is in brackets and may hold anything. */
   after_name = ok ? strrchr(line, ')') : NULL;
   return after_name && sscanf(after_name, ") %*c %d", out_parent) == 1;
}

static bool
add_process(struct process_list *list, pid_t pid, pid_t parent)
{
   if (list->count == list->capacity) {
      const size_t capacity = list->capacity ? list->capacity * 2 : 256;
      struct process *items = realloc(list->items, capacity * sizeof(*items));

      if (!items)
         return false;
      list->items = items;
      list->capacity = capacity;
   }
   list->items[list->count++] =
      (struct process){ .pid = pid, .parent = parent };
   return true;
}

static bool
list_processes(struct process_list *list)
{
   struct dirent *entry;
   DIR *proc = opendir("/proc");

   if (!proc)
      return false;
   while ((entry = readdir(proc))) {
      pid_t parent;

      if (!isdigit((unsigned char)entry->d_name[0]))
         continue;
      if (read_parent(atoi(entry->d_name), &parent) &&
          !add_process(list, atoi(entry->d_name), parent)) {
         closedir(proc);
         return false;
      }
   }
   closedir(proc);
   return true;
}

/* Marks the server and everything below it. A parent may come after its child
 * in the list, hence the repetition. */
static void
mark_below(struct process_list *list, pid_t server_pid)
{
   bool changed = true;

   while (changed) {
      changed = false;
      for (size_t i = 0; i < list->count; i++) {
         struct process *child = &list->items[i];
         bool below = child->pid == server_pid;

         for (size_t j = 0; j < list->count && !below; j++) {
            below = list->items[j].below_server &&
                    list->items[j].pid == child->parent;
         }
         if (below && !child->below_server) {
            child->below_server = true;
            changed = true;
         }
      }
   }
}

static struct mapped
look_into(const char *maps_path, const struct stat *wanted)
{
   struct mapped found = { 0 };
   char line[4352]; /* a path and what is in front of it */
   FILE *maps = fopen(maps_path, "re");

   if (!maps)
      return found;
   while (fgets(line, sizeof(line), maps)) {
      uint64_t start, end, inode;
      unsigned dev_major, dev_minor;

      if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %*x %x:%x %" SCNu64,
                 &start, &end, &dev_major, &dev_minor, &inode) != 5)
         continue;
      if (makedev(dev_major, dev_minor) == wanted->st_dev &&
          inode == wanted->st_ino) {
         found.areas++;
         found.bytes += end - start;
      }
   }
   fclose(maps);
   return found;
}

static struct mapped
look_into_descendants(pid_t server_pid,
                      const struct stat *wanted,
                      pid_t *out_pid)
{
   struct process_list list = { 0 };
   struct mapped found = { 0 };

   if (!list_processes(&list))
      perror("list of processes in /proc");
   mark_below(&list, server_pid);
   for (size_t i = 0; i < list.count && !found.areas; i++) {
      char path[64];

      if (!list.items[i].below_server)
         continue;
      snprintf(path, sizeof(path), "/proc/%d/maps", list.items[i].pid);
      found = look_into(path, wanted);
      *out_pid = list.items[i].pid;
   }
   free(list.items);
   return found;
}

/* The file is one of a GPU's own: its pages are mapped through the node of
 * the device, at an offset that says nothing, so no process shows the file.
 */
static bool
is_of_device(int fd)
{
   struct statfs fs;
   return !fstatfs(fd, &fs) && fs.f_type == DMA_BUF_MAGIC &&
          !access("/dev/dri", F_OK);
}

static struct mapped
look_for_device_maps(uint64_t size)
{
   struct mapped found = { 0 };
   char line[4352]; /* as above */
   FILE *maps = fopen("/proc/self/maps", "re");

   while (maps && fgets(line, sizeof(line), maps)) {
      uint64_t start, end;
      if (sscanf(line, "%" SCNx64 "-%" SCNx64, &start, &end) == 2 &&
          strstr(line, " /dev/dri/") && end - start >= size) {
         found.areas++;
         found.bytes += end - start;
      }
   }
   if (maps)
      fclose(maps);
   return found;
}

bool
demo_proof_same_pages(int fd, pid_t server_pid)
{
   struct stat wanted;
   struct mapped here, there;
   pid_t worker = 0;

   if (fstat(fd, &wanted)) {
      perror("fstat of the exported fd");
      return false;
   }
   printf("pages: the fd is device %u:%u inode %" PRIuMAX ", %" PRIdMAX
          " bytes\n",
          major(wanted.st_dev), minor(wanted.st_dev),
          (uintmax_t)wanted.st_ino, (intmax_t)wanted.st_size);

   here = look_into("/proc/self/maps", &wanted);
   printf("pages: exporter (this process, %d) maps it in %u area(s), %" PRIu64
          " bytes\n",
          getpid(), here.areas, here.bytes);
   if (!server_pid && !here.areas && is_of_device(fd)) {
      here = look_for_device_maps((uint64_t)wanted.st_size);
      printf("pages: it is a dma-buf of a device, which this process maps in "
             "%u area(s) that are large enough\n",
             here.areas);
   }
   if (!server_pid)
      return here.areas > 0;

   there = look_into_descendants(server_pid, &wanted, &worker);
   if (!there.areas) {
      printf("pages: no process below the server (%d) maps it\n", server_pid);
      return false;
   }
   printf("pages: renderer worker (%d) maps it in %u area(s), %" PRIu64
          " bytes\n",
          worker, there.areas, there.bytes);
   return here.areas > 0;
}

/* Runs vkDestroyInstance with stderr going into a file; gives the file. */
static FILE *
destroy_and_listen(struct demo_instance *instance)
{
   const int memfd = memfd_create("stderr", MFD_CLOEXEC);
   int saved = -1;
   FILE *said = NULL;

   if (memfd >= 0)
      saved = dup(STDERR_FILENO);
   fflush(stderr);
   if (saved >= 0 && dup2(memfd, STDERR_FILENO) >= 0) {
      demo_instance_finish(instance);
      fflush(stderr);
      dup2(saved, STDERR_FILENO);
      lseek(memfd, 0, SEEK_SET);
      said = fdopen(memfd, "r");
   } else {
      perror("redirection of stderr");
      demo_instance_finish(instance);
   }
   if (saved >= 0)
      close(saved);
   if (!said && memfd >= 0)
      close(memfd);
   return said;
}

bool
demo_proof_no_copies(struct demo_instance *instance, bool required)
{
   static const char key[] = "venus: stats:";
   char line[4096];
   long copies = -1;
   FILE *said = destroy_and_listen(instance);

   while (said && fgets(line, sizeof(line), said)) {
      const char *value;

      fputs(line, stderr);
      value = strstr(line, key) == line ? strstr(line, " copies=") : NULL;
      if (value)
         copies = (copies < 0 ? 0 : copies) +
                  strtol(value + strlen(" copies="), NULL, 10);
   }
   if (said)
      fclose(said);

   if (copies < 0) {
      printf("copies: this driver does not count its commands\n");
      return !required;
   }
   printf("copies: %ld copy commands in the stream\n", copies);
   return copies == 0;
}
