/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Runs a program in a compositor: device-wsi-run weston|sway|sway-kms PROGRAM
 * [ARGS]. Ends with the program's status, 1 if it did not end by itself.
 */

#include "wsi_compositor.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
   struct wsi_compositor compositor;
   enum wsi_compositor_kind kind;
   int status = -1;
   if (argc < 3 || !wsi_compositor_kind_from(argv[1], &kind)) {
      fprintf(stderr, "usage: %s weston|sway|sway-kms PROGRAM [ARGS]\n",
              argv[0]);
      return EXIT_FAILURE;
   }

   if (wsi_compositor_start(&compositor, kind)) {
      const pid_t pid = fork();
      if (!pid) {
         setenv("WAYLAND_DISPLAY", compositor.display, 1);
         setenv("XDG_RUNTIME_DIR", compositor.dir, 1);
         execvp(argv[2], argv + 2);
         perror(argv[2]);
         _exit(127);
      }
      if (pid < 0 || waitpid(pid, &status, 0) != pid)
         status = -1;
   }
   wsi_compositor_finish(&compositor);
   return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}
