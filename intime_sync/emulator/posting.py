"""Posting a status to a `statusurl`, and whether it was accepted.

Uses asyncio, so that an attempt can be cancelled at any moment and leaves no thread. Uses no proxy and follows no
redirect. Knows nothing of storage, or of when to try again.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from contextlib import suppress
from functools import lru_cache
from typing import Final
from urllib.parse import SplitResult, urlencode, urlsplit

import h11

from intime_sync.addresses import host_name, is_loopback, is_this_machine
from intime_sync.emulator.outbox import Report

_LONGEST_ANSWER: Final = 1000
_CHUNK: Final = 65_536
_PORTS: Final = {"http": 80, "https": 443}


async def is_accepted(report: Report, seconds: float, *, loopback_only: bool = False) -> bool:
    """Post a status; True only for HTTP 200 and a body that is the message id, white space around it aside.

    False for every failure, also for an answer that takes longer than `seconds`. With `loopback_only` it is False for
    any other host than this machine: nothing is sent then, and the host's address is not looked up.
    """
    try:
        async with asyncio.timeout(seconds):
            return await _exchange(report, urlsplit(report.url), loopback_only)
    except (OSError, ValueError, h11.ProtocolError):
        return False


async def _exchange(report: Report, url: SplitResult, loopback_only: bool) -> bool:
    if loopback_only and not is_this_machine(host_name(url.hostname or "")):
        raise ValueError(f"not on this machine: {url.hostname}")
    if url.scheme not in _PORTS:
        raise ValueError(f"neither http nor https: {url.scheme}")
    protocol = h11.Connection(h11.CLIENT)
    request = b"".join(protocol.send(event) or b"" for event in _request(report, url))
    reader, writer = await _connect(url, loopback_only)
    try:
        writer.write(request)
        await writer.drain()
        return await _answer(protocol, reader) == str(report.message).encode()
    finally:
        writer.transport.abort()
        with suppress(OSError):
            await writer.wait_closed()


def _request(report: Report, url: SplitResult) -> tuple[h11.Event, ...]:
    form = urlencode({"messageid": report.message, "status": report.status, "transid": report.transid}).encode()
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    headers = {
        "Host": url.netloc.rpartition("@")[2],
        "User-Agent": "intime-emulator",
        "Content-Type": "application/x-www-form-urlencoded",
        "Content-Length": str(len(form)),
        "Connection": "close",
    }
    request = h11.Request(method="POST", target=target, headers=list(headers.items()))
    return request, h11.Data(form), h11.EndOfMessage()


async def _answer(protocol: h11.Connection, reader: asyncio.StreamReader) -> bytes | None:
    """The body of a reply with status 200, stripped; None for any other reply, or one too long to be an id."""
    body = b""
    while True:
        match protocol.next_event():
            case h11.NEED_DATA:
                protocol.receive_data(await reader.read(_CHUNK))
            case h11.Response(status_code=status) if status != 200:
                return None
            case h11.Data(data=data):
                body += data
                if len(body) > _LONGEST_ANSWER:
                    return None
            case h11.EndOfMessage():
                return body.strip()
            case h11.ConnectionClosed():
                return None


async def _connect(url: SplitResult, loopback_only: bool) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to the first address of the host that takes one; raises OSError if none does."""
    host, port = url.hostname or "", url.port or _PORTS[url.scheme]
    secure = _tls() if url.scheme == "https" else None
    failure = OSError(f"{host} has no address")
    for address in await _addresses(host, port):
        if loopback_only and not is_loopback(address):
            continue
        try:
            return await asyncio.open_connection(
                address, port, ssl=secure, server_hostname=host if secure is not None else None
            )
        except OSError as error:
            failure = error
    raise failure


async def _addresses(host: str, port: int) -> list[str]:
    """The host's addresses; raises OSError if it cannot be found.

    They are looked up in a separate thread: a name server may be slow, and a loop that ends waits for its own
    threads.
    """
    loop = asyncio.get_running_loop()
    found: asyncio.Future[list[str]] = loop.create_future()

    def settle(addresses: list[str] | Exception) -> None:
        if found.done():
            return
        if isinstance(addresses, Exception):
            found.set_exception(addresses)
        else:
            found.set_result(addresses)

    def look_up() -> None:
        result: list[str] | Exception
        try:
            result = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        except (OSError, ValueError) as error:
            result = error
        with suppress(RuntimeError):  # the loop ended in the meantime
            loop.call_soon_threadsafe(settle, result)

    threading.Thread(target=look_up, name="statusurl", daemon=True).start()
    return await found


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
