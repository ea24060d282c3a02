/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The bytes of the Venus protocol: what the generated encoders write to and
 * the generated decoders read from. Knows no transport and no driver object
 * beyond its identity. Every item on the wire is little endian and takes a
 * multiple of 4 bytes; nothing is aligned further.
 *
 * An encoder that runs out of memory and a decoder that meets something it
 * must not believe both set `failed`; from then on writes go nowhere and
 * reads give zero, so that generated code needs one check, at the end.
 */

#ifndef VN_WIRE_H
#define VN_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <vulkan/vk_icd.h>
#include <vulkan/vulkan_core.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "values are copied to the wire as they are; big endian needs swaps"
#endif

/* Flag of a command: the renderer writes a reply. */
#define VN_COMMAND_GENERATE_REPLY 0x1u

/*
 * The head of every object behind a Vulkan handle of this driver. The id is
 * chosen by the driver, never 0, and unique among all live objects.
 */
struct vn_object_base {
   VK_LOADER_DATA loader_data; /* written by the loader if dispatchable */
   uint64_t id;
   VkObjectType type;
};

static inline uint64_t
vn_object_id(const void *object)
{
   return object ? ((const struct vn_object_base *)object)->id : 0;
}

/* Works for dispatchable and non-dispatchable handles of either word size. */
#define VN_HANDLE_TO_ID(handle)                                              \
   vn_object_id((const void *)(uintptr_t)(handle))

/*
 * What the renderer's decoder knows; read-only once filled in. All numbers
 * come from the capset.
 */
struct vn_protocol_caps {
   uint32_t vk_xml_version;     /* min(renderer's, our registry's) */
   uint32_t venus_spec_version; /* min(renderer's, ours) */
   uint32_t extension_mask[32]; /* bit N: registry extension number N */
};

static inline bool
vn_protocol_caps_has_extension(const struct vn_protocol_caps *caps,
                               uint32_t number)
{
   /* a clear bit 0 says that the renderer sent no mask: all are known */
   if (!(caps->extension_mask[0] & 1))
      return true;
   return number < 1024 &&
          (caps->extension_mask[number / 32] >> (number % 32) & 1);
}

/* The compiler thinks that these are too large to be inlined everywhere. */
#define VN_ALWAYS_INLINE static inline __attribute__((always_inline))

struct vn_encoder {
   uint8_t *cur;
   uint8_t *end;
   uint8_t *command; /* start of the command being written */
   bool failed;
   const struct vn_protocol_caps *caps; /* borrowed from the renderer */

   /*
    * Makes room for `size` more bytes at cur, moving [command, cur) if the
    * memory changes. False, with `failed` set, when there is none.
    */
   bool (*grow)(struct vn_encoder *enc, size_t size);
};

VN_ALWAYS_INLINE bool
vn_encoder_reserve(struct vn_encoder *enc, size_t size)
{
   if (__builtin_expect((size_t)(enc->end - enc->cur) >= size, 1))
      return true;
   if (enc->failed)
      return false;
   return enc->grow(enc, size);
}

struct vn_decoder {
   const uint8_t *cur;
   const uint8_t *end;
   bool failed;

   /*
    * Gives the object that has an id which the renderer names in a struct
    * (VkPhysicalDeviceGroupProperties), NULL if there is none of the type.
    */
   void *(*lookup)(void *data, VkObjectType type, uint64_t id);
   void *lookup_data;
};

static inline void
vn_decoder_fail(struct vn_decoder *dec)
{
   dec->failed = true;
   dec->cur = dec->end;
}

#endif /* VN_WIRE_H */
