/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The parts of the codec that need not be inline: strings, arrays, chains,
 * and the checks on what a reply says. Nothing here trusts a reply; nothing
 * here knows a particular struct.
 */

#include "vn_codec.h"
#include "vn_protocol.h"
#include "vn_protocol_private.h"

/* u64 1, sType */
#define VN_LINK_SIZE 12

static size_t
vn_padding(size_t size)
{
   return -size & 3;
}

void
vn_encode_words(struct vn_encoder *enc,
                const void *data,
                size_t count,
                size_t size)
{
   if (!data || !count)
      return;
   uint8_t *p = vn_encoder_take_array(enc, count, size);
   if (p)
      memcpy(p, data, count * size);
}

void
vn_encode_bytes(struct vn_encoder *enc, const void *data, size_t size)
{
   if (!data || !size)
      return;
   const size_t padding = vn_padding(size);
   if (size > SIZE_MAX - padding) {
      enc->failed = true;
      return;
   }
   uint8_t *p = vn_encoder_take(enc, size + padding);
   if (!p)
      return;
   memcpy(p, data, size);
   memset(p + size, 0, padding);
}

void
vn_encode_string(struct vn_encoder *enc, const char *string)
{
   const size_t size = string ? strlen(string) + 1 : 0;
   vn_encode_u64(enc, size);
   vn_encode_bytes(enc, string, size);
}

void
vn_encode_strings(struct vn_encoder *enc,
                  const char *const *strings,
                  size_t count)
{
   vn_encode_u64(enc, strings ? count : 0);
   for (size_t i = 0; strings && i < count; i++)
      vn_encode_string(enc, strings[i]);
}

static const struct vn_chain_struct *
vn_chain_find(const struct vn_chain_rule *chain, VkStructureType stype)
{
   uint32_t low = 0;
   uint32_t high = chain->count;
   while (low < high) {
      const uint32_t middle = (low + high) / 2;
      const struct vn_chain_struct *found = chain->structs[middle];
      if (found->stype == stype)
         return found;
      if (found->stype < stype)
         low = middle + 1;
      else
         high = middle;
   }
   return NULL;
}

bool
vn_protocol_caps_has_struct(const struct vn_protocol_caps *caps,
                            VkStructureType stype)
{
   const struct vn_chain_struct *known = vn_chain_find(&vn_chain_all, stype);
   return known && (!known->known || known->known(caps));
}

/* The structs of one chain that take part, outermost first. */
struct vn_links {
   uint32_t count;
   const struct vn_chain_struct *known[VN_CHAIN_MAX];
   const void *val[VN_CHAIN_MAX];
};

static bool
vn_links_has(const struct vn_links *links, VkStructureType stype)
{
   for (uint32_t i = 0; i < links->count; i++) {
      if (links->known[i]->stype == stype)
         return true;
   }
   return false;
}

/*
 * caps may be NULL for everything that the protocol has. No struct is taken
 * twice, so the links cannot be more than the chain has structs.
 */
static void
vn_links_collect(struct vn_links *links,
                 const void *next,
                 const struct vn_chain_rule *chain,
                 const struct vn_protocol_caps *caps)
{
   links->count = 0;
   for (const VkBaseInStructure *s = next; s; s = s->pNext) {
      const struct vn_chain_struct *known = vn_chain_find(chain, s->sType);
      if (!known || (caps && known->known && !known->known(caps)) ||
          vn_links_has(links, s->sType))
         continue;
      links->known[links->count] = known;
      links->val[links->count] = s;
      links->count++;
   }
}

uint8_t *
vn_encode_chained_head(struct vn_encoder *enc,
                       uint32_t stype,
                       const void *next,
                       const struct vn_chain_rule *chain,
                       enum vn_form form,
                       size_t size)
{
   struct vn_links links;
   vn_links_collect(&links, next, chain, enc->caps);

   uint8_t *p = vn_encoder_take(enc, 4 + links.count * VN_LINK_SIZE + 8);
   if (!p)
      return NULL;
   vn_store_u32(p, stype);
   p += 4;
   for (uint32_t i = 0; i < links.count; i++) {
      vn_store_u64(p, 1);
      vn_store_u32(p + 8, links.known[i]->stype);
      p += VN_LINK_SIZE;
   }
   vn_store_u64(p, 0);

   for (uint32_t i = links.count; i-- > 0;) {
      const struct vn_chain_struct *known = links.known[i];
      if (form == VN_FORM_FULL) {
         if (known->encode)
            known->encode(enc, links.val[i]);
      } else {
         if (known->encode_partial)
            known->encode_partial(enc, links.val[i]);
      }
   }
   return vn_encoder_take(enc, size);
}

