<%
venus = protocol.venus
groups = {}
for command in protocol.commands:
    groups.setdefault(command.condition, []).append(command)
%>\
${banner(protocol, 'Tables of commands and extensions.')}

#include "vn_protocol.h"
#include "vn_protocol_private.h"

const struct vn_protocol_extension
   vn_protocol_extensions[VN_PROTOCOL_EXTENSION_COUNT] = {
% for row, provider in venus.extensions():
   { "${row.name}", ${row.number}, ${min(row.spec_version, provider.spec_version)} },
% endfor
};

const uint32_t vn_protocol_extension_count = VN_PROTOCOL_EXTENSION_COUNT;

bool
vn_protocol_caps_has_command(const struct vn_protocol_caps *caps,
                             enum vn_command command)
{
   switch ((uint32_t)command) {
% for when, commands in groups.items():
${comment('always' if when == condition.TRUE else condition.words(when), 3)}
% for command in commands:
   case VN_COMMAND_${command.name}:
% endfor
      return ${condition.c_expression(when)};
% endfor
   }
   return false;
}

const char *
vn_protocol_command_name(uint32_t command)
{
   switch (command) {
% for command in protocol.commands:
   case VN_COMMAND_${command.name}:
      return "${command.name}";
% endfor
   }
   return NULL;
}
