${banner(protocol, 'Commands under the names that they have in older and newer registries, so\n * that code can name them the same with each.')}

#ifndef VN_PROTOCOL_ALIASES_H
#define VN_PROTOCOL_ALIASES_H

% for command in protocol.commands:
% for alias in protocol.venus.other_names(command.name):
#define VN_COMMAND_${alias} VN_COMMAND_${command.name}
#define vn_encode_${alias} vn_encode_${command.name}
#define vn_sizeof_${alias}_reply vn_sizeof_${command.name}_reply
#define vn_decode_${alias}_reply vn_decode_${command.name}_reply
% endfor
% endfor

#endif /* VN_PROTOCOL_ALIASES_H */
