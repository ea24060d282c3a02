${banner(protocol, 'Structs on the wire. vn_encode_X writes all of a struct, vn_encode_X_partial\n * what the renderer must have of a struct that it fills in; vn_decode_X reads\n * such a struct back, and vn_sizeof_X says how many bytes that takes at most.\n * An output struct has its sType and pNext set throughout.')}

#ifndef VN_PROTOCOL_STRUCTS_H
#define VN_PROTOCOL_STRUCTS_H

#include "vn_protocol_mesa.h"
#include "vn_wire.h"

% for wire in protocol.encoded:
<% tag = ['uint32_t tag'] if wire.kind == 'union' and not wire.is_flat else [] %>\
${prototype('void', f'vn_encode_{wire.name}', ['struct vn_encoder *enc', f'const {wire.name} *val'] + tag)}
% endfor

% for wire in protocol.outputs:
% if not plan.partial_is_empty(wire):
${prototype('void', f'vn_encode_{wire.name}_partial', ['struct vn_encoder *enc', f'const {wire.name} *val'])}
% endif
${prototype('void', f'vn_decode_{wire.name}', ['struct vn_decoder *dec', f'{wire.name} *val'])}
${prototype('size_t', f'vn_sizeof_{wire.name}', [f'const {wire.name} *val'])}

% endfor
#endif /* VN_PROTOCOL_STRUCTS_H */
