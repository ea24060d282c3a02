# SPDX-License-Identifier: MIT
"""What bin/run-deqp is made of: running cases behind crashes and hangs, in
parallel, and judging and comparing what they gave."""

import collections
import fnmatch
import os
import queue
import re
import selectors
import signal
import subprocess
import sys
import tempfile
import threading

# What deqp-vk prints for a case that it ran to the end.
GOOD = {"Pass", "NotSupported", "QualityWarning", "CompatibilityWarning", "Waiver"}
PASSED = GOOD - {"NotSupported"}


def say(text):
    print(f"run-deqp: {text}", file=sys.stderr, flush=True)


class Failure(Exception):
    """Nothing can be run: the stack, deqp-vk or the arguments are wrong."""


def read_lines(path):
    """The lines of a file without comments and empty ones; none if it is not there."""
    try:
        with open(path, encoding="utf-8") as file:
            lines = [line.split("#")[0].strip() for line in file]
    except FileNotFoundError:
        return []
    return [line for line in lines if line]


class Expectations:
    """The three expectation files that start with a prefix."""

    def __init__(self, prefix):
        self.fails = {}
        for line in read_lines(prefix + "-fails.txt"):
            if "," not in line:
                raise Failure(f"{prefix}-fails.txt: '{line}' is not 'case,Result'")
            case, result = line.rsplit(",", 1)
            self.fails[case] = result
        self.flakes = [re.compile(x) for x in read_lines(prefix + "-flakes.txt")]
        self.skips = [re.compile(x) for x in read_lines(prefix + "-skips.txt")]

    def skipped(self, case):
        return any(x.fullmatch(case) for x in self.skips)

    def judge(self, case, result):
        """None if all is as expected, else what is not."""
        if any(x.fullmatch(case) for x in self.flakes):
            return None
        expected = self.fails.get(case)
        if expected is None:
            return None if result in GOOD else f"new: {result}"
        if result == expected:
            return None
        return f"{result}, expected {expected}"


