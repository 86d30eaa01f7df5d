"""Running the receiver on a socket, in the foreground or in a thread. Knows uvicorn; writes to no output.

Like the emulator's server in spirit, and apart from it on purpose: neither may come to depend on the other.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from uvicorn.protocols.http.h11_impl import H11Protocol

from intime_sync.receipts.app import STATUS_PATH, Receiver
from intime_sync.receipts.options import ReceiveOptions
from intime_sync.receipts.recorder import Recorder
from intime_sync.receipts.store import ReceiptStore

_LAST_REPLIES_SECONDS: Final = 10.0


def create_app(options: ReceiveOptions, store: ReceiptStore, secret: str) -> Starlette:
    """The receiver as an ASGI application that writes to `store`, and closes it when it shuts down."""
    recorder = Recorder(store)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        recorder.close()
        store.close()

    return Starlette(routes=[Mount("/", app=Receiver(options, recorder, secret))], lifespan=lifespan)


def serve_receipts(
    options: ReceiveOptions,
    host: str = "127.0.0.1",
    port: int = 0,
    on_ready: Callable[[str], None] = lambda _url: None,
) -> None:
    """Run in the foreground until SIGINT or SIGTERM, then return; call it in the main thread.

    `port` 0 takes a free one. `on_ready` gets the address for statuses, with its secret, once it answers. Requests
    that have arrived by the signal are still answered. Raises OSError if the port is taken, IntimeSyncError if the
    data cannot be used.
    """
    with _prepared(options, host, port) as (app, listener, url):
        _Server(_config(app), lambda: on_ready(url)).run(sockets=[listener])


class RunningReceipts:
    """A receiver that is up: `url` takes statuses, `root` is where the page and the health check are."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.root = url[: url.index(STATUS_PATH)]


@contextmanager
def run_in_thread(options: ReceiveOptions) -> Iterator[RunningReceipts]:
    """A receiver on a free loopback port, ready on entry and stopped on exit. Raises like `serve_receipts`."""
    with _prepared(options, "127.0.0.1", 0) as (app, listener, url):
        ready = threading.Event()
        server = _Server(_config(app), ready.set)
        run = threading.Thread(target=server.run, args=([listener],), name="receipts", daemon=True)
        run.start()
        try:
            if not ready.wait(10):
                raise RuntimeError("the receiver did not start within 10 seconds")
            yield RunningReceipts(url)
        finally:
            server.stop()
            run.join(_LAST_REPLIES_SECONDS + 5)


@contextmanager
def _prepared(options: ReceiveOptions, host: str, port: int) -> Iterator[tuple[Starlette, socket.socket, str]]:
    """The application, a listening socket and the address for statuses on it."""
    with ReceiptStore(options.data) as store:
        secret = store.secret() if options.secret is None else options.secret
        store.check_writable()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.create_server((host, port), family=family, backlog=512) as listener:
            name = f"[{host}]" if ":" in host else host
            url = f"http://{name}:{listener.getsockname()[1]}{STATUS_PATH}{secret}"
            yield create_app(options, store, secret), listener, url


def _config(app: Starlette) -> uvicorn.Config:
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi"):
        # Their lines can hold the path, and with it the secret; without a handler they would reach stderr.
        logger = logging.getLogger(name)
        logger.propagate = False
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
    return uvicorn.Config(
        app,
        loop="asyncio",
        http=_Protocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=75,
    )


class _Protocol(H11Protocol):
    """HTTP/1.1 without the wait that small replies cause on a listener that asyncio did not make."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Whatever handlers the process has: an access log would hold the secret.
        self.access_log = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().connection_made(transport)


class _Server(uvicorn.Server):
    """uvicorn that waits for an event instead of polling, and ends with exit code 0 after a signal."""

    def __init__(self, config: uvicorn.Config, on_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started = on_started
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self._on_started()

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
            await asyncio.wait(tasks, timeout=_LAST_REPLIES_SECONDS)
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
