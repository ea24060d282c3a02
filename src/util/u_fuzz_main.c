/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Runs a fuzz entry point on files, for compilers without libFuzzer and for
 * the inputs that once were found: TARGET FILE-OR-FOLDER...
 */

#include <dirent.h>
#include <errno.h>

#include "u_fuzz.h"

static bool
run_file(const char *path)
{
   FILE *file = fopen(path, "rb");
   if (!file) {
      fprintf(stderr, "%s: %s\n", path, strerror(errno));
      return false;
   }
   static uint8_t data[1 << 20];
   const size_t size = fread(data, 1, sizeof(data), file);
   const bool good = !ferror(file);
   fclose(file);
   if (!good) {
      fprintf(stderr, "%s: cannot be read\n", path);
      return false;
   }

   /* seen if this input crashes */
   fprintf(stderr, "%s\n", path);
   LLVMFuzzerTestOneInput(data, size);
   return true;
}

/* Number of inputs, or -1. */
static int
run_folder(const char *path)
{
   DIR *folder = opendir(path);
   if (!folder)
      return errno == ENOTDIR && run_file(path) ? 1 : -1;

   int count = 0;
   const struct dirent *entry;
   while (count >= 0 && (entry = readdir(folder))) {
      if (entry->d_name[0] == '.')
         continue;
      char name[4096];
      snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
      count = run_file(name) ? count + 1 : -1;
   }
   closedir(folder);
   return count;
}

int
main(int argc, char **argv)
{
   int total = 0;
   for (int i = 1; i < argc; i++) {
      const int count = run_folder(argv[i]);
      if (count < 0)
         return 1;
      total += count;
   }
   printf("%d inputs\n", total);
   return total ? 0 : 1;
}
