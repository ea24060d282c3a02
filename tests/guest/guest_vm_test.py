#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Usage: guest_vm_test.py BIN_DIR

bin/guest-vm itself: what it hands on, what it refuses, its shell on a
terminal, and that nothing is left of it, however it ends. Reports in the Test
Anything Protocol.

Everything that it starts inherits a variable with a value of this run's own,
by which processes are found again; its temporary files go to a folder of this
run's own.
"""

import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

# Only an end for what hangs: the guest's CPU is emulated.
LIMIT = 240

MARK = f"VENUS_GUEST_VM_TEST={os.getpid()}.{time.time_ns()}"


class Failure(Exception):
    pass


def check(condition, what):
    if not condition:
        raise Failure(what)


class Run:
    """One guest-vm, in a folder and a session of its own."""

    def __init__(self, words, terminal=None):
        self.temporary = tempfile.TemporaryDirectory(prefix="guest-vm-test.")
        self.dir = Path(self.temporary.name)
        (self.dir / "tmp").mkdir()
        (self.dir / "cwd").mkdir()
        name, value = MARK.split("=")
        env = dict(os.environ, TMPDIR=str(self.dir / "tmp"), TERM="dumb")
        env[name] = value
        self.said = b""
        self.stderr = self.dir / "stderr"
        with self.stderr.open("wb") as stderr:
            self.process = subprocess.Popen(
                [GUEST_VM, "--out", self.dir / "out", *words],
                cwd=self.dir / "cwd", env=env, start_new_session=True,
                stdin=subprocess.DEVNULL if terminal is None else terminal,
                stdout=subprocess.PIPE if terminal is None else terminal,
                stderr=stderr)
        self.source = self.process.stdout.fileno() if terminal is None else None

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for pid in marked():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if self.process.stdout:
            self.process.stdout.close()
        self.temporary.cleanup()

    def read(self):
        """Some more of what it says; False at the end."""
        ready, _, _ = select.select([self.source], [], [], 1)
        if ready:
            try:
                data = os.read(self.source, 4096)
            except OSError:  # a terminal's other side was closed
                return False
            self.said += data
            return bool(data)
        return True

    def wait_for(self, pattern, start=0):
        """Until it has said that; gives the place behind it."""
        end = time.monotonic() + LIMIT
        while True:
            found = re.search(pattern, self.said[start:])
            if found:
                return start + found.end()
            check(time.monotonic() < end, f"never said {pattern!r}: {self.tail()}")
            check(self.read(), f"ended before it said {pattern!r}: {self.tail()}")

    def status(self):
        """As a shell sees it."""
        end = time.monotonic() + LIMIT
        while self.process.poll() is None:
            check(time.monotonic() < end, f"does not end: {self.tail()}")
            if self.source is None or not self.read():
                time.sleep(0.05)
        while self.source is not None and self.process.stdout and self.read():
            pass
        code = self.process.returncode
        return code if code >= 0 else 128 - code

    def errors(self):
        return self.stderr.read_text(errors="replace")

    def tail(self):
        return (self.said[-300:].decode(errors="replace") + self.errors()[-600:])

    def check_nothing_left(self):
        """What was killed and could not clean up gets some time to be."""
        end = time.monotonic() + 10
        while True:
            left = [f"process {pid}: {name_of(pid)}" for pid in marked()]
            left += [str(p) for p in (self.dir / "tmp").iterdir()]
            if not left:
                break
            check(time.monotonic() < end, "left behind: " + ", ".join(left))
            time.sleep(0.1)
        with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
            mine = [line for line in mounts if str(self.dir) in line]
        check(not mine, f"left mounts: {mine}")

    def check_logs(self):
        for name in ("console.log", "qemu.log", "xvfb.log"):
            check((self.dir / "out" / name).is_file(), f"no {name} was kept")


def marked():
    """The living processes that have the mark, with their name spaces' ones."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            state = (entry / "stat").read_text().rsplit(") ", 1)[1][0]
            if state not in "ZX" and MARK.encode() in (
                    entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
        except (OSError, IndexError):
            pass  # gone meanwhile
    return [pid for pid in found if pid != os.getpid()]


def name_of(pid):
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        return b" ".join(words)[:80].decode(errors="replace")
    except OSError:
        return "?"


def check_png(path, width, height):
    check(path.is_file(), f"no {path.name}")
    data = path.read_bytes()
    check(data[:8] == b"\x89PNG\r\n\x1a\n", f"{path.name} is no PNG")
    size = struct.unpack(">II", data[16:24])
    check(size == (width, height), f"{path.name} is {size[0]}x{size[1]}")
    check(data[-8:-4] == b"IEND", f"{path.name} is not complete")


def test_help():
    with Run(["--help"]) as run:
        check(run.status() == 0, "status is not 0")
        with open(GUEST_VM, encoding="utf-8") as script:
            options = set(re.findall(r"^ +(?:-h \| |)(--[a-z-]+)[) |\\]",
                                     script.read(), re.M))
        text = run.said.decode()
        check(len(options) > 5, "no options found in the script")
        for option in options | {"Usage: "}:
            check(option in text, f"nothing about {option} in the help")
        run.check_nothing_left()


def test_wrong_options():
    wrong = [
        ["--no-such-option", "--", "true"],
        [],
        ["--shell", "--", "true"],
        ["--kernel"],
        ["--kernel", "2.4", "--", "true"],
        ["--suite", "potato", "--", "true"],
        ["--size", "0x0", "--", "true"],
        ["--size", "wide", "--", "true"],
        ["--memory", "much", "--", "true"],
        ["--timeout", "-1", "--", "true"],
        ["--env", "novalue", "--", "true"],
        ["--host-env", "1=2", "--", "true"],
    ]
    for words in wrong:
        with Run(words) as run:
            status = run.status()
            check(status == 125, f"{words}: status {status}")
            check("error: " in run.errors(), f"{words}: no error: {run.tail()}")
            check("see --help" in run.errors(), f"{words}: no word of --help")
            check(not run.said, f"{words}: {run.said}")
            run.check_nothing_left()


def test_command():
    script = '''
        echo "stdout: $GREETING"
        echo "folder: $PWD"
        echo "driver: $VK_DRIVER_FILES"
        echo handed back >/share/out/file
        ! touch "$PWD/written" 2>/dev/null || echo "the host can be written to"
        test_tri --road copy --frames 3 --exec "guest-screenshot inside.png" || exit 9
        test_tri --frames 3 || exit 8
        exit 42'''
    with Run(["--size", "640x480", "--env", "GREETING=two  words",
              "--host-env", "VENUS_SHM_LOG=info",
              "--screenshot", "after.png", "--", "sh", "-c", script]) as run:
        status = run.status()
        text = run.said.decode(errors="replace").replace("\r", "")
        check(status == 42, f"status {status}: {run.tail()}")
        check("stdout: two  words\n" in text, "the output or --env is missing")
        check(f"folder: {run.dir}/cwd\n" in text, "another current folder")
        check("driver: /share/icd/" in text, "another driver")
        check("can be written" not in text, "the host's files are writable")
        out = run.dir / "out"
        check((out / "file").read_text() == "handed back\n", "no file came back")
        check_png(out / "inside.png", 640, 480)
        check_png(out / "test_tri.png", 640, 480)
        check_png(run.dir / "cwd" / "after.png", 640, 480)
        check("venus-shm: info" in (out / "qemu.log").read_text(errors="replace"),
              "--host-env did not reach the renderer, or its log is not kept")
        run.check_logs()
        run.check_nothing_left()


def test_shell():
    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    with Run(["--shell"], terminal=slave) as run:
        run.source = master
        # that of root
        place = run.wait_for(rb"guest:.*# ")
        check(termios.tcgetattr(slave) != before, "the terminal is not raw")
        os.write(master, b"echo two times $((21 * 2))\r")
        place = run.wait_for(rb"two times 42[\r\n]+", place)
        # Ctrl-C is for the program in the guest
        os.write(master, b"sleep 1000\r")
        place = run.wait_for(rb"sleep 1000[\r\n]+", place)
        time.sleep(1)
        os.write(master, b"\x03")
        place = run.wait_for(rb"guest:.*# ", place)
        os.write(master, b"echo status $?\r")
        place = run.wait_for(rb"status 130[\r\n]+", place)
        os.write(master, b"exit 7\r")
        status = run.status()
        check(status == 7, f"status {status}: {run.tail()}")
        check(termios.tcgetattr(slave) == before, "the terminal stays raw")
        run.check_logs()
        run.check_nothing_left()
    os.close(master)
    os.close(slave)


def interrupted(how, wanted):
    with Run(["--", "sh", "-c", "echo up; sleep 1000"]) as run:
        run.wait_for(rb"up[\r\n]+")
        names = " ".join(name_of(pid) for pid in marked())
        for name in ("qemu-system", "Xvfb"):
            check(name in names, f"no {name} runs: {names}")
        how(run.process.pid)
        status = run.status()
        check(status == wanted, f"status {status}, not {wanted}: {run.tail()}")
        run.check_nothing_left()
        if wanted != 128 + signal.SIGKILL:
            run.check_logs()


def test_ctrl_c():
    interrupted(lambda pid: os.killpg(pid, signal.SIGINT), 130)


def test_term():
    interrupted(lambda pid: os.kill(pid, signal.SIGTERM), 143)


def test_kill():
    interrupted(lambda pid: os.kill(pid, signal.SIGKILL), 137)


def test_timeout():
    with Run(["--timeout", "2", "--", "sleep", "1000"]) as run:
        status = run.status()
        check(status == 124, f"status {status}: {run.tail()}")
        check("more than 2 s" in run.errors(), "no word about the time")
        run.check_logs()
        run.check_nothing_left()


def main():
    tests = [test_help, test_wrong_options, test_command, test_shell,
             test_ctrl_c, test_term, test_kill, test_timeout]
    if sys.argv[2:]:
        tests = [t for t in tests if t.__name__ in sys.argv[2:]]
    failed = 0
    print("TAP version 13")
    print(f"1..{len(tests)}")
    for number, test in enumerate(tests, 1):
        name = test.__name__[len("test_"):].replace("_", "-")
        start = time.monotonic()
        try:
            test()
            print(f"ok {number} {name} ({time.monotonic() - start:.0f} s)")
        except Failure as failure:
            failed += 1
            print(f"not ok {number} {name}")
            for line in str(failure).splitlines():
                print(f"# {line}")
        sys.stdout.flush()
    return 1 if failed else 0


GUEST_VM = str(Path(sys.argv[1]) / "guest-vm")
if __name__ == "__main__":
    sys.exit(main())
