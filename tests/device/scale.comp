#version 450
// SPDX-License-Identifier: MIT
// out = in * FACTOR + addend, one word for each invocation

layout(local_size_x = 64) in;
layout(constant_id = 3) const uint FACTOR = 1;

layout(set = 0, binding = 0) readonly buffer source { uint words[]; } src;
layout(set = 0, binding = 1) writeonly buffer target { uint words[]; } dst;
layout(push_constant) uniform push { layout(offset = 8) uint addend; };

void main()
{
    const uint i = gl_GlobalInvocationID.x;
    dst.words[i] = src.words[i] * FACTOR + addend;
}
