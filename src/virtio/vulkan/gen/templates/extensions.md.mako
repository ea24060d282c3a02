<%
how = {'pass': 'if the host has it', 'native': 'always', 'external': 'if memory can be shared', 'omit': 'no'}
%>\
| extension | offered | why |
| --- | --- | --- |
% for offer in offers.instance + offers.device:
| ${offer.name} | ${how[offer.kind]} | ${offer.note or (f'core in {offer.promoted}' if offer.promoted else '')} |
% endfor