void
vn_decode_words(struct vn_decoder *dec, void *data, size_t count, size_t size)
{
   size_t total;
   if (__builtin_mul_overflow(count, size, &total)) {
      vn_decoder_fail(dec);
      return;
   }
   const uint8_t *p = vn_decoder_take(dec, total);
   if (p && total)
      memcpy(data, p, total);
}

void
vn_decode_bytes(struct vn_decoder *dec, void *data, size_t size)
{
   const size_t padding = vn_padding(size);
   if (size > SIZE_MAX - padding) {
      vn_decoder_fail(dec);
      return;
   }
   const uint8_t *p = vn_decoder_take(dec, size + padding);
   if (p && size)
      memcpy(data, p, size);
}

void
vn_decode_head(struct vn_decoder *dec,
               uint32_t stype,
               void *next,
               const struct vn_chain_rule *chain)
{
   struct {
      const struct vn_chain_struct *known;
      void *val;
   } links[VN_CHAIN_MAX];
   uint32_t count = 0;

   if (vn_decode_u32(dec) != stype) {
      vn_decoder_fail(dec);
      return;
   }
   const struct vn_chain_rule empty = { 0 };
   if (!chain)
      chain = &empty;
   VkBaseOutStructure *s = next;
   for (;;) {
      const uint64_t more = vn_decode_u64(dec);
      if (dec->failed || !more)
         break;
      const VkStructureType link = vn_decode_u32(dec);
      const struct vn_chain_struct *known = vn_chain_find(chain, link);
      while (s && s->sType != link)
         s = s->pNext;
      if (more != 1 || !known || !s || count == VN_CHAIN_MAX) {
         vn_decoder_fail(dec);
         break;
      }
      links[count].known = known;
      links[count].val = s;
      count++;
      s = s->pNext;
   }

   for (uint32_t i = count; i-- > 0 && !dec->failed;) {
      if (links[i].known->decode)
         links[i].known->decode(dec, links[i].val);
   }
}

size_t
vn_sizeof_head(const void *next, const struct vn_chain_rule *chain)
{
   size_t size = 4 + 8;
   if (!next || !chain)
      return size;

   struct vn_links links;
   vn_links_collect(&links, next, chain, NULL);
   for (uint32_t i = 0; i < links.count; i++) {
      const struct vn_chain_struct *known = links.known[i];
      size += VN_LINK_SIZE;
      size += known->sizeof_members ? known->sizeof_members(links.val[i])
                                    : known->size;
   }
   return size;
}

void
vn_decode_reply(struct vn_decoder *dec, uint32_t command)
{
   if (vn_decode_u32(dec) != command)
      vn_decoder_fail(dec);
}

VkResult
vn_decode_reply_result(struct vn_decoder *dec, uint32_t command)
{
   vn_decode_reply(dec, command);
   return (int32_t)vn_decode_u32(dec);
}

bool
vn_decode_pointer(struct vn_decoder *dec, const void *pointer)
{
   const uint64_t word = vn_decode_u64(dec);
   if (dec->failed)
      return false;
   if (word != (pointer != NULL)) {
      vn_decoder_fail(dec);
      return false;
   }
   return word;
}

size_t
vn_decode_array(struct vn_decoder *dec,
                const void *array,
                uint64_t count,
                uint64_t max)
{
   const uint64_t expected = array ? count : 0;
   const uint64_t size = vn_decode_u64(dec);
   if (dec->failed || size != expected || size > max) {
      vn_decoder_fail(dec);
      return 0;
   }
   return size;
}

bool
vn_decode_id(struct vn_decoder *dec, uint64_t sent, VkResult result)
{
   const uint64_t id = vn_decode_u64(dec);
   if (dec->failed || id == sent)
      return true;
   if (id != 0 && result >= VK_SUCCESS)
      vn_decoder_fail(dec);
   return false;
}

void *
vn_decode_object(struct vn_decoder *dec, VkObjectType type, uint64_t id)
{
   if (!id)
      return NULL;
   void *object =
      dec->lookup ? dec->lookup(dec->lookup_data, type, id) : NULL;
   if (!object)
      vn_decoder_fail(dec);
   return object;
}
