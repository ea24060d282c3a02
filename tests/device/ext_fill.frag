#version 450
// SPDX-License-Identifier: MIT
// A gradient as in ext_store.comp.

layout(location = 0) out VECTOR color_out;

void main()
{
    const uvec2 at = uvec2(gl_FragCoord.xy);
    color_out = VECTOR(at.x, at.y, at.x + at.y, 60) / SCALE;
}
