"""The emulator's own endpoints for programs on this machine: its clock and its messages.

Knows the store and Starlette; knows nothing of the API.
"""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from intime_sync.addresses import is_loopback
from intime_sync.emulator.clock import parsed_time
from intime_sync.emulator.records import Message
from intime_sync.emulator.store import Store
from intime_sync.web.hosts import is_local_request

Handler = Callable[[Request], Awaitable[Response]]


def routes(store: Store) -> list[Route]:
    """`/emulator/clock` and `/emulator/messages`."""

    async def clock(request: Request) -> Response:
        given = request.query_params.multi_items()
        if request.method != "POST":
            return PlainTextResponse("moving the clock takes a POST", 400) if given else _time(store)
        given += parse_qsl((await request.body()).decode("ascii", "replace"), keep_blank_values=True)
        try:
            _move(store, given)
        except ValueError as error:
            return PlainTextResponse(str(error), 400)
        return _time(store)

    async def list_messages(_request: Request) -> Response:
        found = [_as_json(message) for message in store.messages()]
        return Response(json.dumps(found, indent=2) + "\n", media_type="application/json")

    return [
        Route("/emulator/clock", _for_this_machine(clock), methods=["GET", "POST"]),
        Route("/emulator/messages", _for_this_machine(list_messages), methods=["GET"]),
    ]


def _for_this_machine(handler: Handler) -> Handler:
    async def checked(request: Request) -> Response:
        peer = request.client.host if request.client else ""
        # Pages under other names are refused by Host (see `web.hosts`); all others send Origin.
        if not is_loopback(peer) or not is_local_request(request) or "origin" in request.headers:
            return PlainTextResponse("this is only for programs on the same machine", 403)
        return await handler(request)

    return checked


def _time(store: Store) -> Response:
    return PlainTextResponse(store.clock.now().isoformat(timespec="seconds"))


def _move(store: Store, given: list[tuple[str, str]]) -> None:
    match given:
        case [("set", text)]:
            store.clock.set(parsed_time(text))
        case [("advance", text)]:
            seconds = float(text)
            if not math.isfinite(seconds):
                raise ValueError(f"not a number of seconds: {text}")
            try:
                by = timedelta(seconds=seconds)
            except OverflowError:
                raise ValueError(f"too many seconds: {text}") from None
            store.clock.advance(by)
        case _:
            raise ValueError("expected set=2026-12-24T08:00 or advance=SECONDS")


def _as_json(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "number": message.number,
        "sender": message.sender,
        "body": message.body,
        "status": message.status,
        "send_at": message.send_at and message.send_at.isoformat(timespec="seconds"),
        "transid": message.transid,
        "delivery_status": message.delivery_status,
        "report": message.report,
        "attempts": message.attempts,
    }
