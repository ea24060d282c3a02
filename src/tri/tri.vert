#version 450
// SPDX-License-Identifier: MIT
// Three corners, red, green and blue, turned by an angle; no vertex buffer.

layout(push_constant) uniform Turn { vec2 cos_sin; } turn;
layout(location = 0) out vec3 out_color;

const vec2 corners[3] = vec2[](vec2(0.0, -0.8), vec2(0.7, 0.6), vec2(-0.7, 0.6));
const vec3 colors[3] = vec3[](vec3(1.0, 0.0, 0.0), vec3(0.0, 1.0, 0.0), vec3(0.0, 0.0, 1.0));

void main()
{
   vec2 p = corners[gl_VertexIndex];

   gl_Position = vec4(p.x * turn.cos_sin.x - p.y * turn.cos_sin.y,
                      p.x * turn.cos_sin.y + p.y * turn.cos_sin.x, 0.0, 1.0);
   out_color = colors[gl_VertexIndex];
}
