#version 450
// SPDX-License-Identifier: MIT
// A gradient that every format of a kind can hold. IMAGE and VECTOR depend on
// the kind, SCALE is what the largest value is divided by; seed is below 8.

layout(local_size_x = 4, local_size_y = 4) in;
layout(set = 0, binding = 0) writeonly uniform IMAGE target;
layout(push_constant) uniform push { uvec2 size; uint seed; };

void main()
{
    const uvec2 at = gl_GlobalInvocationID.xy;
    if (any(greaterThanEqual(at, size)))
        return;
    imageStore(target, ivec2(at),
               VECTOR(at.x + seed, at.y, at.x + at.y, 60) / SCALE);
}