class Runner:
    """Runs cases with a command, which is deqp-vk and what stands before it."""

    def __init__(self, command, silence, output):
        self.command = command
        self.silence = silence
        self.output = output
        self.stop = threading.Event()

    def run_some(self, cases, worker, log):
        """Runs cases until the end, a crash or a hang; yields (case, result, why)."""
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as case_list:
            case_list.write("\n".join(cases) + "\n")
            case_list.flush()
            command = [*self.command, "--deqp-caselist-file=" + case_list.name,
                       "--deqp-log-filename="
                       + os.path.join(self.output, f"last-{worker}.qpa")]
            # A group of its own, to end all of it when it hangs.
            process = subprocess.Popen(command, stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT, start_new_session=True)
            try:
                yield from self.follow(process, log)
            finally:
                end_group(process)
                process.stdout.close()

    def follow(self, process, log):
        current = None
        pending = b""
        selector = selectors.DefaultSelector()
        selector.register(process.stdout, selectors.EVENT_READ)
        silent = 0.0
        while not self.stop.is_set():
            if not selector.select(1):
                silent += 1
                if silent >= self.silence:
                    if current is None:
                        raise Failure("deqp-vk hangs before its first case")
                    yield current, "Timeout", ""
                    return
                continue
            silent = 0.0
            data = os.read(process.stdout.fileno(), 65536)
            if not data:
                break
            log.write(data)
            *lines, pending = (pending + data).split(b"\n")
            for line in lines:
                text = line.decode("utf-8", "replace")
                started = re.match(r"Test case '([^']+)'\.\.", text)
                ended = re.match(r"  (\w+) \((.*)\)$", text)
                if started:
                    current = started.group(1)
                elif ended and current:
                    yield current, *ended.groups()
                    current = None
        if self.stop.is_set():
            return
        status = process.wait()
        if current is not None:
            yield current, "Crash", ""
        elif status == 125:
            raise Failure("the stack could not be set up")

    def run_chunk(self, cases, worker, log):
        left = collections.OrderedDict.fromkeys(cases)
        while left and not self.stop.is_set():
            before = len(left)
            for case, result, why in self.run_some(left, worker, log):
                left.pop(case, None)
                yield case, result, why
            if len(left) == before and not self.stop.is_set():
                # It ended without having run any: it does not know these.
                for case in left:
                    yield case, "Missing", ""
                return

    def run_all(self, cases, jobs):
        """Yields (case, result, what deqp-vk says of it) of all cases, from
        several deqp-vk at a time."""
        # Pieces small enough for an even load. Neighbours stay together, since
        # they are alike.
        size = max(1, min(500, -(-len(cases) // (jobs * 4))))
        chunks, results = queue.SimpleQueue(), queue.SimpleQueue()
        for i in range(0, len(cases), size):
            chunks.put(cases[i:i + size])

        def work(worker):
            try:
                with open(os.path.join(self.output, f"deqp-{worker}.log"), "wb") as log:
                    while not self.stop.is_set():
                        for result in self.run_chunk(chunks.get_nowait(), worker, log):
                            results.put(result)
            except queue.Empty:
                results.put(None)
            except Exception as error:  # the main thread reports it
                results.put(error)
            else:
                results.put(None)

        threads = [threading.Thread(target=work, args=(i,)) for i in range(jobs)]
        for thread in threads:
            thread.start()
        try:
            running = jobs
            while running:
                result = results.get()
                if isinstance(result, Exception):
                    raise result
                if result is None:
                    running -= 1
                else:
                    yield result
        finally:
            self.stop.set()
            for thread in threads:
                thread.join()


def end_group(process):
    if process.poll() is not None:
        return
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def choose(cases, rules):
    """The cases that a sampling rule chooses, in the order of the list.

    A rule is "PATTERN N": of the cases that match, in the list's order, every
    Nth, starting with the first. A case is chosen once however many match.
    """
    chosen = {}
    for rule in rules:
        words = rule.split()
        if len(words) != 2 or not words[1].isdigit() or int(words[1]) < 1:
            raise Failure(f"sampling rule '{rule}' is not 'PATTERN N'")
        match = re.compile(fnmatch.translate(words[0])).match
        chosen.update(dict.fromkeys([x for x in cases if match(x)][::int(words[1])]))
    return [x for x in cases if x in chosen]


def read_results(folder):
    results = {}
    for line in read_lines(os.path.join(folder, "results.csv")):
        case, result = line.rsplit(",", 1)
        results[case] = result
    if not results:
        raise Failure(f"no results in {folder}")
    return results


def read_reasons(folder):
    """By case: why it is not supported. The place in deqp-vk's source goes."""
    reasons = {}
    for line in read_lines(os.path.join(folder, "unsupported.csv")):
        case, reason = line.split(",", 1)
        reasons[case] = re.sub(r" at \S+:\d+$", "", reason)
    return reasons


def compare_reasons(lost, reasons, depth):
    """For cases that another stack passes: the groups by what they miss."""
    groups = collections.Counter((reasons.get(case, "not said"), group_of(case, depth))
                                 for case, result in lost if result == "NotSupported")
    totals = collections.Counter()
    for (reason, _), count in groups.items():
        totals[reason] += count
    for reason, total in totals.most_common():
        where = ", ".join(f"{group} {count}" for (other, group), count in groups.most_common()
                          if other == reason)
        print(f"  {total} not supported: {reason} ({where})")


def group_of(case, depth):
    return ".".join(case.split(".")[1:1 + depth])


def compare(folders, depth):
    """Prints a table of result folders side by side, and what the first passes
    and another does not. Returns whether that list has failures in it."""
    runs = [(os.path.basename(os.path.normpath(x)), read_results(x)) for x in folders]
    reasons = [read_reasons(x) for x in folders]
    cases = dict.fromkeys(case for _, results in runs for case in results)
    groups = collections.OrderedDict()
    for case in cases:
        row = groups.setdefault(group_of(case, depth), [[0, 0, 0] for _ in runs])
        for cell, (_, results) in zip(row, runs):
            result = results.get(case)
            if result is not None:
                cell[0 if result in PASSED else 1 if result in GOOD else 2] += 1
    print("| group | " + " | ".join(name for name, _ in runs) + " |")
    print("| --- |" + " --- |" * len(runs))
    totals = [[sum(row[i][j] for row in groups.values()) for j in range(3)]
              for i in range(len(runs))]
    for group, row in [*groups.items(), ("all", totals)]:
        cells = [f"{good} / {absent} / {bad}" for good, absent, bad in row]
        print(f"| {group} | " + " | ".join(cells) + " |")
    print("\npass / not supported / fail, crash or hang")

    bad = False
    reference_name, reference = runs[0]
    for (name, results), why in zip(runs[1:], reasons[1:]):
        lost = [(case, results[case]) for case in reference
                if reference[case] in PASSED and case in results
                and results[case] not in PASSED]
        print(f"\n{reference_name} passes, {name} does not: {len(lost)}")
        compare_reasons(lost, why, depth)
        for case, result in lost:
            print(f"  {case},{result}")
            bad = bad or result not in GOOD
    return bad
