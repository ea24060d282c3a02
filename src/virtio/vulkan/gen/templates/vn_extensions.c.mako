${banner(protocol, 'See vn_extensions.h.', 'src/virtio/vulkan/gen/generate_driver.py')}

#include "vn_extensions.h"

#include <string.h>

const struct vn_device_ext_info vn_device_exts[VN_DEVICE_EXT_COUNT] = {
% for offer in offers.device:
   { "${offer.name}", ${offer.number}, ${offer.spec_version}, VN_EXT_${offer.kind.upper()}, ${offer.protocol_spec}, ${"VK_MAKE_API_VERSION(0, %d, %d, 0)" % offer.core if any(offer.core) else 0}, { { ${", ".join("%#x" % word for word in offers.set_words(offer.needs))} } } },
% endfor
};

const VkExtensionProperties vn_instance_exts[VN_INSTANCE_EXT_COUNT] = {
% for offer in offers.instance:
   { "${offer.name}", ${offer.spec_version} },
% endfor
};

int
vn_device_ext_find(const char *name)
{
   int low = 0;
   int high = VN_DEVICE_EXT_COUNT;
   while (low < high) {
      const int middle = (low + high) / 2;
      const int order = strcmp(name, vn_device_exts[middle].name);
      if (order == 0)
         return middle;
      if (order > 0)
         low = middle + 1;
      else
         high = middle;
   }
   return -1;
}

int
vn_instance_ext_find(const char *name)
{
   for (int i = 0; i < VN_INSTANCE_EXT_COUNT; i++) {
      if (!strcmp(name, vn_instance_exts[i].extensionName))
         return i;
   }
   return -1;
}

VkResult
vn_instance_ext_enumerate(uint32_t *pPropertyCount,
                          VkExtensionProperties *pProperties)
{
   if (!pProperties) {
      *pPropertyCount = VN_INSTANCE_EXT_COUNT;
      return VK_SUCCESS;
   }

   const bool incomplete = *pPropertyCount < VN_INSTANCE_EXT_COUNT;
   if (!incomplete)
      *pPropertyCount = VN_INSTANCE_EXT_COUNT;
   memcpy(pProperties, vn_instance_exts,
          *pPropertyCount * sizeof(*pProperties));
   return incomplete ? VK_INCOMPLETE : VK_SUCCESS;
}
