/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What the generated encoders and decoders are made of. Only they include
 * this file; callers use vn_protocol.h.
 *
 * An encoder takes room for a stretch of fixed size, stores into it, and goes
 * on with the variable part behind it. A decoder takes such a stretch off the
 * input and loads from it. Storing and loading do not check anything.
 */

#ifndef VN_CODEC_H
#define VN_CODEC_H

#include "vn_wire.h"

static inline void
vn_store_u32(uint8_t *p, uint32_t value)
{
   memcpy(p, &value, sizeof(value));
}

static inline void
vn_store_u64(uint8_t *p, uint64_t value)
{
   memcpy(p, &value, sizeof(value));
}

static inline void
vn_store_f32(uint8_t *p, float value)
{
   memcpy(p, &value, sizeof(value));
}

#define vn_store_id(p, handle) vn_store_u64(p, VN_HANDLE_TO_ID(handle))

static inline uint32_t
vn_load_u32(const uint8_t *p)
{
   uint32_t value;
   memcpy(&value, p, sizeof(value));
   return value;
}

static inline uint64_t
vn_load_u64(const uint8_t *p)
{
   uint64_t value;
   memcpy(&value, p, sizeof(value));
   return value;
}

static inline float
vn_load_f32(const uint8_t *p)
{
   float value;
   memcpy(&value, p, sizeof(value));
   return value;
}

/* Room for size bytes, or NULL with the encoder failed. */
VN_ALWAYS_INLINE uint8_t *
vn_encoder_take(struct vn_encoder *enc, size_t size)
{
   if (!vn_encoder_reserve(enc, size))
      return NULL;
   uint8_t *p = enc->cur;
   enc->cur = p + size;
   return p;
}

/* Room for count elements of size bytes each. */
static inline uint8_t *
vn_encoder_take_array(struct vn_encoder *enc, size_t count, size_t size)
{
   size_t total;
   if (__builtin_mul_overflow(count, size, &total)) {
      enc->failed = true;
      return NULL;
   }
   return vn_encoder_take(enc, total);
}

static inline void
vn_encode_u32(struct vn_encoder *enc, uint32_t value)
{
   uint8_t *p = vn_encoder_take(enc, 4);
   if (p)
      vn_store_u32(p, value);
}

static inline void
vn_encode_u64(struct vn_encoder *enc, uint64_t value)
{
   uint8_t *p = vn_encoder_take(enc, 8);
   if (p)
      vn_store_u64(p, value);
}

static inline void
vn_encode_f32(struct vn_encoder *enc, float value)
{
   uint8_t *p = vn_encoder_take(enc, 4);
   if (p)
      vn_store_f32(p, value);
}

#define vn_encode_id(enc, handle) vn_encode_u64(enc, VN_HANDLE_TO_ID(handle))

/*
 * Elements that look the same in memory, size bytes each; and bytes, with
 * zeros up to a multiple of 4. Neither writes the count. data may be NULL.
 */
void vn_encode_words(struct vn_encoder *enc,
                     const void *data,
                     size_t count,
                     size_t size);
void vn_encode_bytes(struct vn_encoder *enc, const void *data, size_t size);

/* With their counts; a NULL string or array is a count of 0. */
void vn_encode_string(struct vn_encoder *enc, const char *string);
void vn_encode_strings(struct vn_encoder *enc,
                       const char *const *strings,
                       size_t count);

/*
 * A struct that can be chained: how to handle its members, without sType and
 * chain. A NULL function does nothing; known NULL means yes.
 */
struct vn_chain_struct {
   VkStructureType stype;
   bool (*known)(const struct vn_protocol_caps *caps);
   void (*encode)(struct vn_encoder *enc, const void *val);
   void (*encode_partial)(struct vn_encoder *enc, const void *val);
   void (*decode)(struct vn_decoder *dec, void *val);
   size_t (*sizeof_members)(const void *val); /* else size */
   size_t size;
};

/* What the protocol accepts in the chain of one kind of struct. */
struct vn_chain_rule {
   uint32_t count;
   const struct vn_chain_struct *const *structs; /* by sType */
};

enum vn_form {
   VN_FORM_FULL,
   VN_FORM_PARTIAL,
};

