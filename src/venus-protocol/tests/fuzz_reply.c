/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * Feeds arbitrary bytes to the decoders of replies, and then looks at the
 * results as an application would: up to the counts, through the strings and
 * the chains.
 *
 * Input: u16 number of the command, u8 how much the caller has room for, u8
 * of no meaning, u32 what it chains; the rest is the reply. All memory has
 * exactly the size that the caller claims. Ids: object number i has id i + 1.
 */

#include "fuzz_reply.h"

/* Something to do with results that cannot be optimised away. */
static volatile uint64_t sink;

static struct vn_object_base objects[FUZZ_MAX_ROOM];

/* Of the present input; freed at its end. */
static struct block {
   struct block *next;
   void *data;
} * blocks;

void *
fuzz_zeros(size_t count, size_t size)
{
   struct block *block = u_fuzz_zeros(1, sizeof(*block));
   block->data = u_fuzz_zeros(count, size);
   block->next = blocks;
   blocks = block;
   return block->data;
}

static void
free_blocks(void)
{
   while (blocks) {
      struct block *next = blocks->next;
      free(blocks->data);
      free(blocks);
      blocks = next;
   }
}

uintptr_t
fuzz_handle(uint32_t i)
{
   return (uintptr_t)&objects[i % FUZZ_MAX_ROOM];
}

void
fuzz_look(const void *data, size_t size)
{
   const uint8_t *bytes = data;
   for (size_t i = 0; i < size; i++)
      sink += bytes[i];
}

void
fuzz_look_string(const char *string, size_t size)
{
   U_FUZZ_CHECK(memchr(string, 0, size));
}

static void *
lookup(void *data, VkObjectType type, uint64_t id)
{
   return id - 1 < FUZZ_MAX_ROOM ? &objects[id - 1] : NULL;
}

/* The one with the number, or any one. */
static const struct fuzz_command *
find_command(uint32_t number)
{
   for (size_t i = 0; i < fuzz_command_count; i++) {
      if (fuzz_commands[i].number == number)
         return &fuzz_commands[i];
   }
   return &fuzz_commands[number % fuzz_command_count];
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
   struct u_fuzz_input in = { .cur = data, .end = data + size };
   const struct fuzz_command *command = find_command(u_fuzz_u16(&in));
   struct fuzz_call call = { .room = u_fuzz_u8(&in) % (FUZZ_MAX_ROOM + 1) };
   (void)u_fuzz_u8(&in);
   call.chain = u_fuzz_u32(&in);

   for (uint32_t i = 0; i < FUZZ_MAX_ROOM; i++)
      objects[i].id = i + 1;

   /* a copy, so that its end is the end of an allocation */
   const size_t reply_size = (size_t)(in.end - in.cur);
   uint8_t *reply = fuzz_zeros(reply_size, 1);
   u_fuzz_bytes(&in, reply, reply_size);
   struct vn_decoder dec = {
      .cur = reply,
      .end = reply + reply_size,
      .lookup = lookup,
   };
   command->run(&dec, &call);
   free_blocks();
   return 0;
}
