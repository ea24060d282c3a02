/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Calibrated timestamps: the clocks that are offered are this process's own,
 * and between two samples the device's clock has gone as far as they have.
 */

#include <time.h>

#include "vk_fixture.h"

#define SLEEP_MS 50

static bool
has_domain(const VkTimeDomainEXT *domains,
           uint32_t count,
           VkTimeDomainEXT domain)
{
   for (uint32_t i = 0; i < count; i++) {
      if (domains[i] == domain)
         return true;
   }
   return false;
}

static uint64_t
now_ns(void)
{
   struct timespec ts;
   clock_gettime(CLOCK_MONOTONIC, &ts);
   return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static bool
test_domains(const struct vkt_instance *instance)
{
   PFN_vkGetPhysicalDeviceCalibrateableTimeDomainsEXT get_domains =
      (PFN_vkGetPhysicalDeviceCalibrateableTimeDomainsEXT)
         vkGetInstanceProcAddr(
            instance->handle,
            "vkGetPhysicalDeviceCalibrateableTimeDomainsEXT");
   VkTimeDomainEXT domains[16];
   uint32_t count = 0;

   if (!U_CHECK(get_domains != NULL) ||
       !VKT_CHECK(get_domains(instance->pdev, &count, NULL)) ||
       !U_CHECK(count > 1 && count <= 16))
      return false;
   count--;
   U_CHECK_EQ(get_domains(instance->pdev, &count, domains), VK_INCOMPLETE);
   count++;
   VKT_CHECK(get_domains(instance->pdev, &count, domains));
   return U_CHECK(has_domain(domains, count, VK_TIME_DOMAIN_DEVICE_EXT)) &&
          U_CHECK(
             has_domain(domains, count, VK_TIME_DOMAIN_CLOCK_MONOTONIC_EXT));
}

static void
test_clocks(struct vkt_device *dev)
{
   PFN_vkGetCalibratedTimestampsEXT get_timestamps =
      (PFN_vkGetCalibratedTimestampsEXT)vkGetDeviceProcAddr(
         dev->handle, "vkGetCalibratedTimestampsEXT");
   const VkCalibratedTimestampInfoEXT infos[3] = {
      {
         .sType = VK_STRUCTURE_TYPE_CALIBRATED_TIMESTAMP_INFO_EXT,
         .timeDomain = VK_TIME_DOMAIN_CLOCK_MONOTONIC_EXT,
      },
      {
         .sType = VK_STRUCTURE_TYPE_CALIBRATED_TIMESTAMP_INFO_EXT,
         .timeDomain = VK_TIME_DOMAIN_DEVICE_EXT,
      },
      {
         .sType = VK_STRUCTURE_TYPE_CALIBRATED_TIMESTAMP_INFO_EXT,
         .timeDomain = VK_TIME_DOMAIN_CLOCK_MONOTONIC_RAW_EXT,
      },
   };
   const struct timespec pause = { .tv_nsec = SLEEP_MS * 1000000 };
   uint64_t first[3], second[3], deviations[2];

   if (!U_CHECK(get_timestamps != NULL))
      return;
   const uint64_t before = now_ns();
   VKT_CHECK(get_timestamps(dev->handle, 3, infos, first, &deviations[0]));
   nanosleep(&pause, NULL);
   VKT_CHECK(get_timestamps(dev->handle, 3, infos, second, &deviations[1]));
   const uint64_t after = now_ns();

   U_CHECK(first[0] >= before && second[0] <= after);
   U_CHECK(first[2] < second[2]);
   U_CHECK(deviations[0] > 0 && deviations[1] > 0);

   /* the mask is of no matter: the difference is short of wrapping */
   const double guest = (double)(second[0] - first[0]);
   const double device = (double)(second[1] - first[1]) *
                         dev->instance->props.limits.timestampPeriod;
   const double allowed = (double)(deviations[0] + deviations[1]);
   U_CHECK(device - guest <= allowed && guest - device <= allowed);
}

int
main(void)
{
   static const char *const ext = VK_EXT_CALIBRATED_TIMESTAMPS_EXTENSION_NAME;
   struct vkt_instance instance;
   struct vkt_device dev = { 0 };

   vkt_bound(60);
   if (!U_CHECK(vkt_instance_init(&instance)))
      return u_test_result();
   if (!vkt_instance_has(&instance, ext)) {
      vkt_instance_finish(&instance);
      fprintf(stderr, "skipped: no %s\n", ext);
      return U_TEST_SKIP;
   }
   if (test_domains(&instance) &&
       U_CHECK(vkt_device_init(&dev, &instance, &ext, 1, NULL)))
      test_clocks(&dev);
   vkt_device_finish(&dev);
   vkt_instance_finish(&instance);
   return u_test_result();
}
