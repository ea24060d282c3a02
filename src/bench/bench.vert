#version 450
// SPDX-License-Identifier: MIT
// Reads all of the state that a draw with "large state" sets.

layout(location = 0) in vec2 in_position;
layout(location = 1) in vec3 in_color;
layout(set = 0, binding = 0) uniform block { vec4 tint; };
layout(push_constant) uniform push { mat4 transform; };
layout(location = 0) out vec3 out_color;

void main()
{
   gl_Position = transform * vec4(in_position, 0.0, 1.0);
   out_color = in_color * tint.rgb;
}
