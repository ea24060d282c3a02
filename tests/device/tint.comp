#version 450
// SPDX-License-Identifier: MIT
// Every kind of descriptor in one set: image = texture * uniform + dynamic

layout(local_size_x = 8, local_size_y = 8) in;

layout(set = 0, binding = 0) uniform sampler2D texture_in[2];
layout(set = 0, binding = 2) uniform factor { vec4 value; } scale;
layout(set = 1, binding = 0, rgba8) writeonly uniform image2D image_out;
layout(set = 1, binding = 4) readonly buffer offset { vec4 value; } addend;
layout(set = 1, binding = 5) uniform textureBuffer texels;

void main()
{
    const ivec2 at = ivec2(gl_GlobalInvocationID.xy);
    const vec4 a = texelFetch(texture_in[0], at, 0);
    const vec4 b = texelFetch(texture_in[1], at, 0);
    imageStore(image_out, at, (a + b) * scale.value + addend.value +
                              texelFetch(texels, 0));
}
