<%namespace name="commands" file="command.mako"/>\
${banner(protocol, 'Commands to instances, devices and queues, and to the renderer itself.')}

#include "vn_codec.h"
#include "vn_protocol.h"
#include "vn_protocol_private.h"

% for command in protocol.commands:
% if not command.is_recorded:
${commands.functions(command)}\
% endif
% endfor
