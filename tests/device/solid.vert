#version 450
// SPDX-License-Identifier: MIT
// Vertices are a position and a colour each; the instance moves them back.

layout(location = 0) in vec3 position;
layout(location = 1) in vec4 color;
layout(location = 0) out vec4 color_out;

void main()
{
    gl_Position = vec4(position.xy, position.z + 0.25 * gl_InstanceIndex, 1.0);
    color_out = color;
}
