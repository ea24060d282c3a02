<% venus = protocol.venus %>\
${banner(protocol, 'The protocol: versions, command numbers, extensions, and the\n * encoders and decoders of everything in it.')}

#ifndef VN_PROTOCOL_H
#define VN_PROTOCOL_H

#include "vn_wire.h"

#if VK_HEADER_VERSION != ${venus.registry.header_version}
#error "the Vulkan headers are not those of the registry that the protocol was generated from; see the option vulkan-registry"
#endif

/* The registry's version. */
#define VN_PROTOCOL_VK_XML_VERSION \
   VK_MAKE_API_VERSION(0, ${', '.join(map(str, venus.vk_xml_version))})

/*
 * The newest version of VK_MESA_venus_protocol that this covers in full.
 */
#define VN_PROTOCOL_VENUS_SPEC_VERSION ${venus.spec_covered}

/* The number of a command on the wire. */
enum vn_command {
% for command in protocol.commands:
   VN_COMMAND_${command.name} = ${command.number.number},
% endfor
};

/* True if a renderer can decode the command. */
bool vn_protocol_caps_has_command(const struct vn_protocol_caps *caps,
                                  enum vn_command command);

/* True if there is a chain in which an encoder with these caps keeps the
 * struct.
 */
bool vn_protocol_caps_has_struct(const struct vn_protocol_caps *caps,
                                 VkStructureType stype);

/* The name of a command, NULL if the number means none of ours. */
const char *vn_protocol_command_name(uint32_t command);

/*
 * The extensions that both registry and protocol have, by name. spec_version
 * is the older of the two.
 */
struct vn_protocol_extension {
   const char *name;
   uint32_t number;
   uint32_t spec_version;
};

#define VN_PROTOCOL_EXTENSION_COUNT ${len(venus.extensions())}

extern const struct vn_protocol_extension
   vn_protocol_extensions[VN_PROTOCOL_EXTENSION_COUNT];
extern const uint32_t vn_protocol_extension_count;

#include "vn_protocol_mesa.h"
#include "vn_protocol_structs.h"
#include "vn_protocol_commands.h"
#include "vn_protocol_aliases.h"

#endif /* VN_PROTOCOL_H */
