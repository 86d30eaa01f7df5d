"""Running an ASGI application on a socket, in the foreground or in a thread. Knows uvicorn; writes to no output."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

_ACCEPTED_AT_ONCE: Final = 16
"""asyncio accepts this many connections before it serves the first; a burst of more could use up all open files."""

_BACKLOG: Final = 512
_SECONDS_BETWEEN_ERRORS: Final = 60.0
_SECONDS_TO_START: Final = 10
_LOG: Final = logging.getLogger(__name__)


class Connection(H11Protocol):
    """One connection: HTTP/1.1, without an access log and without waiting before a small reply is sent."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # An access log would hold the secrets in paths and queries.
        self.access_log = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        # asyncio does not turn off Nagle's algorithm for a listener from outside: 40 ms for every reply.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().connection_made(transport)


class Server(uvicorn.Server):
    """A server of `app` that starts and stops at once, and ends with exit code 0 after SIGINT or SIGTERM.

    `on_ready` is called once it answers, and `stopping` is set when it is asked to stop; requests that have arrived
    by then are answered within `last_replies` seconds. Connections are idle for at most `idle` seconds.
    """

    def __init__(
        self,
        app: ASGIApp,
        connection: type[Connection],
        *,
        on_ready: Callable[[], None] = lambda: None,
        stopping: asyncio.Event | None = None,
        last_replies: float = 10.0,
        idle: float = 75.0,
        largest_headers: int | None = None,
    ) -> None:
        for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi"):
            # Their lines can hold a path, and with it a secret; without a handler they would reach stderr.
            logger = logging.getLogger(name)
            logger.propagate = False
            if not logger.handlers:
                logger.addHandler(logging.NullHandler())
        config = uvicorn.Config(
            app,
            loop="asyncio",
            http=connection,
            h11_max_incomplete_event_size=largest_headers,
            backlog=_ACCEPTED_AT_ONCE,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=idle,  # type: ignore[arg-type]  # seconds for call_later, which takes fractions
        )
        super().__init__(config)
        self._on_ready = on_ready
        self._stopping = stopping or asyncio.Event()
        self._last_replies = last_replies
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(_ErrorLog())
        await super().startup(sockets)
        for listener in sockets or []:
            listener.listen(_BACKLOG)  # asyncio has shortened the system's queue to _ACCEPTED_AT_ONCE
        self._on_ready()

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self._stopping.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if tasks := list(self.server_state.tasks):
            await asyncio.wait(tasks, timeout=self._last_replies)
        for connection in list(self.server_state.connections):
            connection.transport.close()
        await self.lifespan.shutdown()

    def stop(self) -> None:
        """Ask for an orderly stop, from any thread or a signal handler."""
        if self._loop is not None:
            # A loop that has closed already has stopped.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stopping.set)

    def handle_exit(self, *_args: object, **_kwargs: object) -> None:
        # Not recorded: uvicorn would raise the signal again after an orderly stop.
        self.should_exit = True
        self.stop()

    @contextmanager
    def in_thread(self, listener: socket.socket, name: str) -> Iterator[None]:
        """Serve in a thread of this name: ready on entry, stopped on exit."""
        ready = threading.Event()
        self._on_ready = ready.set
        run = threading.Thread(target=self.run, args=([listener],), name=name, daemon=True)
        run.start()
        try:
            if not ready.wait(_SECONDS_TO_START):
                raise RuntimeError(f"the {name} did not start within {_SECONDS_TO_START} seconds")
            yield
        finally:
            self.stop()
            run.join(self._last_replies + 5)


class _ErrorLog:
    """Logs errors that asyncio cannot raise, such as too many open files: at most one line a minute."""

    def __init__(self) -> None:
        self._logged_at = float("-inf")

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if loop.time() - self._logged_at >= _SECONDS_BETWEEN_ERRORS:
            self._logged_at = loop.time()
            _LOG.error("a connection cannot be served: %s", context.get("exception") or context["message"])


def listen(host: str, port: int) -> tuple[socket.socket, str]:
    """A listening socket and its address, as in `http://127.0.0.1:8046`; `port` 0 takes a free one.

    Raises OSError if it cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    return listener, f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
