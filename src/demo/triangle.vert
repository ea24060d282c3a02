#version 450
// SPDX-License-Identifier: MIT
// Three corners, red, green and blue; no vertex buffer.

layout(location = 0) out vec3 out_color;

const vec2 corners[3] = vec2[](vec2(0.0, -0.8), vec2(0.8, 0.8), vec2(-0.8, 0.8));
const vec3 colors[3] = vec3[](vec3(1.0, 0.0, 0.0), vec3(0.0, 1.0, 0.0), vec3(0.0, 0.0, 1.0));

void main()
{
   gl_Position = vec4(corners[gl_VertexIndex % 3], 0.0, 1.0);
   out_color = colors[gl_VertexIndex % 3];
}
