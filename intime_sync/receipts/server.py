"""Running the receiver in the foreground or in a thread, and its addresses."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from typing import Final

from starlette.applications import Starlette
from starlette.routing import Mount

from intime_sync.addresses import host_name, is_loopback
from intime_sync.errors import InvalidInput
from intime_sync.receipts.admission import TOKEN_PARAMETER
from intime_sync.receipts.app import STATUS_PATH, Receiver
from intime_sync.receipts.options import ReceiveOptions
from intime_sync.receipts.protocol import LARGEST_HEADERS, Limits, Protocol
from intime_sync.receipts.recorder import Recorder
from intime_sync.receipts.store import ReceiptStore
from intime_sync.web.server import Server, listen

_OTHER_FILES: Final = 64
_UNLIMITED: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a receiver is: `statuses` takes them, with the secret in it; `page` opens the page, with its token.

    `page_is_new` says that the token was generated just now, so that the user does not know it yet.
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
        _server(app, Limits(), lambda: on_ready(addresses)).run(sockets=[listener])


class RunningReceipts:
    """A receiver that is up: `url` takes statuses, `page` opens the page, `root` is where the health check is."""

    def __init__(self, addresses: Addresses) -> None:
        self.url = addresses.statuses
        self.page = addresses.page
        self.root = self.url[: self.url.index(STATUS_PATH)]


@contextmanager
def run_in_thread(options: ReceiveOptions, limits: Limits | None = None) -> Iterator[RunningReceipts]:
    """A receiver on a free loopback port, ready on entry and stopped on exit. Raises like `serve_receipts`."""
    with (
        _prepared(options, "127.0.0.1", 0) as (app, listener, addresses),
        _server(app, limits or Limits()).in_thread(listener, "receiver"),
    ):
        yield RunningReceipts(addresses)


@contextmanager
def _prepared(options: ReceiveOptions, host: str, port: int) -> Iterator[tuple[Starlette, socket.socket, Addresses]]:
    """The application, a listening socket and the addresses on it."""
    with ReceiptStore(options.data) as store:
        secret = store.secret() if options.secret is None else options.secret
        token, is_new = ("", False) if options.open_page else store.page_token()
        store.check_writable()
        listener, root = listen(host, port)
        with listener:
            if options.open_page and not is_loopback(listener.getsockname()[0]):
                raise InvalidInput(
                    f"the page cannot be open on {host}: it shows who got what, and others can reach it",
                    hint="leave out --open-page, and open the page with its token; or listen on 127.0.0.1",
                )
            page = f"{root}/?{TOKEN_PARAMETER}={token}" if token else f"{root}/"
            named = replace(options, allowed_hosts=tuple(map(host_name, (*options.allowed_hosts, host))))
            yield (
                create_app(named, store, secret),
                listener,
                Addresses(f"{root}{STATUS_PATH}{secret}", page, is_new),
            )


def _server(app: Starlette, limits: Limits, on_ready: Callable[[], None] = lambda: None) -> Server:
    class Limited(Protocol):
        pass

    Limited.limits = replace(limits, connections=min(limits.connections, _most_connections()))
    return Server(app, Limited, on_ready=on_ready, idle=limits.idle, largest_headers=LARGEST_HEADERS)


def _most_connections() -> int:
    """How many connections leave enough of the files that the process may open for the data, and for refusals."""
    try:
        import resource
    except ImportError:  # a system without such a limit
        return _UNLIMITED
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _UNLIMITED if files == resource.RLIM_INFINITY else max(files - _OTHER_FILES, files // 4)
