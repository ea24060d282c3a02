/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * A vtest server in a thread of the test, on a socket in a directory of its
 * own, with a fake renderer for each connection. Behaves, or lies in one
 * message. One connection at a time.
 */

#ifndef FAKE_SERVER_H
#define FAKE_SERVER_H

#include "fake_renderer.h"
#include "vn_renderer.h"

enum fake_lie {
   FAKE_LIE_NONE,
   FAKE_LIE_CLOSE,       /* hangs up instead of an answer */
   FAKE_LIE_HALF,        /* hangs up in the middle of the answer */
   FAKE_LIE_MUTE,        /* reads and writes nothing any more */
   FAKE_LIE_WRONG_ID,    /* answers to another message */
   FAKE_LIE_SHORT,       /* a dword less */
   FAKE_LIE_LONG,        /* a dword more */
   FAKE_LIE_HUGE,        /* says that 2^32 - 1 dwords follow */
   FAKE_LIE_UNASKED,     /* something else before the answer */
   FAKE_LIE_EARLY_FD,    /* an fd together with the header */
   FAKE_LIE_NO_FD,       /* the byte, but no fd on it */
   FAKE_LIE_TWO_FDS,     /* one too many */
   FAKE_LIE_MANY_FDS,    /* more than anybody has room for */
   FAKE_LIE_SMALL_FILE,  /* a blob smaller than asked */
   FAKE_LIE_PIPE,        /* an open pipe for a fd */
   FAKE_LIE_CLOSED_PIPE, /* a pipe without the other end for a fd */
   FAKE_LIE_ZERO,        /* 0 for every dword */
   FAKE_LIE_COUNT,
   FAKE_LIE_NOISE = FAKE_LIE_COUNT, /* any bits of the answer flipped */
};

/* Read when a connection begins. */
struct fake_script {
   bool no_ping;     /* a server before versions */
   uint32_t version; /* the highest it knows */
   bool insists;     /* on that version */
   uint32_t timelines;
   uint32_t capset_dwords; /* with `valid`; 0: no capset */
   uint32_t capset[256];
   bool no_context;  /* hangs up at CONTEXT_INIT */
   uint32_t dribble; /* bytes that it sends at once; 0: no limit */

   enum fake_lie lie;
   uint32_t lie_at; /* the message, CREATE_RENDERER is 1 */
   uint32_t noise;  /* seed */
};

/* What a server of today with Venus would say. */
void fake_script_init(struct fake_script *script);

struct fake_server;

struct fake_server *fake_server_create(const struct fake_script *script);
/* Hangs up if there is a connection. */
void fake_server_destroy(struct fake_server *server);
const char *fake_server_path(struct fake_server *server);

/* For the next message of the present connection. */
void fake_server_lie_next(struct fake_server *server, enum fake_lie lie);
void fake_server_hang_up(struct fake_server *server);
uint32_t fake_server_message_count(struct fake_server *server);
/* Requests that a real server would not take. */
uint32_t fake_server_mistakes(struct fake_server *server);
/* Of the present connection; NULL if none. Not to be kept. */
struct fake_renderer *fake_server_peer(struct fake_server *server);

#endif /* FAKE_SERVER_H */
