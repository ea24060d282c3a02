/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The device's clock together with clocks of the guest. The renderer could
 * read the host's clocks, which mean nothing here, so it is asked for the
 * device's alone and the others are read in this process.
 */

#include "vn_calls.h"
#include "vn_device.h"
#include "vn_entrypoints.h"

/* Domains that clock_gettime() knows. */
static const struct {
   VkTimeDomainEXT domain;
   clockid_t clock;
} guest_clocks[] = {
   { VK_TIME_DOMAIN_CLOCK_MONOTONIC_EXT, CLOCK_MONOTONIC },
   { VK_TIME_DOMAIN_CLOCK_MONOTONIC_RAW_EXT, CLOCK_MONOTONIC_RAW },
};

static uint64_t
read_clock(clockid_t clock)
{
   struct timespec ts;
   clock_gettime(clock, &ts);
   return (uint64_t)ts.tv_sec * VN_NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

static bool
is_guest_clock(VkTimeDomainEXT domain, clockid_t *clock_out)
{
   for (size_t i = 0; i < VN_ARRAY_SIZE(guest_clocks); i++) {
      if (guest_clocks[i].domain == domain) {
         *clock_out = guest_clocks[i].clock;
         return true;
      }
   }
   return false;
}

/* Whether the host can calibrate the device's clock at all. */
static VkResult
host_has_device_domain(VkPhysicalDevice physicalDevice, bool *found)
{
   VkTimeDomainEXT domains[16];
   uint32_t count = VN_ARRAY_SIZE(domains);
   const VkResult result =
      vn_call_vkGetPhysicalDeviceCalibrateableTimeDomainsEXT(
         vn_ring_of(physicalDevice), physicalDevice, &count, domains);
   if (result < VK_SUCCESS)
      return result;

   *found = false;
   for (uint32_t i = 0; i < count; i++)
      *found |= domains[i] == VK_TIME_DOMAIN_DEVICE_EXT;
   return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_GetPhysicalDeviceCalibrateableTimeDomainsEXT(
   VkPhysicalDevice physicalDevice,
   uint32_t *pTimeDomainCount,
   VkTimeDomainEXT *pTimeDomains)
{
   bool has_device;
   const VkResult result =
      host_has_device_domain(physicalDevice, &has_device);
   if (result != VK_SUCCESS)
      return vn_result(result);

   VkTimeDomainEXT domains[1 + VN_ARRAY_SIZE(guest_clocks)];
   uint32_t available = 0;
   if (has_device)
      domains[available++] = VK_TIME_DOMAIN_DEVICE_EXT;
   for (size_t i = 0; i < VN_ARRAY_SIZE(guest_clocks); i++)
      domains[available++] = guest_clocks[i].domain;

   if (!pTimeDomains) {
      *pTimeDomainCount = available;
      return VK_SUCCESS;
   }
   const uint32_t count = VN_MIN(*pTimeDomainCount, available);
   memcpy(pTimeDomains, domains, count * sizeof(*pTimeDomains));
   *pTimeDomainCount = count;
   return count < available ? VK_INCOMPLETE : VK_SUCCESS;
}

static VkResult
read_device_clock(VkDevice device, uint64_t *timestamp)
{
   const VkCalibratedTimestampInfoEXT info = {
      .sType = VK_STRUCTURE_TYPE_CALIBRATED_TIMESTAMP_INFO_EXT,
      .timeDomain = VK_TIME_DOMAIN_DEVICE_EXT,
   };
   uint64_t deviation;
   return vn_call_vkGetCalibratedTimestampsEXT(vn_ring_of(device), device, 1,
                                               &info, timestamp, &deviation);
}

VKAPI_ATTR VkResult VKAPI_CALL
vn_GetCalibratedTimestampsEXT(
   VkDevice _device,
   uint32_t timestampCount,
   const VkCalibratedTimestampInfoEXT *pTimestampInfos,
   uint64_t *pTimestamps,
   uint64_t *pMaxDeviation)
{
   const struct vn_device *device = vn_device_from_handle(_device);
   uint64_t device_time = 0;
   uint64_t tick_ns = 1;
   bool has_device = false;

   for (uint32_t i = 0; i < timestampCount; i++)
      has_device |=
         pTimestampInfos[i].timeDomain == VK_TIME_DOMAIN_DEVICE_EXT;

   /* Everything is sampled between begin and end; by how much a sample is
    * early or late cannot be told, so all of it is deviation.
    */
   const uint64_t begin_ns = read_clock(CLOCK_MONOTONIC_RAW);
   if (has_device) {
      const VkResult result = read_device_clock(_device, &device_time);
      if (result != VK_SUCCESS)
         return vn_result(result);
      const float period =
         device->physical_device->properties.limits.timestampPeriod;
      if (period > 1.0f)
         tick_ns = (uint64_t)period + 1;
   }
   for (uint32_t i = 0; i < timestampCount; i++) {
      clockid_t clock;
      if (is_guest_clock(pTimestampInfos[i].timeDomain, &clock))
         pTimestamps[i] = read_clock(clock);
      else
         pTimestamps[i] = device_time;
   }
   *pMaxDeviation = read_clock(CLOCK_MONOTONIC_RAW) - begin_ns + tick_ns;
   return VK_SUCCESS;
}
