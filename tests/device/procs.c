/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Each command of the registry by its name: those of the device's version and
 * of its extensions resolve, those of device extensions that were not enabled
 * do not. The table comes from vk.xml.
 *
 * Some commands of instance extensions and of window systems are answered by
 * the loader itself, whatever the driver says; they are left out.
 */

#include <string.h>

#include "vk_fixture.h"

enum level {
   LEVEL_GLOBAL,
   LEVEL_INSTANCE,
   LEVEL_DEVICE,
};

struct provider {
   const char *command;
   enum level level;
   uint32_t version; /* core since then; 0: of an extension */
   const char *extension;
   bool sure; /* false if it depends on other things too */
};

#include "procs_table.h"

/* The extensions with commands that the loader has an answer to. */
static bool
is_loaders(const char *extension)
{
   static const char *const words[] = {
      "surface", "swapchain",   "display",      "debug",        "present",
      "win32",   "full_screen", "device_group", "private_data",
   };

   for (size_t i = 0; i < VKT_ARRAY_SIZE(words); i++) {
      if (strstr(extension, words[i]))
         return true;
   }
   return false;
}

enum answer {
   MUST_RESOLVE,
   MUST_NOT,
   MAY_RESOLVE,
};

/* A driver that is newer than the table may have its commands from elsewhere.
 */
static bool
has_unknown_extension(const struct vkt_instance *instance)
{
   for (uint32_t i = 0; i < instance->ext_count; i++) {
      bool found = false;

      for (size_t j = 0; !found && j < VKT_ARRAY_SIZE(all_extensions); j++)
         found = !strcmp(all_extensions[j], instance->exts[i].extensionName);
      if (!found)
         return true;
   }
   return false;
}

/* The entries of one command lie together, from first. */
static enum answer
expected(const struct vkt_instance *instance,
         const struct provider *first,
         const struct provider *end,
         bool extensions_enabled)
{
   enum answer answer = extensions_enabled && has_unknown_extension(instance)
                           ? MAY_RESOLVE
                           : MUST_NOT;

   for (const struct provider *p = first;
        p < end && !strcmp(p->command, first->command); p++) {
      if (p->version) {
         if (p->version <= instance->props.apiVersion)
            return MUST_RESOLVE;
         continue;
      }
      if (is_loaders(p->extension)) {
         answer = MAY_RESOLVE;
      } else if (extensions_enabled &&
                 vkt_instance_has(instance, p->extension)) {
         if (p->sure)
            return MUST_RESOLVE;
         answer = MAY_RESOLVE;
      }
   }
   return answer;
}

static void
check(const char *where, const char *name, enum answer answer, bool found)
{
   if (answer == MAY_RESOLVE || found == (answer == MUST_RESOLVE))
      return;
   fprintf(stderr, "%s: %s %s\n", where, name,
           found ? "resolves, and must not" : "does not resolve");
   u_test_failures++;
}

static void
test_device(const struct vkt_instance *instance,
            VkDevice dev,
            const char *where,
            bool extensions_enabled)
{
   const struct provider *end = providers + VKT_ARRAY_SIZE(providers);
   const char *last = "";
   uint32_t count = 0;

   for (const struct provider *p = providers; p < end; p++) {
      if (!strcmp(p->command, last) || p->level != LEVEL_DEVICE)
         continue;
      last = p->command;
      check(where, last, expected(instance, p, end, extensions_enabled),
            vkGetDeviceProcAddr(dev, last) != NULL);
      count++;
   }
   printf("%s: %u commands\n", where, count);
}

/* Of the instance everything can be asked that is core. */
static void
test_instance(const struct vkt_instance *instance)
{
   for (size_t i = 0; i < VKT_ARRAY_SIZE(providers); i++) {
      const struct provider *p = &providers[i];

      if (!p->version || p->version > instance->props.apiVersion)
         continue;
      const bool global = p->level == LEVEL_GLOBAL &&
                          strcmp(p->command, "vkGetInstanceProcAddr") != 0;
      check("of an instance", p->command, MUST_RESOLVE,
            vkGetInstanceProcAddr(global ? VK_NULL_HANDLE : instance->handle,
                                  p->command) != NULL);
   }
   check("of an instance", "vkNoSuchCommand", MUST_NOT,
         vkGetInstanceProcAddr(instance->handle, "vkNoSuchCommand") != NULL);
}

/* The two cannot be enabled together; no instance extension is. */
static bool
can_enable(const char *name)
{
   return strcmp(name, "VK_EXT_buffer_device_address") != 0 &&
          !is_loaders(name);
}

static void
test_enabled(const struct vkt_instance *instance)
{
   const char **names = calloc(instance->ext_count + 1, sizeof(*names));
   struct vkt_device dev = { 0 };
   uint32_t count = 0;

   if (!U_CHECK(names != NULL))
      return;
   for (uint32_t i = 0; i < instance->ext_count; i++) {
      if (can_enable(instance->exts[i].extensionName))
         names[count++] = instance->exts[i].extensionName;
   }
   if (U_CHECK(vkt_device_init(&dev, instance, names, count, NULL)))
      test_device(instance, dev.handle, "all extensions", true);
   vkt_device_finish(&dev);
   free(names);
}

int
main(void)
{
   struct vkt_instance instance;
   struct vkt_device dev = { 0 };

   vkt_bound(60);
   if (U_CHECK(vkt_instance_init(&instance))) {
      test_instance(&instance);
      if (U_CHECK(vkt_device_init(&dev, &instance, NULL, 0, NULL)))
         test_device(&instance, dev.handle, "no extension", false);
      vkt_device_finish(&dev);
      test_enabled(&instance);
   }
   vkt_instance_finish(&instance);
   return u_test_result();
}
