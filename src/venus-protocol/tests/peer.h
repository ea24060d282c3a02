/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What the Python tests need of C: memory in which a stray access is noticed,
 * and the two ends of a stream. Not thread safe; knows no command.
 *
 * Blocks have exactly the size asked for. AddressSanitizer sees stray
 * accesses at once; without it, canaries around each block show stray writes
 * to peer_blocks_spoilt(), and a stray read of a reply hits an unmapped page.
 */

#ifndef PEER_H
#define PEER_H

#include "vn_wire.h"

/* All blocks live until peer_blocks_free(). Never NULL, even for size 0. */
void *peer_block(size_t size);
void peer_blocks_free(void);

/* Number of blocks with a canary that is not as it was. */
unsigned peer_blocks_spoilt(void);

/* Remember the contents of all blocks; bring them back. */
void peer_blocks_save(void);
void peer_blocks_restore(void);

/* A block that looks like a driver's object. */
void *peer_object(uint64_t id, int type);

/*
 * An encoder that moves its memory at every growth, to blocks without room
 * to spare. Growth number `fail_at`, counted from 0, and all later ones
 * fail; none do if it is negative.
 */
struct vn_encoder *peer_encoder(uint32_t vk_xml_version,
                                uint32_t venus_spec_version,
                                const uint32_t *extension_mask,
                                int fail_at);
const void *peer_encoder_data(void);
size_t peer_encoder_size(void);
bool peer_encoder_failed(void);
bool peer_encoder_spoilt(void); /* something wrote behind its memory */
int peer_encoder_growths(void);
void peer_encoder_free(void);

/*
 * A decoder of a copy of `data` that ends at the end of readable memory. It
 * looks up what peer_decoder_knows() was told since the last clear.
 */
struct vn_decoder *peer_decoder(const void *data, size_t size);
void peer_decoder_knows(int type, uint64_t id, void *object);
void peer_decoder_knows_nothing(void);
bool peer_decoder_failed(void);
size_t peer_decoder_left(void);
void peer_decoder_free(void);

#endif /* PEER_H */
