## Copyright 2026 The venus-dmabuf authors
## SPDX-License-Identifier: MIT
##
## The steps of gen/plan.py as C statements. ret is what a function returns
## when there is no room, e.g. 'return;'.

<%def name="at(item)">${at_text(item)}</%def>\

<%def name="store(item)">\
% if item.kind in ('u32', 'u64', 'f32', 'id'):
${call(f'vn_store_{item.kind}(', [at_text(item), item.expr], 3)}
% elif item.kind == 'struct':
${call(f'vn_store_{item.type}(', [at_text(item), f'&{item.expr}'], 3)}
% elif item.kind == 'words':
   memcpy(${at(item)}, ${item.expr}, ${item.count} * ${item.unit});
% elif item.kind in ('bytes', 'chars'):
   memcpy(${at(item)}, ${item.expr}, ${item.count});
% if item.unit % 4:
   memset(p + ${item.offset + item.unit}, 0, ${-item.unit % 4});
% endif
% elif item.kind == 'ids':
   for (uint32_t i = 0; i < ${item.count}; i++)
      vn_store_id(${at(item)} + 8 * i, ${item.expr}[i]);
% elif item.kind == 'structs':
   for (uint32_t i = 0; i < ${item.count}; i++)
${call(f'vn_store_{item.type}(', [f'{at_text(item)} + {item.unit} * i', f'&{item.expr}[i]'], 6)}
% elif item.kind == 'zero':
   memset(${at(item)}, 0, ${item.unit});
% else:
<% raise ValueError(item.kind) %>\
% endif
</%def>

<%def name="encode_run(run, first, form)">\
<%
if run.head:
    start = 'vn_encode_head('
    args = ['enc', run.head.stype, 'val->pNext', chain_ref(run.head), form,
            str(run.size)]
else:
    start = 'vn_encoder_take('
    args = ['enc', str(run.size)]
%>\
% if not run.items:
${call(start, args, 3)}
% else:
% if run.head:
   uint8_t *p =
${call(start, args, 6)}
% elif first:
   uint8_t *p = vn_encoder_take(enc, ${run.size});
% else:

   p = vn_encoder_take(enc, ${run.size});
% endif
   if (!p)
      return;
% for item in run.items:
${store(item)}\
% endfor
% endif
</%def>

<%def name="encode_step(step)">\
<% e = step.expr %>\
% if step.kind == 'struct':
${call(f'vn_encode_{step.wire.name}(', ['enc', f'&{e}'], 3)}
% elif step.kind == 'partial':
   vn_encode_${step.wire.name}_partial(enc, &${e});
% elif step.kind == 'union':
${call(f'vn_encode_{step.wire.name}(', ['enc', f'&{e}', step.tag], 3)}
% elif step.kind == 'pointer' and step.wire.kind in ('struct', 'union'):
   if (${e})
${call(f'vn_encode_{step.wire.name}(', ['enc', e], 6)}
% elif step.kind == 'pointer' and step.wire.kind == 'id':
   if (${e})
      vn_encode_id(enc, *${e});
% elif step.kind == 'pointer':
   if (${e})
      vn_encode_${step.wire.store}(enc, ${step.wire.sent(f'*{e}')});
% elif step.kind == 'partial_pointer':
   if (${e})
${call(f'vn_encode_{step.wire.name}_partial(', ['enc', e], 6)}
% elif step.kind == 'string':
   vn_encode_string(enc, ${e});
% elif step.kind == 'strings':
${call('vn_encode_strings(', ['enc', e, step.count], 3)}
% elif step.kind == 'bytes':
${call('vn_encode_bytes(', ['enc', e, step.count], 3)}
% elif step.kind == 'words':
${call('vn_encode_words(', ['enc', e, step.count, str(step.wire.memory)], 3)}
% elif step.kind in ('ids', 'flats'):
<% size = step.wire.size %>\
   if (${e}) {
      uint8_t *q =
${call('vn_encoder_take_array(', ['enc', step.count, str(size)], 9)}
      if (!q)
         return;
      for (${step.index} i = 0; i < ${step.count}; i++)
% if step.kind == 'ids':
         vn_store_id(q + (size_t)i * 8, ${e}[i]);
% elif step.wire.kind == 'scalar':
         vn_store_${step.wire.store}(q + (size_t)i * ${size}, ${step.wire.sent(f'{e}[i]')});
% else:
         vn_store_${step.wire.name}(q + (size_t)i * ${size}, &${e}[i]);
% endif
   }
% elif step.kind in ('structs', 'partials'):
<% suffix = '_partial' if step.kind == 'partials' else '' %>\
   for (${step.index} i = 0; ${e} && i < ${step.count}; i++)
${call(f'vn_encode_{step.wire.name}{suffix}(', ['enc', f'&{e}[i]'], 6)}
% elif step.kind == 'nested':
   for (${step.index} i = 0; ${e} && i < ${step.count}; i++) {
      const ${step.wire.name} *inner =
         ${e}[i];
      const uint32_t inner_count = ${step.inner};
      vn_encode_u64(enc, inner ? inner_count : 0);
% if step.wire.memory:
      vn_encode_words(enc, inner, inner_count, ${step.wire.memory});
% else:
      for (uint32_t j = 0; inner && j < inner_count; j++)
         vn_encode_${step.wire.name}(enc, &inner[j]);
% endif
   }
% else:
<% raise ValueError(step.kind) %>\
% endif
</%def>

<%def name="encode_locals(plan)">\
% for f in plan.locals:
   const ${f.wire.name} *${f.name} =
      ${f.unless} ?
         ${f.expr} : NULL;

% endfor
</%def>

