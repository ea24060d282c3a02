/*
 * Copyright 2026 The venus-dmabuf authors
 * SPDX-License-Identifier: MIT
 *
 * The parts of venus-bench. Each bench_X measures one area and prints one
 * line for each measure; what the driver in use cannot do is left out, with
 * a word on stderr. An area cleans up after itself and leaves the context as
 * it was.
 */

#ifndef BENCH_H
#define BENCH_H

#include "demo.h"

/* --- bench_measure.c ---------------------------------------------------- */

struct bench_options {
   const char *filter; /* shell pattern of names, or NULL for all */
   bool quick;         /* few samples, small counts: does it run at all */
   bool calls;         /* print counts of system calls beside the times */
   bool frames_only;   /* nothing but so many frames */
   uint32_t frames;
};

/* One sample of a measure; false ends the measurement of it. */
typedef bool (*bench_operation)(void *data);

struct bench_measure {
   const char *name;
   bench_operation run;
   bench_operation before; /* not measured, in front of each sample; or NULL */
   void *data;
   uint32_t samples; /* 0: the usual number */
   uint32_t repeat;  /* calls of run in a sample; 0 is 1 */
   uint32_t divisor; /* operations in one call of run; 0 is 1 */
};

/* Prints "name us VALUE", the median time of one operation. */
void bench_measure(const struct bench_options *options,
                   const struct bench_measure *measure);

bool bench_wanted(const struct bench_options *options, const char *name);

/* Prints one line; the unit is "us", or "count" for things per frame. */
void bench_print(const char *name, const char *unit, double value);

/* --- bench_calls.c ------------------------------------------------------ */

/* What this process has asked of the kernel since it started. */
struct bench_calls {
   uint64_t sent;     /* messages written to sockets */
   uint64_t received; /* reads from sockets that gave something */
   uint64_t slept;    /* poll(2) and the like, and sleeps by the clock */
   uint64_t yielded;  /* sched_yield */
   uint64_t switches; /* voluntary context switches, all threads */
};

void bench_calls_read(struct bench_calls *out);

/* Voluntary context switches of the renderer's processes, 0 without one. */
uint64_t bench_server_switches(void);

/* Prints one line for each count, "name-WHAT", of one of so many times. */
void bench_calls_print(const char *name,
                       const struct bench_calls *before,
                       uint64_t server_before,
                       uint32_t times);

/* --- bench_context.c ---------------------------------------------------- */

#define BENCH_MEMORY_BYTES (1u << 20)
#define BENCH_BUFFER_BYTES 4096
#define BENCH_SET_BUFFERS  16 /* descriptors of the second binding */

/* What most areas work with. */
struct bench {
   struct bench_options options;
   struct demo_instance instance;
   struct demo_device dev;
   struct demo_image image; /* the render target */
   VkDeviceMemory memory;   /* of BENCH_MEMORY_BYTES, in image.memory_type */
   VkBuffer buffer;         /* in it; uniform, vertex and index buffer */
   VkDescriptorSetLayout set_layout;
   VkDescriptorPool set_pool;
   VkDescriptorSet set;
};

bool bench_init(struct bench *bench);
void bench_finish(struct bench *bench);

extern const VkBufferCreateInfo bench_buffer_info;

/* --- bench_scene.c ------------------------------------------------------ */

/* A pipeline that needs vertex buffers, a descriptor set, push constants, a
 * viewport and a scissor; and the pass to use it in.
 */
struct bench_scene {
   struct bench *bench; /* lent by the caller of init */
   VkShaderModule modules[2];
   VkRenderPass render_pass;
   VkPipelineLayout layout;
   VkPipeline pipeline;
   VkImageView view;
   VkFramebuffer framebuffer;
};

bool bench_scene_init(struct bench_scene *scene, struct bench *bench);
/* May be called on a scene that is zeroed or half built. */
void bench_scene_finish(struct bench_scene *scene);

/* gain is baked in; cache may be VK_NULL_HANDLE. */
bool bench_scene_create_pipeline(const struct bench_scene *scene,
                                 VkPipelineCache cache,
                                 float gain,
                                 VkPipeline *out_pipeline);

void bench_scene_begin_pass(const struct bench_scene *scene);
/* Everything that a draw can need. */
void bench_scene_bind(const struct bench_scene *scene, VkPipeline pipeline);

/* --- one function for each area ----------------------------------------- */

void bench_startup(const struct bench_options *options);
void bench_memory(struct bench *bench);
void bench_resource(struct bench *bench);
void bench_descriptor(struct bench *bench);
void bench_record(struct bench *bench, struct bench_scene *scene);
void bench_submit(struct bench *bench);
void bench_pipeline(struct bench *bench, struct bench_scene *scene);
void bench_frame(struct bench *bench, struct bench_scene *scene);
/* Frames of bench_frame, not measured. */
bool bench_draw_frames(struct bench_scene *scene, uint32_t count);
void bench_share(struct bench *bench);
void bench_present(const struct bench_options *options);

#endif /* BENCH_H */
