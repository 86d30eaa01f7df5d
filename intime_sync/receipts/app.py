"""The ASGI application: the path that takes statuses, the health check and the page.

Owns limits, codes and headers. Knows neither SQL nor sockets. No answer repeats what was sent.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import re
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from datetime import UTC, datetime
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from intime_sync.errors import IntimeSyncError
from intime_sync.receipts.admission import PageAccess
from intime_sync.receipts.deliveries import Delivery, DeliveryCounts, Receipt
from intime_sync.receipts.form import BadForm, parse_report
from intime_sync.receipts.options import MessageRecipient, ReceiveOptions
from intime_sync.receipts.page import PAGE_SIZE, STYLE_SOURCE, PageView, render_page
from intime_sync.receipts.recorder import Recorder
from intime_sync.receipts.store import ReceiptStore

LARGEST_BODY: Final = 16 * 1024
STATUS_PATH: Final = "/status/"
_BODY_SECONDS: Final = 30.0
_HEALTH_SECONDS: Final = 10.0
_DISCARDED_BYTES: Final = 1024 * 1024
_DISCARDING_SECONDS: Final = 2.0

_ALWAYS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_PAGE_HEADERS: Final = _ALWAYS | {
    "Content-Security-Policy": f"default-src 'none'; style-src {STYLE_SOURCE}; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_PAGE_NUMBER: Final = re.compile(r"[1-9][0-9]{0,6}")
_LOG: Final = logging.getLogger(__name__)


class TooLarge(Exception):
    """A body of more than LARGEST_BODY bytes."""


class Receiver:
    """The application. `recorder` writes, `secret` is the last part of the path that takes statuses.

    `page_token` is what opens the page, None if it is open.
    """

    def __init__(self, options: ReceiveOptions, recorder: Recorder, secret: str, page_token: str | None) -> None:
        self._options = options
        self._access = PageAccess(page_token, options.allowed_hosts)
        self._recorder = recorder
        self._secret = secret.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except (ClientDisconnect, TimeoutError):
            # The caller disconnected or did not send the whole request; nothing was stored.
            response = _plain(408, "the request did not arrive in time", Connection="close")
        except TooLarge:
            await _refuse_and_discard(request, send)
            return
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        path: str = request.scope["path"]
        if path.startswith(STATUS_PATH) and self._is_secret(path.removeprefix(STATUS_PATH)):
            return await self._take_status(request) if request.method == "POST" else _not_allowed("POST")
        if path == "/":
            return await self._page(request) if request.method in ("GET", "HEAD") else _not_allowed("GET, HEAD")
        if path == "/health":
            return await self._health() if request.method in ("GET", "HEAD") else _not_allowed("GET, HEAD")
        return _plain(404, "not found")

    def _is_secret(self, given: str) -> bool:
        return hmac.compare_digest(given.encode("utf-8", "replace"), self._secret)

    async def _take_status(self, request: Request) -> Response:
        """Answer 200 with the message id once the status is on the disk (documentation, "Ta emot status")."""
        body = await _body(request)
        try:
            report = parse_report(body, request.scope["query_string"])
        except BadForm as error:
            return _plain(400, str(error))
        try:
            await self._recorder.record(Receipt(report.message_id, report.transid, report.status, datetime.now(UTC)))
        except IntimeSyncError:
            return _plain(500, "the status could not be stored")
        return _plain(200, str(report.message_id))

    async def _health(self) -> Response:
        try:
            await asyncio.wait_for(self._recorder.check(), _HEALTH_SECONDS)
        except (IntimeSyncError, TimeoutError):
            return JSONResponse({"status": "unavailable"}, 503, _ALWAYS)
        return JSONResponse({"status": "ok"}, 200, _ALWAYS)

    async def _page(self, request: Request) -> Response:
        if refusal := self._access.refusal(request):
            return _plain(403, refusal)
        if (redirect := self._access.first_visit(request)) is not None:
            redirect.headers.update(_ALWAYS)
            return redirect
        asked = request.query_params.get("page", "")
        number = int(asked) if _PAGE_NUMBER.fullmatch(asked) else 1
        try:
            html = await run_in_threadpool(self._rendered, number)
        except IntimeSyncError as error:
            _LOG.error("the page cannot be shown: %s", error)
            return _plain(503, "the receipts cannot be read at the moment")
        return Response(html, 200, _PAGE_HEADERS, "text/html; charset=utf-8")

    def _rendered(self, number: int) -> str:
        """The page with this number, or the last one if there are not so many."""
        deliveries: Sequence[Delivery] = ()
        counts, pages = DeliveryCounts(), 1
        names = self._names()
        with ReceiptStore.open_existing(self._options.data) or nullcontext() as store:
            if store is not None:
                counts = store.counts()
                pages = max(1, -(-counts.total // PAGE_SIZE))
                deliveries = store.latest(PAGE_SIZE, (min(number, pages) - 1) * PAGE_SIZE)
        now = datetime.now(UTC)
        return render_page(PageView(deliveries, counts, min(number, pages), pages, names, now, self._options.zone))

    def _names(self) -> Mapping[str, MessageRecipient] | None:
        try:
            return self._options.names()
        except (IntimeSyncError, OSError) as error:
            _LOG.warning("the page is shown without names: %s", error)
            return None


async def _body(request: Request) -> bytes:
    """The whole body. Raises TooLarge as soon as its size is known, and TimeoutError if it does not arrive."""
    declared = request.headers.get("content-length", "0")
    if len(declared) > 9 or int(declared) > LARGEST_BODY:
        raise TooLarge
    parts = bytearray()
    async with asyncio.timeout(_BODY_SECONDS):
        async for part in request.stream():
            parts += part
            if len(parts) > LARGEST_BODY:
                raise TooLarge
    return bytes(parts)


async def _refuse_and_discard(request: Request, send: Send) -> None:
    """Answer 413, then read and discard for 2 s: a sender whose connection is closed does not see the answer."""
    text = b"the body is too large"
    headers = {**_ALWAYS, "Content-Type": "text/plain", "Content-Length": str(len(text)), "Connection": "close"}
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": 413, "headers": raw})
    await send({"type": "http.response.body", "body": text, "more_body": True})
    discarded = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(_DISCARDING_SECONDS):
            while discarded < _DISCARDED_BYTES:
                message = await request.receive()
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    break
                discarded += len(message.get("body", b""))
    await send({"type": "http.response.body", "body": b""})


def _plain(code: int, text: str, **headers: str) -> Response:
    return Response(text, code, {**_ALWAYS, "Content-Type": "text/plain", **headers})


def _not_allowed(methods: str) -> Response:
    return _plain(405, "method not allowed", Allow=methods)
