${banner(protocol, 'Commands on the wire. The driver has put its new objects into the handles\n * that a command returns before it encodes the command; command_flags is 0 or\n * VN_COMMAND_GENERATE_REPLY. vn_sizeof_X_reply is an upper bound, in bytes.\n *\n * vn_decode_X_reply fills in the outputs. A handle stays as it is if the\n * renderer has the object, and becomes VK_NULL_HANDLE otherwise. A reply that\n * cannot be true sets dec->failed and gives VK_ERROR_DEVICE_LOST, or 0 for\n * what is not a VkResult; the outputs may then be filled in partly.')}

#ifndef VN_PROTOCOL_COMMANDS_H
#define VN_PROTOCOL_COMMANDS_H

#include "vn_protocol_mesa.h"
#include "vn_wire.h"

% for command in protocol.commands:
${prototype('void', f'vn_encode_{command.name}', encode_params(command))}
${prototype('size_t', f'vn_sizeof_{command.name}_reply', command_params(command))}
${prototype(command.command.ret, f'vn_decode_{command.name}_reply', decode_params(command))}

% endfor
#endif /* VN_PROTOCOL_COMMANDS_H */
