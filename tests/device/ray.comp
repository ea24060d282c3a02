#version 460
#extension GL_EXT_ray_query : require
// One ray per invocation, each a step to the right: what it hits.

layout(local_size_x = 1) in;
layout(binding = 0) uniform accelerationStructureEXT scene;
layout(binding = 1) buffer Hits { uint hits[]; };

void main()
{
   uint i = gl_GlobalInvocationID.x;
   rayQueryEXT query;

   rayQueryInitializeEXT(query, scene, gl_RayFlagsOpaqueEXT, 0xff,
                         vec3(float(i), 0.0, -1.0), 0.0, vec3(0.0, 0.0, 1.0),
                         10.0);
   while (rayQueryProceedEXT(query)) {
   }
   hits[i] = rayQueryGetIntersectionTypeEXT(query, true) ==
                   gl_RayQueryCommittedIntersectionTriangleEXT
                ? rayQueryGetIntersectionInstanceCustomIndexEXT(query, true)
                : 0;
}
