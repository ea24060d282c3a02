${banner(protocol, 'Every command with an output, as an application might call it.', 'src/venus-protocol/tests/fuzz_commands.py')}

#include "fuzz_reply.h"

% for w in structs:
static void prepare_${w.name}(const struct fuzz_call *call, ${w.name} *val);
static void look_${w.name}(const struct fuzz_call *call, const ${w.name} *val);
% endfor

/* ---- chains --------------------------------------------------------------- */

% for w in structs:
% if protocol.extenders(w):
static void *
chain_${w.name}(const struct fuzz_call *call)
{
   VkBaseOutStructure *next = NULL;
% for i, e in reversed(list(enumerate(protocol.extenders(w)))):
   if (fuzz_wants(call, ${i})) {
      ${e.name} *val = fuzz_zeros(1, sizeof(*val));
      prepare_${e.name}(call, val);
      val->pNext = (void *)next;
      next = (VkBaseOutStructure *)val;
   }
% endfor
   return next;
}

static void
look_chain_${w.name}(const struct fuzz_call *call, const void *chain)
{
   const VkBaseOutStructure *next;
   for (next = chain; next; next = next->pNext) {
      switch ((int)next->sType) {
% for e in protocol.extenders(w):
      case ${e.stype}:
         look_${e.name}(call, (const ${e.name} *)next);
         break;
% endfor
      }
   }
}

% endif
% endfor
/* ---- structs -------------------------------------------------------------- */

% for w in structs:
static void
prepare_${w.name}(const struct fuzz_call *call, ${w.name} *val)
{
% if w.stype:
   val->sType = ${w.stype};
% endif
% if w.stype and protocol.extenders(w):
   val->pNext = chain_${w.name}(call);
% endif
% for f in members(w):
% if f.shape == 'array':
   val->${count_member(f)} = call->room;
   val->${f.name} = call->room ? fuzz_zeros(call->room, sizeof(${element(f)})) : NULL;
% if needs_care(f):
   for (uint32_t i = 0; i < call->room; i++)
      prepare_${f.wire.name}(call, &val->${f.name}[i]);
% endif
% elif needs_care(f) and f.shape == 'value':
   prepare_${f.wire.name}(call, &val->${f.name});
% elif needs_care(f) and f.shape == 'fixed':
   for (uint32_t i = 0; i < ${f.count}; i++)
      prepare_${f.wire.name}(call, &val->${f.name}[i]);
% endif
% endfor
}

static void
look_${w.name}(const struct fuzz_call *call, const ${w.name} *val)
{
   fuzz_look(val, sizeof(*val));
% if w.stype and protocol.extenders(w):
   look_chain_${w.name}(call, val->pNext);
% endif
% for f in members(w):
% if f.shape == 'array':
   if (val->${f.name}) {
      for (size_t i = 0; i < val->${count_member(f)}; i++)
% if needs_care(f):
         look_${f.wire.name}(call, &val->${f.name}[i]);
% else:
         fuzz_look((const char *)val->${f.name} + i * sizeof(${element(f)}), sizeof(${element(f)}));
% endif
   }
% elif needs_care(f) and f.shape == 'value':
   look_${f.wire.name}(call, &val->${f.name});
% elif f.shape == 'fixed' and f.wire.name == 'char':
   fuzz_look_string(val->${f.name}, ${f.count});
% elif f.shape == 'fixed':
% if f.limit:
   U_FUZZ_CHECK(${f.limit} <= ${f.count});
% endif
% if needs_care(f):
   for (uint32_t i = 0; i < ${f.count}; i++)
      look_${f.wire.name}(call, &val->${f.name}[i]);
% endif
% endif
% endfor
}

% endfor
/* ---- commands ------------------------------------------------------------- */

% for c in commands:
static void
run_${c.name}(struct vn_decoder *dec, const struct fuzz_call *call)
{
<%
far = far_counts(c)
args = [f.name for f in c.params]
counts = {f.name for f in c.counts}
%>\
% for f in c.params:
% if f in c.outputs:
<% continue %>
% elif f.shape == 'value' and f.wire.kind == 'id':
   ${f.member.type} ${f.name} = (${f.member.type})fuzz_handle(${loop.index});
% elif f.shape == 'value':
   ${f.member.type} ${f.name} = (${f.member.type})call->room;
% elif f.name in far:
   ${f.wire.name} ${f.name}_value = {
% if f.wire.stype:
      .sType = ${f.wire.stype},
% endif
% for member in far[f.name]:
      .${member} = call->room,
% endfor
   };
   const ${f.wire.name} *${f.name} = &${f.name}_value;
% else:
   ${f.member.decl} = NULL;
% endif
% endfor
% for f in c.counts:
   ${element(f)} *${f.name} = fuzz_zeros(1, sizeof(*${f.name}));
   *${f.name} = call->room;
   const ${element(f)} ${count_local(f.name)} = call->room;
% endfor
% for f in c.outputs:
% if f.name in counts:
<% continue %>
% elif f.shape == 'pointer':
   ${element(f)} *${f.name} = fuzz_zeros(1, sizeof(*${f.name}));
% if f.wire.kind == 'id':
   *${f.name} = (${element(f)})fuzz_handle(0);
% elif needs_care(f):
   prepare_${f.wire.name}(call, ${f.name});
% endif
% else:
   const size_t ${f.name}_count = ${f.count};
   ${element(f)} *${f.name} = ${f.name}_count ? fuzz_zeros(${f.name}_count, sizeof(*${f.name})) : NULL;
% if f.wire.kind == 'id' or needs_care(f):
   for (uint32_t i = 0; i < ${f.name}_count; i++)
% if f.wire.kind == 'id':
      ${f.name}[i] = (${element(f)})fuzz_handle(i);
% else:
      prepare_${f.wire.name}(call, &${f.name}[i]);
% endif
% endif
% endif
% endfor

   const size_t size = vn_sizeof_${c.name}_reply(${', '.join(args)});
   const uint8_t *start = dec->cur;
% if c.command.ret == 'void':
   vn_decode_${c.name}_reply(${', '.join(['dec'] + args)});
% else:
   const ${c.command.ret} ret =
      vn_decode_${c.name}_reply(${', '.join(['dec'] + args)});
   fuzz_look(&ret, sizeof(ret));
% endif
   /* what the driver makes room for is enough for all that it believes */
   U_FUZZ_CHECK(dec->failed || (size_t)(dec->cur - start) <= size);

% for f in c.outputs:
% if f.name in counts:
   fuzz_look(${f.name}, sizeof(*${f.name}));
% elif f.shape == 'pointer':
% if needs_care(f):
   look_${f.wire.name}(call, ${f.name});
% else:
   fuzz_look(${f.name}, sizeof(*${f.name}));
% endif
% else:
<%
seen = [n for n in counts if f.count == count_local(n)]
limit = f'*{seen[0]}' if seen else f'{f.name}_count'
%>\
   for (size_t i = 0; ${f.name} && i < ${limit}; i++)
% if needs_care(f):
      look_${f.wire.name}(call, &${f.name}[i]);
% else:
      fuzz_look(&${f.name}[i], sizeof(${f.name}[i]));
% endif
% endif
% endfor
}

% endfor
const struct fuzz_command fuzz_commands[] = {
% for c in commands:
   { VN_COMMAND_${c.name}, run_${c.name} },
% endfor
};

const size_t fuzz_command_count =
   sizeof(fuzz_commands) / sizeof(fuzz_commands[0]);
