"""HTTP calls to the service: address, time limits, retries of reads, and whether the request was sent.

The only module that imports requests. Knows nothing about what bodies mean.
"""

from __future__ import annotations

import logging
import secrets
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from types import TracebackType
from typing import Any, Final, Literal, Self, TypeAlias
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from intime_sync import __version__
from intime_sync.addresses import account_url_fault, is_this_machine
from intime_sync.errors import InvalidInput
from intime_sync.service.connections import exchange, watch
from intime_sync.service.failures import explain
from intime_sync.service.secrets import Credentials, LogRedaction, Redactor
from intime_sync.service.xml import MAX_BODY

READ_ATTEMPTS: Final = 4
"""A read is tried once and then retried three times; a POST is sent once."""

RETRIED_STATUSES: Final = frozenset({429, 500, 502, 503, 504})
LONGEST_WAIT: Final = 30.0
"""The longest pause between two attempts, in seconds, whatever Retry-After says."""

DEADLINE: Final = 300.0
"""Seconds for a whole exchange, from connecting to the last byte of the reply; for a read, its retries included."""

_CHUNK: Final = 64 * 1024
_FIRST_WAIT: Final = 0.5
_PLAIN_CODINGS: Final = ("", "identity")
_GZIP_CODINGS: Final = ("gzip", "x-gzip")
_GZIP: Final = 16 + zlib.MAX_WBITS

_log = logging.getLogger(__name__)
_random = secrets.SystemRandom()


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole HTTP response of any status.

    `date` is its Date header (aware), if it has one. `retry_after` is how long the server asks to wait before the
    next request, in seconds, at most LONGEST_WAIT; 0 where it does not.
    """

    status: int
    body: bytes
    date: datetime | None = field(default=None, compare=False)
    retry_after: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True)
class NotSent:
    """No byte of the request was sent: no connection, no such name, no TLS."""

    why: str

    def __str__(self) -> str:
        return f"the service could not be reached: {self.why}"


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The request, or a part of it, was sent and no whole answer came: the service may have acted on it."""

    why: str


HttpResult: TypeAlias = Answer | NotSent | NoAnswer


@dataclass(frozen=True, slots=True)
class _Attempt:
    result: HttpResult
    again: bool = False


