"""A `statusurl` on loopback: keeps what is posted to it, and answers as its script says."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

DEADLINE = 60.0
"""Seconds to wait for what should come at once: only a test that fails waits as long."""

LONGEST_HOLD = DEADLINE / 2
"""Seconds until an answer that is held comes all the same."""


@dataclass(frozen=True)
class Posted:
    """One request as it arrived; `at` is when, by the monotonic clock, and is before its answer is sent."""

    path: str
    kind: str
    form: dict[str, str]
    at: float


@dataclass(frozen=True)
class Answer:
    """What a request is answered with; None as `body` is the message id, as it should be."""

    status: int = 200
    body: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    hold: threading.Event | None = None


class Receiver:
    """`url` is where to post; `script` says how posts are answered in turn, the last one also for the rest.

    `answered` counts the posts that are no longer held.
    """

    def __init__(self, url: str, script: list[Answer]) -> None:
        self.url = url
        self.script = script
        self.posted: queue.Queue[Posted] = queue.Queue()
        self.answered = 0

    def next(self) -> Posted:
        """The next post that arrives; fails the test if none does."""
        return self.posted.get(timeout=DEADLINE)

    def form(self) -> dict[str, str]:
        return self.next().form


def _handler(receiver: Callable[[], Receiver]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode("ascii")
            form = dict(parse_qsl(text, keep_blank_values=True))
            script = receiver().script
            answer = script.pop(0) if len(script) > 1 else script[0]
            receiver().posted.put(Posted(self.path, self.headers["Content-Type"], form, time.monotonic()))
            if answer.hold is not None:
                answer.hold.wait(LONGEST_HOLD)
            receiver().answered += 1
            body = (form["messageid"] if answer.body is None else answer.body).encode()
            self.send_response(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: Any) -> None:
            pass

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_args: Any) -> None:
        """A caller that has hung up is none of the receiver's business."""


@contextmanager
def receiving(*script: Answer) -> Iterator[Receiver]:
    """A receiver that is up; without a script it accepts everything."""
    held: list[Receiver] = []
    with _Server(("127.0.0.1", 0), _handler(lambda: held[0])) as server:
        held.append(
            Receiver(f"http://127.0.0.1:{server.server_port}/status?from=emulator", list(script) or [Answer()])
        )
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield held[0]
        finally:
            server.shutdown()
            thread.join(DEADLINE)
