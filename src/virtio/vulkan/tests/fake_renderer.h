/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * A renderer for tests: resources, timelines, a context thread, one ring
 * with its thread and its monitor, and the few commands that the ring tests
 * need. Strict: what would make a real context fatal makes this one fatal.
 * The knobs make it lie. Reached in process (fake_transport.h) or over a
 * socket (fake_server.h).
 */

#ifndef FAKE_RENDERER_H
#define FAKE_RENDERER_H

#include "vn_common.h"

/*
 * A command of the tests' own: u32 type, u32 flags, u32 n, u32 seed, then n
 * dwords fake_payload(seed, i). The renderer checks them all. Its reply is
 * the type and the seed.
 */
#define FAKE_COMMAND_TYPE 0x7e57u

#define FAKE_API_VERSION VK_MAKE_API_VERSION(0, 1, 3, 7)

static inline uint32_t
fake_payload(uint32_t seed, uint32_t i)
{
   return (seed ^ i * 0x9e3779b9u) * 0x85ebca6bu;
}

enum fake_fences {
   FAKE_FENCES_RIGHT,
   FAKE_FENCES_NEVER, /* no fence retires */
   FAKE_FENCES_EARLY, /* they retire without regard to the ring */
};

/* All may be changed at any time. */
struct fake_knobs {
   _Atomic bool not_alive;     /* the monitor stops reporting */
   _Atomic bool stalled;       /* the ring's thread takes nothing */
   _Atomic bool no_replies;    /* commands are executed, replies are not */
   _Atomic uint32_t head_lie;  /* added to every head that is stored */
   _Atomic uint32_t fences;    /* enum fake_fences */
   _Atomic uint32_t fatal_at;  /* the n-th ring command from now, or 0 */
   _Atomic uint32_t period_us; /* of the monitor */
};

/* What it has seen. */
struct fake_counts {
   _Atomic uint32_t commands; /* executed from the ring */
   _Atomic uint32_t indirect; /* of those, from command streams */
   _Atomic uint32_t corrupt;  /* with a wrong payload */
   _Atomic uint32_t notifies;
   _Atomic uint32_t sleeps;    /* of the ring's thread */
   _Atomic uint32_t mistakes;  /* fatal, and not because of a knob */
   _Atomic uint32_t resources; /* live */
   _Atomic uint32_t syncs;     /* live */
   _Atomic uint32_t rings;     /* live */
};

struct fake_renderer;

struct fake_renderer *fake_renderer_create(void);
void fake_renderer_destroy(struct fake_renderer *renderer);

struct fake_knobs *fake_renderer_knobs(struct fake_renderer *renderer);
struct fake_counts *fake_renderer_counts(struct fake_renderer *renderer);

/* Borrows the memory until it is removed. Ids are never reused. */
uint32_t fake_renderer_add_resource(struct fake_renderer *renderer,
                                    void *map,
                                    size_t size);
/* Gives the memory back; NULL for an unknown id. */
void *fake_renderer_remove_resource(struct fake_renderer *renderer,
                                    uint32_t res_id);

uint32_t fake_renderer_add_sync(struct fake_renderer *renderer,
                                uint64_t value);
bool fake_renderer_remove_sync(struct fake_renderer *renderer, uint32_t id);
bool fake_renderer_read_sync(struct fake_renderer *renderer,
                             uint32_t id,
                             uint64_t *value_out);
bool fake_renderer_write_sync(struct fake_renderer *renderer,
                              uint32_t id,
                              uint64_t value);

/* Copies the commands. False if the context is fatal or the sync unknown. */
bool fake_renderer_submit(struct fake_renderer *renderer,
                          const void *cs,
                          size_t size,
                          bool has_fence,
                          uint32_t sync_id,
                          uint64_t value);

struct fake_wait {
   bool any;
   uint32_t count;
   const uint32_t *sync_ids;
   const uint64_t *values;
};

/* Sleeps until the condition holds or the time is over. */
bool fake_renderer_wait(struct fake_renderer *renderer,
                        const struct fake_wait *wait,
                        uint64_t timeout_ns);
/* Makes an eventfd readable with the condition; takes the fd. */
bool fake_renderer_signal(struct fake_renderer *renderer,
                          const struct fake_wait *wait,
                          int event_fd);

#endif /* FAKE_RENDERER_H */
