/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * What a client and a compositor do with one image that both of them have:
 * each road is written at one end and looked at from the other.
 */

#ifndef EXT_ROADS_H
#define EXT_ROADS_H

#include "ext_ops.h"

struct ext_side {
   const struct vkt_instance *instance;
   struct ext_device dev;
   struct ext_ops ops;
};

enum ext_result {
   EXT_PASS,
   EXT_FAIL,
   EXT_UNSUPPORTED,
   EXT_REFUSED, /* closed drivers: as it should be */
   EXT_RESULT_COUNT,
};

/* An exporter and an importer of one image. */
struct ext_pair {
   struct ext_side *sides[2];
   struct ext_image images[2];
   int fd;
};

/* EXT_UNSUPPORTED: the image's usage does not include what the road needs. */
struct ext_road {
   const char *name;
   enum ext_result (*run)(struct ext_pair *pair);
};

extern const struct ext_road ext_roads[];
extern const uint32_t ext_road_count;

#endif /* EXT_ROADS_H */
