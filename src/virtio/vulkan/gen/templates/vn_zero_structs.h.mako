${banner(protocol, 'Answers of "no" before a question is asked: what the renderer does not know\n * stays as it was, and that must not be what happened to be in memory.', 'src/virtio/vulkan/gen/generate_driver.py')}

#ifndef VN_ZERO_STRUCTS_H
#define VN_ZERO_STRUCTS_H

#include "vn_extensions.h"

/*
 * Zero the members of all structs in the chain, the head included, that the
 * registry knows. sType and pNext stay; so do pointers, and the counts that
 * the application has set for them if the protocol has the struct.
 */
void vn_zero_feature_structs(VkPhysicalDeviceFeatures2 *features);
void vn_zero_property_structs(VkPhysicalDeviceProperties2 *properties);

/*
 * After the answer: zero those structs of the chain that belong to a version
 * or to extensions which a device does not have, whatever the host says.
 */
void vn_mask_feature_structs(VkPhysicalDeviceFeatures2 *features,
                             const struct vn_ext_set *exts,
                             uint32_t api_version);
void vn_mask_property_structs(VkPhysicalDeviceProperties2 *properties,
                              const struct vn_ext_set *exts,
                              uint32_t api_version);

#endif /* VN_ZERO_STRUCTS_H */
