/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * A stand-in for the generated header of this name: the few commands that
 * the ring itself sends. Goes away as soon as the generator is merged.
 */

#ifndef VN_PROTOCOL_H
#define VN_PROTOCOL_H

#include "vn_wire.h"

#define VK_STRUCTURE_TYPE_RING_CREATE_INFO_MESA  ((VkStructureType)1000384000)
#define VK_STRUCTURE_TYPE_RING_MONITOR_INFO_MESA ((VkStructureType)1000384006)

typedef struct VkRingMonitorInfoMESA {
   VkStructureType sType;
   const void *pNext;
   uint32_t maxReportingPeriodMicroseconds;
} VkRingMonitorInfoMESA;

typedef struct VkRingCreateInfoMESA {
   VkStructureType sType;
   const void *pNext;
   VkFlags flags;
   uint32_t resourceId;
   size_t offset;
   size_t size;
   uint64_t idleTimeout;
   size_t headOffset;
   size_t tailOffset;
   size_t statusOffset;
   size_t bufferOffset;
   size_t bufferSize;
   size_t extraOffset;
   size_t extraSize;
} VkRingCreateInfoMESA;

typedef struct VkCommandStreamDescriptionMESA {
   uint32_t resourceId;
   size_t offset;
   size_t size;
} VkCommandStreamDescriptionMESA;

typedef struct VkCommandStreamDependencyMESA {
   uint32_t srcCommandStream;
   uint32_t dstCommandStream;
} VkCommandStreamDependencyMESA;

static inline void
shim_u32(struct vn_encoder *enc, uint32_t v)
{
   if (vn_encoder_reserve(enc, 4)) {
      memcpy(enc->cur, &v, 4);
      enc->cur += 4;
   }
}

static inline void
shim_u64(struct vn_encoder *enc, uint64_t v)
{
   if (vn_encoder_reserve(enc, 8)) {
      memcpy(enc->cur, &v, 8);
      enc->cur += 8;
   }
}

static inline void
shim_head(struct vn_encoder *enc, uint32_t type, uint32_t flags)
{
   enc->command = enc->cur;
   shim_u32(enc, type);
   shim_u32(enc, flags);
}

static inline void
shim_stream(struct vn_encoder *enc, const VkCommandStreamDescriptionMESA *s)
{
   shim_u32(enc, s->resourceId);
   shim_u64(enc, s->offset);
   shim_u64(enc, s->size);
}

static inline void
vn_encode_vkSetReplyCommandStreamMESA(
   struct vn_encoder *enc,
   uint32_t flags,
   const VkCommandStreamDescriptionMESA *pStream)
{
   shim_head(enc, 178, flags);
   shim_u64(enc, 1);
   shim_stream(enc, pStream);
}

static inline void
vn_encode_vkExecuteCommandStreamsMESA(
   struct vn_encoder *enc,
   uint32_t cmd_flags,
   uint32_t streamCount,
   const VkCommandStreamDescriptionMESA *pStreams,
   const size_t *pReplyPositions,
   uint32_t dependencyCount,
   const VkCommandStreamDependencyMESA *pDependencies,
   VkFlags flags)
{
   (void)pReplyPositions;
   (void)pDependencies;
   shim_head(enc, 180, cmd_flags);
   shim_u32(enc, streamCount);
   shim_u64(enc, streamCount);
   for (uint32_t i = 0; i < streamCount; i++)
      shim_stream(enc, &pStreams[i]);
   shim_u64(enc, 0);
   shim_u32(enc, dependencyCount);
   shim_u64(enc, 0);
   shim_u32(enc, flags);
}

static inline void
vn_encode_vkCreateRingMESA(struct vn_encoder *enc,
                           uint32_t flags,
                           uint64_t ring,
                           const VkRingCreateInfoMESA *info)
{
   const VkRingMonitorInfoMESA *monitor = info->pNext;
   shim_head(enc, 188, flags);
   shim_u64(enc, ring);
   shim_u64(enc, 1);
   shim_u32(enc, info->sType);
   shim_u64(enc, 1);
   shim_u32(enc, monitor->sType);
   shim_u64(enc, 0);
   shim_u32(enc, monitor->maxReportingPeriodMicroseconds);
   shim_u32(enc, info->flags);
   shim_u32(enc, info->resourceId);
   shim_u64(enc, info->offset);
   shim_u64(enc, info->size);
   shim_u64(enc, info->idleTimeout);
   shim_u64(enc, info->headOffset);
   shim_u64(enc, info->tailOffset);
   shim_u64(enc, info->statusOffset);
   shim_u64(enc, info->bufferOffset);
   shim_u64(enc, info->bufferSize);
   shim_u64(enc, info->extraOffset);
   shim_u64(enc, info->extraSize);
}

static inline void
vn_encode_vkDestroyRingMESA(struct vn_encoder *enc,
                            uint32_t flags,
                            uint64_t ring)
{
   shim_head(enc, 189, flags);
   shim_u64(enc, ring);
}

static inline void
vn_encode_vkNotifyRingMESA(struct vn_encoder *enc,
                           uint32_t cmd_flags,
                           uint64_t ring,
                           uint32_t seqno,
                           VkFlags flags)
{
   shim_head(enc, 190, cmd_flags);
   shim_u64(enc, ring);
   shim_u32(enc, seqno);
   shim_u32(enc, flags);
}

static inline void
vn_encode_vkWaitRingSeqnoMESA(struct vn_encoder *enc,
                              uint32_t flags,
                              uint64_t ring,
                              uint64_t seqno)
{
   shim_head(enc, 253, flags);
   shim_u64(enc, ring);
   shim_u64(enc, seqno);
}

static inline void
vn_encode_vkEnumerateInstanceVersion(struct vn_encoder *enc,
                                     uint32_t flags,
                                     uint32_t *pApiVersion)
{
   shim_head(enc, 137, flags);
   shim_u64(enc, pApiVersion ? 1 : 0);
}

static inline VkResult
vn_decode_vkEnumerateInstanceVersion_reply(struct vn_decoder *dec,
                                           uint32_t *pApiVersion)
{
   struct {
      uint32_t type;
      int32_t result;
      uint32_t present[2];
      uint32_t version;
   } reply;
   if ((size_t)(dec->end - dec->cur) < sizeof(reply)) {
      vn_decoder_fail(dec);
      return VK_ERROR_DEVICE_LOST;
   }
   memcpy(&reply, dec->cur, sizeof(reply));
   if (reply.type != 137 || reply.present[0] != 1)
      vn_decoder_fail(dec);
   *pApiVersion = reply.version;
   return reply.result;
}

#endif /* VN_PROTOCOL_H */
