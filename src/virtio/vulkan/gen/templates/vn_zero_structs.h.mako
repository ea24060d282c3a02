${banner(protocol, 'Answers of "no" before a question is asked: what the renderer does not know\n * stays as it was, and that must not be what happened to be in memory.', 'src/virtio/vulkan/gen/generate_driver.py')}

#ifndef VN_ZERO_STRUCTS_H
#define VN_ZERO_STRUCTS_H

#include <vulkan/vulkan_core.h>

/*
 * Zero the members of all structs in the chain, the head included, that the
 * registry knows. sType and pNext stay; so do pointers, and the counts that
 * the application has set for them if the protocol has the struct.
 */
void vn_zero_feature_structs(VkPhysicalDeviceFeatures2 *features);
void vn_zero_property_structs(VkPhysicalDeviceProperties2 *properties);

#endif /* VN_ZERO_STRUCTS_H */
