/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * From encoded commands to bytes on the ring. Small ones are copied into
 * it, large ones into shared memory of which the ring gets a reference. A
 * command with a reply gets a slice of shared memory for it.
 */

#include "vn_ring_private.h"

#include "vn_protocol.h"

/* A command that the renderer must decode with 1 GiB of temporary memory. */
#define MAX_COMMAND_SIZE (UINT32_C(1) << 30)

/* Streams in one vkExecuteCommandStreamsMESA; keeps it far below the size
 * that may go into a ring directly.
 */
#define MAX_STREAMS 8

/* No renderer writes this as a command type. */
#define NO_REPLY UINT32_MAX

static bool
never_grow(struct vn_encoder *enc, size_t size)
{
   assert(!"the storage fits what the ring encodes");
   enc->failed = true;
   return false;
}

void
vn_ring_encoder_init(struct vn_ring_encoder *encoder,
                     const struct vn_ring *ring)
{
   encoder->enc = (struct vn_encoder){
      .cur = encoder->storage,
      .end = encoder->storage + sizeof(encoder->storage),
      .command = encoder->storage,
      .caps = ring->caps,
      .grow = never_grow,
   };
}

size_t
vn_ring_encoder_size(const struct vn_ring_encoder *encoder)
{
   return (size_t)(encoder->enc.cur - encoder->storage);
}

static uint8_t *
cmd_start(struct vn_ring_cmd *cmd)
{
   return cmd->heap ? cmd->heap : cmd->storage;
}

static size_t
cmd_size(struct vn_ring_cmd *cmd)
{
   return (size_t)(cmd->enc.cur - cmd_start(cmd));
}

static bool
cmd_grow(struct vn_encoder *enc, size_t size)
{
   struct vn_ring_cmd *cmd = u_list_entry(enc, struct vn_ring_cmd, enc);
   uint8_t *const start = cmd_start(cmd);
   const size_t used = (size_t)(enc->cur - start);
   const size_t command = (size_t)(enc->command - start);
   size_t capacity = (size_t)(enc->end - start);

   size_t needed;
   if (!u_add_size(used, size, &needed) || needed > MAX_COMMAND_SIZE)
      goto fail;
   while (capacity < needed)
      capacity *= 2;

   uint8_t *heap = realloc(cmd->heap, capacity);
   if (!heap)
      goto fail;
   if (!cmd->heap)
      memcpy(heap, cmd->storage, used);

   cmd->heap = heap;
   enc->cur = heap + used;
   enc->command = heap + command;
   enc->end = heap + capacity;
   return true;

fail:
   enc->failed = true;
   return false;
}

void
vn_ring_cmd_init(struct vn_ring_cmd *cmd, struct vn_ring *ring)
{
   /* not the storage: it would cost more than the rest of a small command */
   cmd->enc = (struct vn_encoder){
      .cur = cmd->storage,
      .end = cmd->storage + sizeof(cmd->storage),
      .command = cmd->storage,
      .caps = ring->caps,
      .grow = cmd_grow,
   };
   cmd->dec = (struct vn_decoder){ 0 };
   cmd->ring = ring;
   cmd->seqno = 0;
   cmd->reply = (struct vn_shmem_slice){ 0 };
   cmd->heap = NULL;
}

/*
 * Puts a prefix that the ring made and then the command, copied or by
 * reference. Either way it is one submission: the renderer never sees half
 * of it, and no other thread's command gets in between.
 */
static VkResult
put_command(struct vn_ring_cmd *cmd, struct vn_ring_encoder *prefix)
{
   struct vn_ring *ring = cmd->ring;
   const size_t size = cmd_size(cmd);
   VkResult result;

   if (vn_ring_encoder_size(prefix) + size <= vn_ring_direct_limit(ring)) {
      const struct vn_ring_piece pieces[2] = {
         { prefix->storage, vn_ring_encoder_size(prefix) },
         { cmd_start(cmd), size },
      };
      return vn_ring_put(ring, pieces, 2, &cmd->seqno);
   }

   struct vn_shmem_slice slice;
   result = vn_shmem_pool_alloc(&ring->stream_pool, size, &slice);
   if (result != VK_SUCCESS)
      return result;
   memcpy(slice.map, cmd_start(cmd), size);

   const VkCommandStreamDescriptionMESA stream = {
      .resourceId = slice.res_id,
      .offset = slice.offset,
      .size = size,
   };
   vn_encode_vkExecuteCommandStreamsMESA(&prefix->enc, 0, 1, &stream, NULL, 0,
                                         NULL, 0);
   const struct vn_ring_piece piece = {
      prefix->storage,
      vn_ring_encoder_size(prefix),
   };
   result = vn_ring_put(ring, &piece, 1, &cmd->seqno);
   vn_shmem_pool_free(&ring->stream_pool, &slice, cmd->seqno);
   return result;
}