class Transport:
    """Authenticated calls below `base_url` over connections that are reused; safe to use from several threads.

    Raises InvalidInput for an address that is not a URL or that would send the secret in the clear: http is only for
    this machine. Time limits are in seconds; `read_timeout` is the longest silence, `deadline` the longest time for
    a whole call, however slowly the reply comes.
    """

    def __init__(
        self,
        base_url: str,
        credentials: Credentials,
        *,
        connect_timeout: float = 10,
        read_timeout: float = 120,
        deadline: float = DEADLINE,
        pool_size: int = 8,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        fault = account_url_fault(base_url)
        if fault is not None:
            raise InvalidInput(
                f"the account's address {fault}",
                hint="Set account.url or INTIME_URL, or give the client, the https address of the service.",
            )
        self.host = urlsplit(base_url).hostname or ""
        self._base_url = base_url.rstrip("/")
        self._credentials = credentials
        self._timeouts = (connect_timeout, read_timeout)
        self._deadline = deadline
        self._sleep = sleep
        self.redact = Redactor(credentials.secret)
        """Returns a text with the secret replaced, in any of its spellings."""
        self._log_redaction = LogRedaction(self.redact)
        self._log_redaction.install()
        self._session = _session(pool_size, trust_env=not is_this_machine(self.host))

    def close(self) -> None:
        """Close the connections."""
        self._session.close()
        self._log_redaction.uninstall()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Transport({self.host!r}, {self._credentials!r})"

    def get(self, path: str, params: Mapping[str, str] | None = None) -> HttpResult:
        """Read; up to READ_ATTEMPTS tries, after refused, broken or cut-off connections and RETRIED_STATUSES."""
        # urllib3's own retries do not notice a body that is cut off. All attempts share one deadline.
        begins = time.monotonic()
        for number in range(1, READ_ATTEMPTS):
            attempt = self._attempt("GET", path, None, params or {}, begins)
            if not attempt.again:
                return attempt.result
            self._sleep(_wait(number, attempt.result))
        return self._attempt("GET", path, None, params or {}, begins).result

    def post(self, path: str, body: bytes, *, items: int = 1) -> HttpResult:
        """Send once, never again. `items` is the number in the log."""
        note = f" {items} item{'' if items == 1 else 's'}"
        return self._attempt("POST", path, body, {}, time.monotonic(), note).result

    def _attempt(
        self,
        method: Literal["GET", "POST"],
        path: str,
        body: bytes | None,
        params: Mapping[str, str],
        begins: float,
        note: str = "",
    ) -> _Attempt:
        started = time.monotonic()
        with exchange(self._deadline, MAX_BODY, begins) as bounds:
            try:
                attempt = self._exchange(method, path, body, params)
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
                # The error's text holds the URL and the secret, so it is neither raised nor logged.
                why = self.redact(bounds.exceeded or explain(error, *self._timeouts))
                # Not tried again after an exceeded bound: the next attempt would exceed it too.
                attempt = _Attempt(NoAnswer(why) if bounds.wrote else NotSent(why), again=not bounds.exceeded)
        milliseconds = (time.monotonic() - started) * 1000
        _log.debug(
            "%s %s%s -> %s, %.0f ms", method, path.removesuffix(".ashx"), note, _summary(attempt.result), milliseconds
        )
        return attempt

    def _exchange(self, method: str, path: str, body: bytes | None, params: Mapping[str, str]) -> _Attempt:
        # A POST is answered with a few ids. Uncompressed, since a compressed reply that is cut off could look like
        # an id of fewer digits.
        headers = {} if body is None else {"Content-Type": "text/xml", "Accept-Encoding": "identity"}
        response = self._session.request(
            method,
            f"{self._base_url}/{path}",
            params={**params, "user": self._credentials.user, "hash": self._credentials.secret.reveal()},
            data=body,
            headers=headers,
            timeout=self._timeouts,
            allow_redirects=False,
            stream=True,
        )
        with response:
            content = self._content(response)
            if isinstance(content, NoAnswer):
                return _Attempt(content)
            again = response.status_code in RETRIED_STATUSES
            pause = _asked_pause(response.headers.get("Retry-After")) if again else 0.0
            answer = Answer(response.status_code, content, _date(response.headers.get("Date")), pause)
            return _Attempt(answer, again=again)

    def _content(self, response: requests.Response) -> bytes | NoAnswer:
        coding = response.headers.get("Content-Encoding", "").strip().lower()
        pieces = response.raw.stream(_CHUNK, decode_content=False)
        if coding in _GZIP_CODINGS:
            pieces = _unpacked(pieces)
        elif coding not in _PLAIN_CODINGS:
            return NoAnswer("the reply is compressed in a way that was not asked for")
        content = bytearray()
        for piece in pieces:
            content += piece
            if len(content) > MAX_BODY:
                return NoAnswer(f"the reply is larger than {MAX_BODY // 1024 // 1024} MiB")
        return bytes(content)


def _unpacked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Unpacks gzip in small pieces, so that the caller can stop before a gzip bomb is unpacked whole.

    Raises DecodeError, and IncompleteRead for data without the end mark of gzip: HTTP may not notice the cut.
    """
    unpacker, begun, whole = zlib.decompressobj(_GZIP), False, False
    for piece in pieces:
        rest = piece
        while rest:
            if unpacker.eof:
                unpacker = zlib.decompressobj(_GZIP)
            try:
                yield unpacker.decompress(rest, _CHUNK)
            except zlib.error as error:
                if whole:  # after a whole file, what is not gzip is padding
                    return
                raise urllib3.exceptions.DecodeError(str(error)) from None
            begun, whole = True, whole or unpacker.eof
            rest = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
    while more := unpacker.decompress(b"", _CHUNK):
        yield more
    if begun and not unpacker.eof:
        raise urllib3.exceptions.IncompleteRead(0, 1)


class _WatchedAdapter(HTTPAdapter):
    """requests' adapter with watched connections (see `connections`); it never retries."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        watch(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        watch(manager)
        return manager


class _NoAuth(requests.auth.AuthBase):
    """No authentication: without it, requests would read .netrc."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class _Session(requests.Session):
    """A session without redirects: requests would read the whole body of a redirect, however large."""

    def get_redirect_target(self, resp: requests.Response) -> None:  # noqa: ARG002 - the base class's name
        return None


def _session(pool_size: int, *, trust_env: bool) -> requests.Session:
    session = _Session()
    session.trust_env = trust_env  # proxies and CA bundles; never for this machine itself
    session.auth = _NoAuth()
    session.headers["User-Agent"] = f"intime-sync/{__version__}"
    session.headers["Accept-Encoding"] = "gzip"
    # ASP.NET answers requests with the same session cookie one at a time.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = _WatchedAdapter(pool_connections=pool_size, pool_maxsize=pool_size, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _date(text: str | None) -> datetime | None:
    """The time of a Date header (aware), or None where it is missing or cannot be read."""
    if text is None:
        return None
    with suppress(ValueError, TypeError, OverflowError):
        date = parsedate_to_datetime(text)
        return date if date.tzinfo is not None else date.replace(tzinfo=UTC)
    return None


def _wait(number: int, result: HttpResult) -> float:
    """Seconds to wait after attempt `number`: about twice as long each time, or longer if the service asks for it."""
    pause = _FIRST_WAIT * 2.0 ** (number - 1) * (0.5 + _random.random())
    asked = result.retry_after if isinstance(result, Answer) else 0.0
    return min(max(pause, asked), LONGEST_WAIT)


def _asked_pause(retry_after: str | None) -> float:
    """What a Retry-After header asks for, in seconds, at most LONGEST_WAIT; 0 where it cannot be read."""
    if retry_after:
        with suppress(urllib3.exceptions.InvalidHeader, OverflowError, ValueError):
            return min(float(urllib3.Retry().parse_retry_after(retry_after)), LONGEST_WAIT)
    return 0.0


def _summary(result: HttpResult) -> str:
    return f"{result.status}, {len(result.body)} bytes" if isinstance(result, Answer) else result.why
