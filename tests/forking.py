"""Runs the command as a process forked from one that has imported everything, which saves most of its time.

The process is as real as any: an id, streams, a folder and an environment of its own, in which Python runs the module
from its first line to the end. Only the start of the interpreter and the imports are shared, and nothing waits for
the disk. Where those are what a test is about, or where the environment changes how Python starts, it is started with
`subprocess`; with COLD=1 in the environment of the tests, always.
"""

from __future__ import annotations

import ast
import atexit
import gc
import importlib
import json
import os
import runpy
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

COMMAND = (sys.executable, "-m", "intime_sync")
ALWAYS_COLD = bool(os.environ.get("COLD"))
_LARGEST = 100_000
"""Bytes of arguments and environment that surely fit into one message of a Unix socket."""

_START = ("PYTHON", "LC_", "LANG")


def decides_start(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that an interpreter reads before it runs anything, but for PYTHONUTF8=1, which the parent has."""
    found = {name: value for name, value in environ.items() if name.startswith(_START)}
    return found | {"PYTHONUTF8": found.get("PYTHONUTF8", "")}


class Parent:
    """A process that forks commands, for whoever connects to its socket."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="forking-"))
        self.address = str(self.folder / "socket")
        alive, self._alive = os.pipe()  # at its end, whatever happens to this process, the parent ends too
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            listener.bind(self.address)
            listener.listen()
            self.process = subprocess.Popen(
                [sys.executable, __file__, str(listener.fileno()), str(alive)],
                env=dict(os.environ) | {"PYTHONUTF8": "1"},
                stdin=subprocess.DEVNULL,
                pass_fds=[listener.fileno(), alive],
            )
        os.close(alive)
        self.tools = self.folder / "bin"
        self.tools.mkdir()
        tool = self.tools / "intime-sync"
        tool.write_text(f"#!{sys.executable} -IS\n{_TOOL.format(address=self.address)}", encoding="utf-8")
        tool.chmod(0o755)
        atexit.register(self.close)

    def close(self) -> None:
        """End it."""
        os.close(self._alive)
        self.process.wait()
        shutil.rmtree(self.folder)

    def run(self, request: bytes, timeout: float) -> tuple[int, bytes, bytes]:
        """The code and what was written to stdout and stderr; raises TimeoutExpired once the process is killed."""
        out, out_end = os.pipe()
        err, err_end = os.pipe()
        written: dict[int, list[bytes]] = {out: [], err: []}
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
            connection.connect(self.address)
            with Path(os.devnull).open("rb") as nothing:
                socket.send_fds(connection, [request], [nothing.fileno(), out_end, err_end])
            os.close(out_end)
            os.close(err_end)
            pid = int(connection.recv(100))
            ends = time.monotonic() + timeout
            with selectors.DefaultSelector() as selector:
                for pipe in written:
                    selector.register(pipe, selectors.EVENT_READ)
                while selector.get_map():
                    ready = selector.select(max(0.0, ends - time.monotonic()))
                    if not ready:
                        os.kill(pid, signal.SIGKILL)
                        connection.recv(100)
                        for pipe in selector.get_map():
                            os.close(pipe)
                        raise subprocess.TimeoutExpired(COMMAND, timeout, *map(b"".join, written.values()))
                    for key, _ in ready:
                        if part := os.read(key.fd, 65536):
                            written[key.fd].append(part)
                        else:
                            selector.unregister(key.fd)
                            os.close(key.fd)
            code = os.waitstatus_to_exitcode(int(connection.recv(100)))
        return code, b"".join(written[out]), b"".join(written[err])


_TOOL = """\
import json, os, socket, sys

call = {{"arguments": sys.argv[1:], "cwd": os.getcwd(), "env": dict(os.environ), "umask": os.umask(0), "safe": True}}
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
    connection.connect({address!r})
    socket.send_fds(connection, [json.dumps(call).encode()], [0, 1, 2])
    connection.recv(100)
    code = os.waitstatus_to_exitcode(int(connection.recv(100)))
sys.exit(code if code >= 0 else 128 - code)
"""


@cache
def parent() -> Parent:
    """The one of this process."""
    return Parent()


def tools() -> list[str]:
    """Folders for the front of a PATH, with an `intime-sync` that is forked; none with COLD=1.

    Not for what looks at processes and where they import from.
    """
    return [] if ALWAYS_COLD else [str(parent().tools)]


def run_command(
    arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str], timeout: float
) -> tuple[int, bytes, bytes]:
    """Run `python -m intime_sync` with nothing to read: its code, and what it wrote to stdout and stderr.

    Raises subprocess.TimeoutExpired for one that takes longer than `timeout` seconds.
    """
    call = {"arguments": list(arguments), "cwd": str(cwd), "env": dict(env), "umask": _umask(), "safe": False}
    request = json.dumps(call).encode(errors="surrogateescape")
    usual = decides_start(env) == decides_start(dict(os.environ) | {"PYTHONUTF8": "1"})
    if usual and not ALWAYS_COLD and len(request) <= _LARGEST:
        return parent().run(request, timeout)
    done = subprocess.run(
        [*COMMAND, *arguments],
        cwd=cwd,
        env=env,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=timeout,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


# What follows runs in the parent.


def _imported(package: Path) -> Iterator[str]:
    """The names of all modules that the package's modules import, wherever in them."""
    for file in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_bytes())):
            match node:
                case ast.Import(names=names):
                    yield from (alias.name for alias in names)
                case ast.ImportFrom(module=str(module), level=0, names=names):
                    yield module
                    yield from (f"{module}.{alias.name}" for alias in names if module.startswith("intime_sync"))


