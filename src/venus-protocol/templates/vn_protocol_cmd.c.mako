<%namespace name="commands" file="command.mako"/>\
${banner(protocol, 'Commands that are recorded into command buffers.')}

#include "vn_codec.h"
#include "vn_protocol.h"
#include "vn_protocol_private.h"

% for command in protocol.commands:
% if command.is_recorded:
${commands.functions(command)}\
% endif
% endfor
