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
from dataclasses import dataclass, replace
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from intime_sync.errors import InvalidInput
from intime_sync.receipts.admission import TOKEN_PARAMETER, host_name, is_loopback
from intime_sync.receipts.app import STATUS_PATH, Receiver
from intime_sync.receipts.options import ReceiveOptions
from intime_sync.receipts.protocol import LARGEST_HEADERS, Limits, Protocol
from intime_sync.receipts.recorder import Recorder
from intime_sync.receipts.store import ReceiptStore

_LAST_REPLIES_SECONDS: Final = 10.0
_BETWEEN_COMPLAINTS: Final = 60.0
_OTHER_FILES: Final = 64
_UNLIMITED: Final = 1_000_000
_ACCEPTED_AT_ONCE: Final = 16
"""asyncio takes this many connections before it looks at the first: with more, a burst could take all files."""

_BACKLOG: Final = 512
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a receiver is: `statuses` takes them, with the secret in it; `page` opens the page, with its token.

    `page_is_new` says that the token was made just now, so that nobody can know it yet.
    """

    statuses: str
    page: str
    page_is_new: bool


def create_app(options: ReceiveOptions, store: ReceiptStore, secret: str) -> Starlette:
    """The receiver as an ASGI application that writes to `store`, and closes it when it shuts down."""
    recorder = Recorder(store)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        recorder.close()
        store.close()

    return Starlette(
        routes=[
            Mount("/", app=Receiver(options, recorder, secret, None if options.open_page else store.page_token()[0]))
        ],
        lifespan=lifespan,
    )


def serve_receipts(
    options: ReceiveOptions,
    host: str = "127.0.0.1",
    port: int = 0,
    on_ready: Callable[[Addresses], None] = lambda _addresses: None,
) -> None:
    """Run in the foreground until SIGINT or SIGTERM, then return; call it in the main thread.

    `port` 0 takes a free one. `on_ready` gets the addresses once it answers. Requests that have arrived by the signal
    are still answered. Raises OSError if the port is taken, IntimeSyncError if the data cannot be used, InvalidInput
    for an open page on an address that others can reach.
    """
    with _prepared(options, host, port) as (app, listener, addresses):
        _Server(_config(app, Limits()), lambda: on_ready(addresses)).run(sockets=[listener])


class RunningReceipts:
    """A receiver that is up: `url` takes statuses, `page` opens the page, `root` is where the health check is."""

    def __init__(self, addresses: Addresses) -> None:
        self.url = addresses.statuses
        self.page = addresses.page
        self.root = self.url[: self.url.index(STATUS_PATH)]


@contextmanager
def run_in_thread(options: ReceiveOptions, limits: Limits | None = None) -> Iterator[RunningReceipts]:
    """A receiver on a free loopback port, ready on entry and stopped on exit. Raises like `serve_receipts`."""
    with _prepared(options, "127.0.0.1", 0) as (app, listener, addresses):
        ready = threading.Event()
        server = _Server(_config(app, limits or Limits()), ready.set)
        run = threading.Thread(target=server.run, args=([listener],), name="receipts", daemon=True)
        run.start()
        try:
            if not ready.wait(10):
                raise RuntimeError("the receiver did not start within 10 seconds")
            yield RunningReceipts(addresses)
        finally:
            server.stop()
            run.join(_LAST_REPLIES_SECONDS + 5)


@contextmanager
def _prepared(options: ReceiveOptions, host: str, port: int) -> Iterator[tuple[Starlette, socket.socket, Addresses]]:
    """The application, a listening socket and the addresses on it."""
    with ReceiptStore(options.data) as store:
        secret = store.secret() if options.secret is None else options.secret
        token, is_new = ("", False) if options.open_page else store.page_token()
        store.check_writable()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.create_server((host, port), family=family, backlog=_BACKLOG) as listener:
            bound, taken = listener.getsockname()[:2]
            if options.open_page and not is_loopback(bound):
                raise InvalidInput(
                    f"the page cannot be open on {host}: it shows who got what, and others can reach it",
                    hint="leave out --open-page, and open the page with its token; or listen on 127.0.0.1",
                )
            root = f"http://{f'[{host}]' if ':' in host else host}:{taken}"
            page = f"{root}/?{TOKEN_PARAMETER}={token}" if token else f"{root}/"
            named = replace(options, allowed_hosts=tuple(map(host_name, (*options.allowed_hosts, host))))
            yield (
                create_app(named, store, secret),
                listener,
                Addresses(f"{root}{STATUS_PATH}{secret}", page, is_new),
            )


def _config(app: Starlette, limits: Limits) -> uvicorn.Config:
    class Limited(Protocol):
        pass

    limits = replace(limits, connections=min(limits.connections, _most_connections()))
    Limited.limits = limits
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi"):
        # Their lines can hold the path, and with it the secret; without a handler they would reach stderr.
        logger = logging.getLogger(name)
        logger.propagate = False
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
    return uvicorn.Config(
        app,
        loop="asyncio",
        http=Limited,
        h11_max_incomplete_event_size=LARGEST_HEADERS,
        backlog=_ACCEPTED_AT_ONCE,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=limits.idle,  # type: ignore[arg-type]  # seconds for call_later, which takes fractions
    )


def _most_connections() -> int:
    """How many connections leave enough of the files that the process may open for the data, and for refusals."""
    try:
        import resource
    except ImportError:  # a system without such a limit
        return _UNLIMITED
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _UNLIMITED if files == resource.RLIM_INFINITY else max(files - _OTHER_FILES, files // 4)


class _Trouble:
    """What asyncio cannot pass on to anybody, such as that no more files may be open: a line now and then."""

    def __init__(self) -> None:
        self._said_at = float("-inf")

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if loop.time() - self._said_at >= _BETWEEN_COMPLAINTS:
            self._said_at = loop.time()
            _LOG.error("a connection cannot be served: %s", context.get("exception") or context["message"])


class _Server(uvicorn.Server):
    """uvicorn that waits for an event instead of polling, and ends with exit code 0 after a signal."""

    def __init__(self, config: uvicorn.Config, on_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started = on_started
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(_Trouble())
        await super().startup(sockets)
        for listener in sockets or []:
            listener.listen(_BACKLOG)  # asyncio has set the system's queue, too, to what it takes at once
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
