#version 450
// SPDX-License-Identifier: MIT
// The bits of what a sampler returns, four words for each texel. SAMPLER and
// BITS depend on the kind of the format.

layout(local_size_x = 4, local_size_y = 4) in;
layout(set = 0, binding = 0) uniform SAMPLER source;
layout(set = 0, binding = 1) writeonly buffer target { uvec4 texels[]; } dst;
layout(push_constant) uniform push { uvec2 size; };

void main()
{
    const uvec2 at = gl_GlobalInvocationID.xy;
    if (any(greaterThanEqual(at, size)))
        return;
    dst.texels[at.y * size.x + at.x] = BITS(texelFetch(source, ivec2(at), 0));
}