/*
 * Writes sType and chain, then takes room for size bytes of members. Structs
 * of the application's chain that are not in `chain`, that the renderer does
 * not know, or that came before, are left out.
 */
uint8_t *vn_encode_chained_head(struct vn_encoder *enc,
                                uint32_t stype,
                                const void *next,
                                const struct vn_chain_rule *chain,
                                enum vn_form form,
                                size_t size);

VN_ALWAYS_INLINE uint8_t *
vn_encode_head(struct vn_encoder *enc,
               uint32_t stype,
               const void *next,
               const struct vn_chain_rule *chain,
               enum vn_form form,
               size_t size)
{
   if (__builtin_expect(next != NULL, 0))
      return vn_encode_chained_head(enc, stype, next, chain, form, size);

   uint8_t *p = vn_encoder_take(enc, 12 + size);
   if (!p)
      return NULL;
   vn_store_u32(p, stype);
   vn_store_u64(p + 4, 0);
   return p + 12;
}

/* The next size bytes, or NULL with the decoder failed. */
static inline const uint8_t *
vn_decoder_take(struct vn_decoder *dec, size_t size)
{
   if ((size_t)(dec->end - dec->cur) < size) {
      vn_decoder_fail(dec);
      return NULL;
   }
   const uint8_t *p = dec->cur;
   dec->cur = p + size;
   return p;
}

/* 0 at the end of the input. */
static inline uint32_t
vn_decode_u32(struct vn_decoder *dec)
{
   const uint8_t *p = vn_decoder_take(dec, 4);
   return p ? vn_load_u32(p) : 0;
}

static inline uint64_t
vn_decode_u64(struct vn_decoder *dec)
{
   const uint8_t *p = vn_decoder_take(dec, 8);
   return p ? vn_load_u64(p) : 0;
}

static inline float
vn_decode_f32(struct vn_decoder *dec)
{
   const uint8_t *p = vn_decoder_take(dec, 4);
   return p ? vn_load_f32(p) : 0.0f;
}

/*
 * Elements that look the same in memory. Nothing is written unless all of
 * them are there.
 */
void vn_decode_words(struct vn_decoder *dec,
                     void *data,
                     size_t count,
                     size_t size);
void vn_decode_bytes(struct vn_decoder *dec, void *data, size_t size);

/*
 * sType and chain of a reply, then the members of the chained structs, into
 * those of the application's chain. They must come in its order.
 */
void vn_decode_head(struct vn_decoder *dec,
                    uint32_t stype,
                    void *next,
                    const struct vn_chain_rule *chain);

/* sType and chain, with the members of the chained structs. */
size_t vn_sizeof_head(const void *next, const struct vn_chain_rule *chain);

/* The echo of the command at the start of a reply; a result behind it. */
void vn_decode_reply(struct vn_decoder *dec, uint32_t command);
VkResult vn_decode_reply_result(struct vn_decoder *dec, uint32_t command);

/* The word before what a pointer points to; true if that follows. */
bool vn_decode_pointer(struct vn_decoder *dec, const void *pointer);

/*
 * The count before an array. It must be `count`, or 0 if array is NULL, and
 * never more than `max`, the room in the array. 0 on failure.
 */
size_t vn_decode_array(struct vn_decoder *dec,
                       const void *array,
                       uint64_t count,
                       uint64_t max);

/*
 * The id of an object whose id was chosen by the driver: false if the
 * renderer says that the object does not exist. After an error it need not
 * be exact about ids. True for a malformed reply, so that the caller still
 * has its object to destroy.
 */
bool vn_decode_id(struct vn_decoder *dec, uint64_t sent, VkResult result);

/* The object that an id stands for, NULL for 0. Fails if there is none. */
void *
vn_decode_object(struct vn_decoder *dec, VkObjectType type, uint64_t id);

/* 8 bytes of count and the padded bytes; huge rather than wrapped. */
static inline size_t
vn_sizeof_bytes(uint64_t size)
{
   if (size > SIZE_MAX / 4)
      return SIZE_MAX / 4;
   return ((size_t)size + 3) & ~(size_t)3;
}

static inline size_t
vn_sizeof_array(uint64_t count, size_t size)
{
   if (count > SIZE_MAX / 4 / size)
      return SIZE_MAX / 4;
   return (size_t)count * size;
}

#endif /* VN_CODEC_H */
