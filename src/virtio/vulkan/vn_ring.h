/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The ring: a byte queue in shared memory that one thread of the renderer
 * drains. Above the transport, below every Vulkan object. Commands without
 * reply cost a copy and a store; a command with a reply sleeps until the
 * renderer has answered.
 *
 * Threads: everything but create and destroy may be called from any thread.
 * The renderer writes head and status, the driver the tail, under
 * ring->mutex.
 *
 * Waiting: a few yields on the head for the short case, then a transport
 * fence behind vkWaitRingSeqnoMESA and a sleep in poll(2). Bounded by the
 * watchdog: the renderer's monitor thread sets ALIVE once a second; no ALIVE
 * for VN_RING_DEAD_NS while somebody waits, or the FATAL bit, or a closed
 * connection, is VK_ERROR_DEVICE_LOST from then on.
 */

#ifndef VN_RING_H
#define VN_RING_H

#include "vn_renderer.h"
#include "vn_shmem.h"

#define VN_RING_MONITOR_PERIOD_US 1000000u
#define VN_RING_DEAD_NS           UINT64_C(3500000000)

struct vn_ring;

VkResult vn_ring_create(struct vn_renderer *renderer,
                        const struct vn_protocol_caps *caps,
                        size_t buffer_size,
                        struct vn_ring **ring_out);
/* Waits for the renderer to drain the ring (bounded), then removes it. NULL
 * is legal.
 */
void vn_ring_destroy(struct vn_ring *ring);

struct vn_renderer *vn_ring_renderer(struct vn_ring *ring);
const struct vn_protocol_caps *vn_ring_caps(struct vn_ring *ring);
/* Command streams are cut from here. */
struct vn_shmem_pool *vn_ring_stream_pool(struct vn_ring *ring);

bool vn_ring_is_lost(struct vn_ring *ring);
/* Sticky, for the renderer as a whole; the first reason goes to the log. */
void vn_ring_set_lost(struct vn_ring *ring, const char *why);
/* Everything up to seqno has been executed, replies included. */
bool vn_ring_seqno_passed(struct vn_ring *ring, uint32_t seqno);
/* The seqno of the last submission. */
uint32_t vn_ring_last_seqno(struct vn_ring *ring);

/* Answers that were awaited so far. */
uint64_t vn_ring_answer_count(const struct vn_ring *ring);
VkResult vn_ring_wait_seqno(struct vn_ring *ring, uint32_t seqno);

/*
 * Makes the virtqueue path wait for seqno, and optionally puts a fence on
 * the timeline ring_idx behind it. With a NULL sync: only the wait, and
 * nothing is sent if seqno has passed already.
 */
VkResult vn_ring_submit_fence(struct vn_ring *ring,
                              uint32_t seqno,
                              uint32_t ring_idx,
                              struct vn_renderer_sync *sync,
                              uint64_t value);

/*
 * One command (or several) on its way. On the stack; starts in its own
 * storage and moves to the heap when that is too small.
 *
 *    struct vn_ring_cmd cmd;
 *    vn_ring_cmd_init(&cmd, ring);
 *    vn_encode_vkFoo(&cmd.enc, VN_COMMAND_GENERATE_REPLY, ...);
 *    result = vn_ring_cmd_call(&cmd, vn_sizeof_vkFoo_reply(...));
 *    if (result == VK_SUCCESS)
 *       result = vn_decode_vkFoo_reply(&cmd.dec, ...);
 *    vn_ring_cmd_finish(&cmd);
 */
struct vn_ring_cmd {
   struct vn_encoder enc;
   struct vn_decoder dec; /* valid after a successful call, until finish */
   struct vn_ring *ring;
   uint32_t seqno; /* valid after submit or call */
   struct vn_shmem_slice reply;
   uint8_t *heap; /* owned; NULL while the storage suffices */
   _Alignas(8) uint8_t storage[2048]; /* some 20 descriptor writes */
};

void vn_ring_cmd_init(struct vn_ring_cmd *cmd, struct vn_ring *ring);
/* Without waiting. VK_ERROR_OUT_OF_HOST_MEMORY if encoding had failed. */
VkResult vn_ring_cmd_submit(struct vn_ring_cmd *cmd);
/* Waits for the reply; reply_size is an upper bound, bytes. */
VkResult vn_ring_cmd_call(struct vn_ring_cmd *cmd, size_t reply_size);
void vn_ring_cmd_finish(struct vn_ring_cmd *cmd);

/*
 * Executes recorded command streams in order, without waiting. The slices
 * stay the caller's and must not be changed before *seqno_out has passed.
 */
struct vn_ring_stream {
   const struct vn_shmem_slice *slice;
   size_t size; /* bytes in use from the slice's start; 0 is skipped */
};

VkResult vn_ring_submit_streams(struct vn_ring *ring,
                                const struct vn_ring_stream *streams,
                                uint32_t count,
                                uint32_t *seqno_out);

#endif /* VN_RING_H */
