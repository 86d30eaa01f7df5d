"""The service over HTTP: the ASGI application, and running it in a thread or in the foreground."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.routing import Mount
from starlette.types import Message, Receive, Scope, Send

from intime_sync.addresses import host_name
from intime_sync.emulator import control
from intime_sync.emulator.clock import Clock
from intime_sync.emulator.faults import FaultCounter, FaultPlan
from intime_sync.emulator.injection import Cut, Drop, deliver
from intime_sync.emulator.options import EmulatorOptions
from intime_sync.emulator.reporting import Reporter
from intime_sync.emulator.service import Call, Reply, Service, endpoint_of
from intime_sync.emulator.store import Store
from intime_sync.web.hosts import is_known_request
from intime_sync.web.server import Connection, Server, listen

_NOT_FOUND = Reply(b"<html><body><h1>404 Not Found</h1></body></html>", 404, "text/html")
_OTHER_NAME = Reply(
    b"the emulator is not served under this name; start it with --allow-host and the name", 403, "text/plain"
)
_FROM_A_PAGE = Reply(b"the emulator is for programs, not for pages in a browser", 403, "text/plain")
_TOO_LARGE = Reply(b"the request is too large", 413, "text/plain")
_PATH = "/api/1.0"
_LARGEST_BODY = 64 * 1024 * 1024
_LAST_REPLIES_SECONDS = 2.0


class Endpoints:
    """Every endpoint as one ASGI application. `calls` are (method, endpoint) in order of arrival."""

    def __init__(self, options: EmulatorOptions) -> None:
        self.service = Service(options, Store(options.data, options.now))
        self.reporter = Reporter(self.service.store, options)
        self.faults = FaultCounter(options.faults)
        self.calls: list[tuple[str, str]] = []
        self.stopping = asyncio.Event()
        self._hosts = frozenset(map(host_name, options.allowed_hosts))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        endpoint = endpoint_of(scope["path"])
        refusal = None
        if not is_known_request(request, self._hosts):
            refusal = _OTHER_NAME
        elif "origin" in request.headers:
            # A page of any website can make a browser post here, and does harm even if it cannot read the reply.
            refusal = _FROM_A_PAGE
        try:
            body = await _body(request)
        except ClientDisconnect:
            return
        if refusal is not None or body is None:
            await _send(refusal or _TOO_LARGE, send)
            return
        if endpoint is None:
            await _send(_NOT_FOUND, send)
            return
        query = {name.lower(): value for name, value in request.query_params.items()}
        self.calls.append((request.method, endpoint))
        call = Call(request.method, endpoint, query, body)
        try:
            match await deliver(self.service, call, self.faults.next(endpoint), self._pause):
                case Drop():
                    await _close_connection(scope, receive, abort=True)
                case Cut(reply):
                    await _send(reply, send, half=True)
                    await _close_connection(scope, receive, abort=False)
                case reply:
                    await _send(reply, send)
        finally:
            # After the reply: a caller must know a message's id before it receives the status.
            self.reporter.wake()

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self.stopping.wait(), seconds)


async def _body(request: Request) -> bytes | None:
    """The whole body; None for one that is too large, of which only the allowed part was kept in memory."""
    parts = bytearray()
    async for part in request.stream():
        if len(parts) + len(part) > _LARGEST_BODY:
            return None
        parts += part
    return bytes(parts)


async def _send(reply: Reply, send: Send, *, half: bool = False) -> None:
    headers = {"Content-Type": reply.content_type, "Content-Length": str(len(reply.body)), **reply.headers}
    raw = [(name.lower().encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": raw})
    body = reply.body[: len(reply.body) // 2] if half else reply.body
    await send({"type": "http.response.body", "body": body, "more_body": half})


async def _close_connection(scope: Scope, receive: Receive, *, abort: bool) -> None:
    """Close the TCP connection; `abort` discards what is still unsent."""
    transport: asyncio.Transport = scope["state"]["transport"]
    if abort:
        transport.abort()
    else:
        transport.close()
    # Returning before uvicorn has noticed would make it send a 500.
    message: Message = {"type": ""}
    while message["type"] != "http.disconnect":
        message = await receive()


class _Connection(Connection):
    """A connection that the application can reach, to close it without a reply."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.app_state = {**self.app_state, "transport": transport}
        super().connection_made(transport)


def create_app(options: EmulatorOptions) -> Starlette:
    """The emulator as an ASGI application; `app.state.endpoints` holds its store, calls and faults.

    Opens the store at once, and closes it when the application shuts down. Faults that close the connection
    need the server of `run_in_thread` or `serve`.
    """
    endpoints = Endpoints(options)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        reporting = asyncio.create_task(endpoints.reporter.run())
        yield
        reporting.cancel()
        try:
            with suppress(asyncio.CancelledError):
                await reporting
        finally:
            endpoints.service.store.close()

    routes = [*control.routes(endpoints.service.store), Mount("/", app=endpoints)]
    app = Starlette(routes=routes, lifespan=lifespan)
    app.state.endpoints = endpoints
    return app


class RunningEmulator:
    """A running emulator: its address, and what a test may look at or change in it directly."""

    def __init__(self, url: str, endpoints: Endpoints) -> None:
        self.url = url
        self._endpoints = endpoints

    @property
    def store(self) -> Store:
        return self._endpoints.service.store

    @property
    def clock(self) -> Clock:
        """The service's clock, to `set` and `advance`; what falls due by that is sent before they return."""
        return self._endpoints.service.store.clock

    @property
    def calls(self) -> list[tuple[str, str]]:
        """(method, endpoint) such as `("POST", "contacts/add")`, in order of arrival; clear it at will."""
        return self._endpoints.calls

    def catch_up(self) -> None:
        """Make the next answer of each list the present one, whatever `list_lag` is."""
        self._endpoints.service.lists.clear()

    def set_faults(self, plan: FaultPlan | None) -> None:
        """Use these faults from now on, counted from the next call."""
        self._endpoints.faults = FaultCounter(plan)


@contextmanager
def run_in_thread(options: EmulatorOptions | None = None) -> Iterator[RunningEmulator]:
    """An emulator on a free loopback port, ready on entry and stopped on exit, its store closed.

    Raises OSError or sqlite3.Error if the data file cannot be opened.
    """
    listener, address = listen("127.0.0.1", 0)
    with listener:
        app = create_app(options or EmulatorOptions())
        with _server(app).in_thread(listener, "emulator"):
            yield RunningEmulator(address + _PATH, app.state.endpoints)


def serve(
    options: EmulatorOptions,
    host: str = "127.0.0.1",
    port: int = 0,
    on_ready: Callable[[str], None] = lambda _url: None,
) -> None:
    """Run in the foreground until SIGINT or SIGTERM, then return; call it in the main thread.

    `port` 0 takes a free one; `on_ready` gets the API's address once it answers. Raises OSError if the port is
    taken, OSError or sqlite3.Error if the data file cannot be opened.
    """
    listener, address = listen(host, port)
    with listener:
        named = replace(options, allowed_hosts=(*options.allowed_hosts, host))
        _server(create_app(named), lambda: on_ready(address + _PATH)).run(sockets=[listener])


def _server(app: Starlette, on_ready: Callable[[], None] = lambda: None) -> Server:
    stopping = app.state.endpoints.stopping
    return Server(app, _Connection, on_ready=on_ready, stopping=stopping, last_replies=_LAST_REPLIES_SECONDS)
