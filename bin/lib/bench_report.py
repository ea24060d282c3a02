# SPDX-License-Identifier: MIT
"""The table and the JSON of bin/bench, from what venus-bench printed.

The folder has one file for each stack, with a line "round N" in front of each
run and lines "NAME UNIT VALUE" from it, and a file of facts on the machine.
"""

import argparse
import json
import pathlib
import statistics
import sys

STACKS = ('native', 'layer', 'stock', 'ours')

# numerator and denominator; all measures are costs, so less is better
RATIOS = {
    'ours_to_stock': ('ours', 'stock'),
    'ours_to_native': ('ours', 'native'),
    'layer_to_native': ('layer', 'native'),
}


def read_stack(path, measures, stack):
    """Adds the stack's values to measures, in the order of their names."""
    current = 0
    for line in path.read_text().splitlines():
        words = line.split()
        if words[0] == 'round':
            current = int(words[1])
            continue
        name, unit, value = words
        entry = measures.setdefault(name, {'unit': unit, 'rounds': {}})
        entry['rounds'].setdefault(stack, {})[current] = float(value)


def read_facts(path):
    facts = {}
    for line in path.read_text().splitlines():
        key, _, value = line.partition(' ')
        facts[key] = value.strip()
    return facts


def summarise(entry):
    """Medians, and the ratios of them."""
    medians = {s: statistics.median(v.values())
               for s, v in entry['rounds'].items()}
    best = {s: min(v.values()) for s, v in entry['rounds'].items()}
    ratios = {}
    for name, (over, under) in RATIOS.items():
        if entry['unit'] == 'us' and medians.get(over) and medians.get(under):
            ratios[name] = medians[over] / medians[under]
    # Where the scheduler puts client and renderer makes two speeds of some
    # operations; the best rounds compare the same one.
    if 'ours_to_stock' in ratios and best['stock']:
        ratios['ours_to_stock_best'] = best['ours'] / best['stock']
    return {
        'unit': entry['unit'],
        'ratios': ratios,
        'medians': medians,
        'best': best,
        'per_second': {s: 1e6 / m for s, m in medians.items()
                       if entry['unit'] == 'us' and m > 0},
        'rounds': {s: list(v.values()) for s, v in entry['rounds'].items()},
    }


def number(value):
    if value is None:
        return '-'
    return f'{value:.3g}' if value < 100 else f'{value:.0f}'


def table(measures):
    head = ['', 'ours/stock', 'best rounds', 'ours/native', 'layer/native',
            'native', '+ layer', 'stock Mesa', 'ours']
    columns = ['ours_to_stock', 'ours_to_stock_best', 'ours_to_native',
               'layer_to_native']
    rows = [head, ['---'] * len(head)]
    for name, entry in measures.items():
        label = name.replace('-', ' ')
        if entry['unit'] == 'us':
            label += ', µs'
        rows.append([label] +
                    [number(entry['ratios'].get(r)) for r in columns] +
                    [number(entry['medians'].get(s)) for s in STACKS])
    widths = [max(len(r[i]) for r in rows) for i in range(len(head))]
    return '\n'.join(
        '| ' + ' | '.join(c.ljust(w) for c, w in zip(r, widths)) + ' |'
        for r in rows)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('folder', type=pathlib.Path)
    parser.add_argument('--json', type=pathlib.Path)
    args = parser.parse_args()

    raw = {}
    # native first: it has the order of the program, and nearly all measures
    for stack in STACKS:
        read_stack(args.folder / f'{stack}.txt', raw, stack)
    measures = {name: summarise(entry) for name, entry in raw.items()}
    facts = read_facts(args.folder / 'facts')

    if args.json:
        args.json.write_text(json.dumps(
            {'machine': facts, 'measures': measures}, indent=1) + '\n')
    if not measures:
        sys.exit('bench: nothing was measured; is it the filter?')
    print(table(measures))
    if facts.get('died'):
        print(f'\nended early: {facts["died"]}')


if __name__ == '__main__':
    main()