def _import_everything() -> None:
    package = importlib.import_module("intime_sync")
    assert package.__file__ is not None
    for name in dict.fromkeys(_imported(Path(package.__file__).parent)):
        with suppress(ImportError):  # a name that is no module, or an extra that is not installed
            importlib.import_module(name)


def _serve(listener: socket.socket, alive: int) -> dict[str, Any] | None:
    """Fork for each request: None in the parent when nobody is left to make any, the request in each command."""
    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        selector.register(alive, selectors.EVENT_READ)
        while True:
            ready = {key.fd for key, _ in selector.select()}
            with suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            if alive in ready:
                return None
            connection, _ = listener.accept()
            with connection:
                if os.fork():
                    continue
                listener.close()
                os.close(alive)
                call = _fork(connection)
            break
    if call is None:
        os._exit(0)
    return call


def _fork(connection: socket.socket) -> dict[str, Any] | None:
    """The request, in a process with the streams that came with it; None where that has ended and was reported."""
    request, streams, _, _ = socket.recv_fds(connection, 2 * _LARGEST, 3)
    pid = os.fork()
    if pid:
        for stream in streams:
            os.close(stream)
        with suppress(BrokenPipeError):  # nobody waits for it any more
            connection.send(str(pid).encode())
            connection.send(str(os.waitpid(pid, 0)[1]).encode())
        return None
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    call: dict[str, Any] = json.loads(request)
    return call


def _become(call: dict[str, Any]) -> None:
    """Make of a forked process what Python makes of one that was just started, and run the command."""
    os.umask(call["umask"])
    os.chdir(call["cwd"])
    os.environ.clear()
    os.environ.update(call["env"])
    time.tzset()
    # As Python opens them with PYTHONUTF8=1.
    sys.stdin = open(0, encoding="utf-8", errors="surrogateescape", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", errors="surrogateescape", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    sys.argv = ["intime_sync", *call["arguments"]]
    if call["safe"]:
        del sys.path[0]
    else:
        sys.path[0] = call["cwd"]
    runpy.run_module("intime_sync", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _import_everything()
    os.fsync = lambda _file: None  # type: ignore[assignment]  # no test cuts the power
    assert threading.active_count() == 1, "a fork would lose the other threads"
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=int(sys.argv[1])) as server:
        wanted = _serve(server, int(sys.argv[2]))
    if wanted is not None:
        _become(wanted)
