#version 450
// SPDX-License-Identifier: MIT
// The left half of the target as a strip of four vertices.

void main()
{
    gl_Position = vec4(gl_VertexIndex % 2 - 1, gl_VertexIndex / 2 * 2 - 1,
                       0.5, 1.0);
}
