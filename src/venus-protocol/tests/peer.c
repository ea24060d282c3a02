/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 */

#include "peer.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define PEER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PEER_ASAN 1
#endif
#endif
#ifndef PEER_ASAN
#define PEER_ASAN 0
#endif

#define CANARY_SIZE (PEER_ASAN ? 0 : 32)
#define CANARY      0xc7

struct block {
   struct block *next;
   uint8_t *data;  /* owned, CANARY_SIZE before what the caller has */
   uint8_t *saved; /* owned, NULL without a copy */
   size_t size;
};

static struct block *blocks;

static struct {
   struct vn_encoder base; /* first, for the cast in encoder_grow() */
   struct vn_protocol_caps caps;
   uint8_t *begin; /* owned */
   int growths;
   int fail_at;
   bool spoilt;
} encoder;

struct known_object {
   int type;
   uint64_t id;
   void *object;
};

static struct {
   struct vn_decoder base;
   uint8_t *data;    /* owned */
   size_t data_size; /* of the mapping if there is one */
   struct known_object known[64];
   unsigned known_count;
} decoder;

static void *
allocate(size_t size)
{
   void *data = malloc(size);
   if (!data && size) {
      perror("peer: malloc");
      abort();
   }
   return data;
}

static bool
canary_good(const uint8_t *canary)
{
   for (const uint8_t *p = canary; p != canary + CANARY_SIZE; p++) {
      if (*p != CANARY)
         return false;
   }
   return true;
}

void *
peer_block(size_t size)
{
   struct block *block = allocate(sizeof(*block));
   block->size = size;
   block->saved = NULL;
   block->data = allocate(size + 2 * CANARY_SIZE);
   memset(block->data, CANARY, size + 2 * CANARY_SIZE);
   block->next = blocks;
   blocks = block;
   return block->data + CANARY_SIZE;
}

void
peer_blocks_free(void)
{
   while (blocks) {
      struct block *block = blocks;
      blocks = block->next;
      free(block->saved);
      free(block->data);
      free(block);
   }
}

unsigned
peer_blocks_spoilt(void)
{
   unsigned count = 0;
   for (const struct block *block = blocks; block; block = block->next) {
      count += !canary_good(block->data) ||
               !canary_good(block->data + CANARY_SIZE + block->size);
   }
   return count;
}

void
peer_blocks_save(void)
{
   for (struct block *block = blocks; block; block = block->next) {
      free(block->saved);
      block->saved = allocate(block->size);
      memcpy(block->saved, block->data + CANARY_SIZE, block->size);
   }
}

void
peer_blocks_restore(void)
{
   for (struct block *block = blocks; block; block = block->next) {
      if (block->saved)
         memcpy(block->data + CANARY_SIZE, block->saved, block->size);
   }
}

void *
peer_object(uint64_t id, int type)
{
   struct vn_object_base *object = peer_block(sizeof(*object));
   object->id = id;
   object->type = (VkObjectType)type;
   return object;
}

/* `size` bytes and a canary behind them */
static uint8_t *
encoder_memory(size_t size)
{
   uint8_t *data = allocate(size + CANARY_SIZE);
   memset(data, CANARY, size + CANARY_SIZE);
   return data;
}

static bool
encoder_memory_good(void)
{
   return canary_good(encoder.base.end);
}

static bool
encoder_grow(struct vn_encoder *enc, size_t size)
{
   assert(enc == &encoder.base);
   if (encoder.fail_at >= 0 && encoder.growths >= encoder.fail_at) {
      enc->failed = true;
      return false;
   }

   const size_t used = (size_t)(enc->cur - encoder.begin);
   const size_t command = (size_t)(enc->command - encoder.begin);
   uint8_t *begin = encoder_memory(used + size);
   memcpy(begin, encoder.begin, used);
   encoder.spoilt |= !encoder_memory_good();
   free(encoder.begin);

   encoder.growths++;
   encoder.begin = begin;
   enc->command = begin + command;
   enc->cur = begin + used;
   enc->end = begin + used + size;
   return true;
}

struct vn_encoder *
peer_encoder(uint32_t vk_xml_version,
             uint32_t venus_spec_version,
             const uint32_t *extension_mask,
             int fail_at)
{
   peer_encoder_free();
   encoder.caps.vk_xml_version = vk_xml_version;
   encoder.caps.venus_spec_version = venus_spec_version;
   memcpy(encoder.caps.extension_mask, extension_mask,
          sizeof(encoder.caps.extension_mask));
   encoder.begin = encoder_memory(0);
   encoder.growths = 0;
   encoder.spoilt = false;
   encoder.fail_at = fail_at;
   encoder.base = (struct vn_encoder){
      .cur = encoder.begin,
      .end = encoder.begin,
      .command = encoder.begin,
      .caps = &encoder.caps,
      .grow = encoder_grow,
   };
   return &encoder.base;
}

const void *
peer_encoder_data(void)
{
   return encoder.begin;
}

size_t
peer_encoder_size(void)
{
   return (size_t)(encoder.base.cur - encoder.begin);
}

bool
peer_encoder_failed(void)
{
   return encoder.base.failed;
}

bool
peer_encoder_spoilt(void)
{
   return encoder.spoilt || !encoder_memory_good();
}

int
peer_encoder_growths(void)
{
   return encoder.growths;
}

void
peer_encoder_free(void)
{
   free(encoder.begin);
   encoder.begin = NULL;
}

static void *
decoder_lookup(void *data, VkObjectType type, uint64_t id)
{
   for (unsigned i = 0; i < decoder.known_count; i++) {
      if (decoder.known[i].id == id && decoder.known[i].type == (int)type)
         return decoder.known[i].object;
   }
   return NULL;
}

/* The last `size` bytes before a page that cannot be read. */
static uint8_t *
guarded(size_t size)
{
   const size_t page = (size_t)sysconf(_SC_PAGESIZE);
   const size_t room = (size + page - 1) / page * page;
   if (!decoder.data || decoder.data_size < room) {
      if (decoder.data)
         munmap(decoder.data, decoder.data_size + page);
      decoder.data = mmap(NULL, room + page, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (decoder.data == MAP_FAILED ||
          mprotect(decoder.data + room, page, PROT_NONE)) {
         perror("peer: mmap");
         abort();
      }
      decoder.data_size = room;
   }
   return decoder.data + decoder.data_size - size;
}

struct vn_decoder *
peer_decoder(const void *data, size_t size)
{
   uint8_t *copy;
   if (PEER_ASAN) {
      free(decoder.data);
      copy = decoder.data = allocate(size);
   } else {
      copy = guarded(size);
   }
   if (size)
      memcpy(copy, data, size);

   decoder.base = (struct vn_decoder){
      .cur = copy,
      .end = copy + size,
      .lookup = decoder_lookup,
   };
   return &decoder.base;
}

void
peer_decoder_knows(int type, uint64_t id, void *object)
{
   const unsigned max = sizeof(decoder.known) / sizeof(decoder.known[0]);
   if (decoder.known_count == max)
      abort();
   decoder.known[decoder.known_count++] = (struct known_object){
      .type = type,
      .id = id,
      .object = object,
   };
}

void
peer_decoder_knows_nothing(void)
{
   decoder.known_count = 0;
}

bool
peer_decoder_failed(void)
{
   return decoder.base.failed;
}

size_t
peer_decoder_left(void)
{
   return (size_t)(decoder.base.end - decoder.base.cur);
}

void
peer_decoder_free(void)
{
   if (PEER_ASAN)
      free(decoder.data);
   decoder.data = PEER_ASAN ? NULL : decoder.data;
}
