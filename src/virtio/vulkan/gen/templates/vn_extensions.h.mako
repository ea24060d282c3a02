<% words = -(-max(len(offers.device), len(offers.instance), 1) // 32) %>\
${banner(protocol, 'The extensions of gen/extensions.py that the registry has.', 'src/virtio/vulkan/gen/generate_driver.py')}

#ifndef VN_EXTENSIONS_H
#define VN_EXTENSIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <vulkan/vulkan_core.h>

/* gen/extensions.py says what each means. */
enum vn_ext_kind {
   VN_EXT_PASS,
   VN_EXT_NATIVE,
   VN_EXT_TRANSPORT,
   VN_EXT_EXTERNAL,
   VN_EXT_OMIT,
};

enum vn_device_ext {
% for offer in offers.device:
   VN_DEVICE_EXT_${offer.short},
% endfor
   VN_DEVICE_EXT_COUNT,
};

enum vn_instance_ext {
% for offer in offers.instance:
   VN_INSTANCE_EXT_${offer.short},
% endfor
   VN_INSTANCE_EXT_COUNT,
};

/* Of either enum. All zeros is the empty set. */
struct vn_ext_set {
   uint32_t words[${words}];
};

struct vn_device_ext_info {
   const char *name;
   uint32_t number; /* in the registry */
   uint32_t spec_version;
   enum vn_ext_kind kind;
   uint32_t protocol_spec; /* least vk_mesa_venus_protocol_spec_version */
   uint32_t core_version;  /* it was promoted to, 0 if none */
   struct vn_ext_set needs; /* of those it depends on, the promoted ones */
};

/* By enum vn_device_ext, which is by name. */
extern const struct vn_device_ext_info vn_device_exts[VN_DEVICE_EXT_COUNT];

/* By enum vn_instance_ext. */
extern const VkExtensionProperties vn_instance_exts[VN_INSTANCE_EXT_COUNT];

/* The index of an extension, -1 if it is not in the table. */
int vn_device_ext_find(const char *name);
int vn_instance_ext_find(const char *name);

/* What vkEnumerateInstanceExtensionProperties does. */
VkResult vn_instance_ext_enumerate(uint32_t *pPropertyCount,
                                   VkExtensionProperties *pProperties);

static inline bool
vn_ext_set_has(const struct vn_ext_set *set, int ext)
{
   return set->words[ext / 32] >> (ext % 32) & 1;
}

static inline void
vn_ext_set_add(struct vn_ext_set *set, int ext)
{
   set->words[ext / 32] |= UINT32_C(1) << (ext % 32);
}

#endif /* VN_EXTENSIONS_H */