<%def name="encode_steps(plan, form='VN_FORM_FULL')">\
<% first = True %>\
${encode_locals(plan)}\
% for step in plan.steps:
% if step.kind == 'run':
${encode_run(step, first, form)}\
<% first = first and not step.items %>\
% else:
${encode_step(step)}\
% endif
% endfor
</%def>

<%def name="load_value(item)">\
% if item.kind == 'struct':
${call(f'vn_load_{item.type}(', [at_text(item), f'&{item.expr}'], 3)}
% elif item.kind == 'id':
   ${item.expr} = (${item.wire.name})(uintptr_t)vn_decode_object(
      dec, ${item.wire.type.object_type},
      vn_load_u64(${at(item)}));
% else:
${assign(item.expr, f'vn_load_{item.kind}({at_text(item)})')}
% endif
</%def>

<%def name="load(item)">\
% if item.kind in ('u32', 'u64', 'f32', 'struct', 'id'):
${load_value(item)}\
% elif item.kind == 'check':
% elif item.kind == 'words':
   memcpy(${item.expr}, ${at(item)}, ${item.count} * ${item.unit});
% elif item.kind == 'bytes':
   memcpy(${item.expr}, ${at(item)}, ${item.count});
% elif item.kind == 'chars':
   memcpy(${item.expr}, ${at(item)}, ${item.count});
   ${item.expr}[${item.count} - 1] = '\0';
% elif item.kind == 'structs':
   for (uint32_t i = 0; i < ${item.count}; i++)
${call(f'vn_load_{item.type}(', [f'{at_text(item)} + {item.unit} * i', f'&{item.expr}[i]'], 6)}
% elif item.kind == 'ids':
   for (uint32_t i = 0; i < ${item.count}; i++) {
      const uint64_t id = vn_load_u64(${at(item)} + 8 * i);
      ${item.expr}[i] = (${item.wire.name})(uintptr_t)vn_decode_object(
         dec, ${item.wire.type.object_type},
         ${f'i < {item.limit} ? id : 0' if item.limit else 'id'});
   }
% else:
<% raise ValueError(item.kind) %>\
% endif
</%def>

<%def name="decode_run(run, first)">\
% if first:
   const uint8_t *p = vn_decoder_take(dec, ${run.size});
% else:

   p = vn_decoder_take(dec, ${run.size});
% endif
   if (!p)
      return;
<% checks = [i for i in run.items if i.kind == 'check'] %>\
% if checks:
   if (${(' ||' + chr(10) + '       ').join(f'vn_load_u64({at_text(i)}) != {i.expr}' for i in checks)}) {
      vn_decoder_fail(dec);
      return;
   }
% endif
% for item in run.items:
${load(item)}\
% endfor
</%def>

<%def name="decode_step(step)">\
<% e = step.expr %>\
% if step.kind == 'struct':
   vn_decode_${step.wire.name}(dec, &${e});
% elif step.kind == 'structs':
   for (uint32_t i = 0; i < ${step.count}; i++)
      vn_decode_${step.wire.name}(dec, &${e}[i]);
% elif step.kind == 'limit':
   if (${e} > ${step.count}) {
      ${e} = 0;
      vn_decoder_fail(dec);
   }
% elif step.kind == 'array':
<%
n = step.field.name + '_size'
counted = step.count.startswith('val->') and step.count[5:].isidentifier()
%>\
% if counted:
   /* as no array at all it was taken for a question about the count */
   if (${e} && !${step.field.name}_max)
      ${step.count} = 0;
% endif
   const size_t ${n} =
${call('vn_decode_array(', ['dec', e, step.count, step.field.name + '_max'], 6)}
${decode_elements(step, e, n)}\
% if counted:
   if (dec->failed)
      ${step.count} = 0;
% endif
% else:
<% raise ValueError(step.kind) %>\
% endif
</%def>

<%def name="decode_elements(step, e, n)">\
% if step.wire.is_byte:
   vn_decode_bytes(dec, ${e}, ${n});
% elif step.wire.memory:
   vn_decode_words(dec, ${e}, ${n}, ${step.wire.memory});
% elif step.wire.kind == 'scalar':
   for (size_t i = 0; i < ${n}; i++)
      ${e}[i] = vn_decode_${step.wire.store}(dec);
% else:
   for (size_t i = 0; i < ${n}; i++)
${call(f'vn_decode_{step.wire.name}(', ['dec', f'&{e}[i]'], 6)}
% endif
</%def>

<%def name="decode_steps(plan)">\
% for f in plan.locals:
   const uint64_t ${f.name}_max = ${f.count};
% endfor
% if plan.locals:

% endif
<% first = True %>\
% for step in plan.steps:
% if step.kind == 'run':
${decode_run(step, first)}\
<% first = False %>\
% else:
${decode_step(step)}\
% endif
% endfor
</%def>

<%def name="size_parts(size)">\
% for part in size.parts:
<% e = part.expr %>\
% if part.kind == 'struct':
   total += vn_sizeof_${part.wire.name}(&${e});
% elif part.kind == 'bytes':
   if (${e})
      total += vn_sizeof_bytes(${part.count});
% elif part.kind == 'flats':
   if (${e})
      total += vn_sizeof_array(${part.count}, ${part.wire.size});
% elif part.kind == 'structs':
   for (${part.index} i = 0; ${e} && i < ${part.count}; i++)
      total += vn_sizeof_${part.wire.name}(&${e}[i]);
% elif part.kind == 'struct_pointer':
   if (${e})
      total += vn_sizeof_${part.wire.name}(${e});
% elif part.kind == 'flat_pointer':
   if (${e})
      total += ${part.wire.size};
% else:
<% raise ValueError(part.kind) %>\
% endif
% endfor
</%def>