static VkResult
check_command(struct vn_ring_cmd *cmd)
{
   if (vn_ring_is_lost(cmd->ring))
      return VK_ERROR_DEVICE_LOST;
   if (cmd->enc.failed)
      return VK_ERROR_OUT_OF_HOST_MEMORY;
   assert(cmd_size(cmd) && cmd_size(cmd) % 4 == 0);
   /* until it is submitted, whatever it uses is used by what came before */
   cmd->seqno = vn_ring_last_seqno(cmd->ring);
   return VK_SUCCESS;
}

VkResult
vn_ring_cmd_submit(struct vn_ring_cmd *cmd)
{
   /*
    * What most commands are: small, and without a prefix. Whether the ring
    * is lost is looked at under its lock, and the seqno of a command without
    * reply guards nothing.
    */
   const struct vn_ring_piece piece = { cmd_start(cmd), cmd_size(cmd) };
   if (!cmd->enc.failed && piece.size <= vn_ring_direct_limit(cmd->ring))
      return vn_ring_put(cmd->ring, &piece, 1, &cmd->seqno);

   const VkResult result = check_command(cmd);
   if (result != VK_SUCCESS)
      return result;

   struct vn_ring_encoder prefix;
   vn_ring_encoder_init(&prefix, cmd->ring);
   return put_command(cmd, &prefix);
}

VkResult
vn_ring_cmd_call(struct vn_ring_cmd *cmd, size_t reply_size)
{
   struct vn_ring *ring = cmd->ring;

   VkResult result = check_command(cmd);
   if (result != VK_SUCCESS)
      return result;

   assert(reply_size >= sizeof(uint32_t));
   result = vn_shmem_pool_alloc(&ring->reply_pool, reply_size, &cmd->reply);
   if (result != VK_SUCCESS)
      return result;

   /*
    * The slice still holds somebody's old reply. Every reply begins with its
    * command type and is written from the start, so spoiling the first word
    * suffices to never take the old for the new.
    */
   memcpy(cmd->reply.map, &(uint32_t){ NO_REPLY }, sizeof(uint32_t));

   const VkCommandStreamDescriptionMESA stream = {
      .resourceId = cmd->reply.res_id,
      .offset = cmd->reply.offset,
      .size = cmd->reply.size,
   };
   struct vn_ring_encoder prefix;
   vn_ring_encoder_init(&prefix, ring);
   vn_encode_vkSetReplyCommandStreamMESA(&prefix.enc, 0, &stream);

   result = put_command(cmd, &prefix);
   if (result == VK_SUCCESS) {
      atomic_fetch_add_explicit(&ring->answers, 1, memory_order_relaxed);
      result = vn_ring_wait_seqno(ring, cmd->seqno);
   }
   if (result != VK_SUCCESS)
      return result;

   cmd->dec.cur = cmd->reply.map;
   cmd->dec.end = cmd->dec.cur + reply_size;
   return VK_SUCCESS;
}

uint64_t
vn_ring_answer_count(const struct vn_ring *ring)
{
   return atomic_load_explicit(&ring->answers, memory_order_relaxed);
}

void
vn_ring_cmd_finish(struct vn_ring_cmd *cmd)
{
   if (cmd->reply.block)
      vn_shmem_pool_free(&cmd->ring->reply_pool, &cmd->reply, cmd->seqno);
   if (__builtin_expect(cmd->heap != NULL, 0)) {
      free(cmd->heap);
      cmd->heap = NULL;
   }
}

VkResult
vn_ring_submit_streams(struct vn_ring *ring,
                       const struct vn_ring_stream *streams,
                       uint32_t count,
                       uint32_t *seqno_out)
{
   if (vn_ring_is_lost(ring))
      return VK_ERROR_DEVICE_LOST;
   *seqno_out = vn_ring_last_seqno(ring);

   uint32_t i = 0;
   while (i < count) {
      VkCommandStreamDescriptionMESA descriptions[MAX_STREAMS];
      uint32_t used = 0;
      for (; i < count && used < MAX_STREAMS; i++) {
         const struct vn_shmem_slice *slice = streams[i].slice;
         if (!streams[i].size)
            continue;
         assert(streams[i].size <= slice->size && streams[i].size % 4 == 0);
         descriptions[used++] = (VkCommandStreamDescriptionMESA){
            .resourceId = slice->res_id,
            .offset = slice->offset,
            .size = streams[i].size,
         };
      }
      if (!used)
         break;

      struct vn_ring_encoder encoder;
      vn_ring_encoder_init(&encoder, ring);
      vn_encode_vkExecuteCommandStreamsMESA(&encoder.enc, 0, used,
                                            descriptions, NULL, 0, NULL, 0);
      const struct vn_ring_piece piece = {
         encoder.storage,
         vn_ring_encoder_size(&encoder),
      };
      const VkResult result = vn_ring_put(ring, &piece, 1, seqno_out);
      if (result != VK_SUCCESS)
         return result;
   }
   return VK_SUCCESS;
}
