/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * All feature and property structs of the registry: each is written as a
 * whole, and in the same way alone, among all others, and in the opposite
 * order; those of extensions that are not offered promise nothing.
 */

#include <stddef.h>
#include <string.h>

#include "vk_fixture.h"

enum kind {
   IS_FEATURES,
   IS_PROPERTIES,
};

struct member {
   size_t offset, size;
};

struct provider {
   uint32_t core; /* 0: none */
   const char *extension;
};

struct chained {
   const char *name;
   enum kind kind;
   VkStructureType type;
   size_t size;
   const struct member *members;
   size_t member_count;
   const struct provider *providers;
   size_t provider_count;
};

#include "chains_table.h"

#define COUNT VKT_ARRAY_SIZE(chained)

static bool
is_offered(const struct vkt_instance *instance, const struct chained *c)
{
   for (size_t i = 0; i < c->provider_count; i++) {
      const struct provider *provider = &c->providers[i];
      if (provider->extension
             ? vkt_instance_has(instance, provider->extension)
             : instance->props.apiVersion >= provider->core)
         return true;
   }
   return false;
}

/* Each list is an array of COUNT structs, NULL where there is none. */
static VkBaseOutStructure *
make(const struct chained *c, int fill)
{
   VkBaseOutStructure *s = malloc(c->size);

   if (!s)
      abort();
   memset(s, fill, c->size);
   s->sType = c->type;
   s->pNext = NULL;
   return s;
}

static void
ask(const struct vkt_instance *instance,
    enum kind kind,
    VkBaseOutStructure *chain)
{
   if (kind == IS_FEATURES) {
      VkPhysicalDeviceFeatures2 features = {
         .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
         .pNext = chain,
      };
      vkGetPhysicalDeviceFeatures2(instance->pdev, &features);
   } else {
      VkPhysicalDeviceProperties2 props = {
         .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
         .pNext = chain,
      };
      vkGetPhysicalDeviceProperties2(instance->pdev, &props);
   }
}

static void
check_equal(const struct chained *c,
            const VkBaseOutStructure *a,
            const VkBaseOutStructure *b,
            const char *how)
{
   for (size_t i = 0; i < c->member_count; i++) {
      const struct member *m = &c->members[i];
      if (!U_CHECK(!memcmp((const char *)a + m->offset,
                           (const char *)b + m->offset, m->size)))
         printf("%s, byte %zu: %s\n", c->name, m->offset, how);
   }
}

static void
check_zero(const struct chained *c, const VkBaseOutStructure *s)
{
   const char *bytes = (const char *)s;

   for (size_t i = 0; i < c->member_count; i++) {
      for (size_t j = 0; j < c->members[i].size; j++) {
         if (!U_CHECK_EQ(bytes[c->members[i].offset + j], 0)) {
            printf("%s: not offered\n", c->name);
            return;
         }
      }
   }
}

static void
link_all(VkBaseOutStructure **list, bool backwards)
{
   VkBaseOutStructure *next = NULL;

   for (size_t i = 0; i < COUNT; i++) {
      VkBaseOutStructure *s = list[backwards ? i : COUNT - 1 - i];
      if (!s)
         continue;
      s->pNext = next;
      next = s;
   }
}

static void
test_kind(const struct vkt_instance *instance, enum kind kind)
{
   VkBaseOutStructure *alone[COUNT] = { 0 }, *all[COUNT] = { 0 };
   size_t count = 0;

   for (size_t i = 0; i < COUNT; i++) {
      const struct chained *c = &chained[i];
      if (c->kind != kind)
         continue;
      alone[i] = make(c, 0);
      ask(instance, kind, alone[i]);
      if (!is_offered(instance, c)) {
         if (kind == IS_FEATURES)
            check_zero(c, alone[i]);
         free(alone[i]);
         alone[i] = NULL;
         continue;
      }
      count++;
      VkBaseOutStructure *other = make(c, 0xff);
      ask(instance, kind, other);
      check_equal(c, alone[i], other, "not all is written");
      free(other);
   }
   printf("%s: %zu\n", kind == IS_FEATURES ? "features" : "properties",
          count);
   U_CHECK(count > 10);

   for (int backwards = 0; backwards < 2; backwards++) {
      VkBaseOutStructure *first = NULL;
      for (size_t i = 0; i < COUNT; i++)
         all[i] = alone[i] ? make(&chained[i], 0xa5) : NULL;
      link_all(all, backwards);
      for (size_t i = 0; i < COUNT; i++) {
         const size_t j = backwards ? COUNT - 1 - i : i;
         first = first ? first : all[j];
      }
      ask(instance, kind, first);
      for (size_t i = 0; i < COUNT; i++) {
         if (all[i])
            check_equal(&chained[i], alone[i], all[i],
                        backwards ? "another in a chain, backwards"
                                  : "another in a chain");
         free(all[i]);
      }
   }
   for (size_t i = 0; i < COUNT; i++)
      free(alone[i]);
}

int
main(void)
{
   struct vkt_instance instance;

   vkt_bound(60);
   if (!U_CHECK(vkt_instance_init(&instance)))
      return EXIT_FAILURE;
   test_kind(&instance, IS_FEATURES);
   test_kind(&instance, IS_PROPERTIES);
   vkt_instance_finish(&instance);
   return u_test_result();
}
