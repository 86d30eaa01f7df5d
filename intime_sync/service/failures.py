"""Explains a failed exchange by the type of its error. The error's text is never used, since it holds the URL."""

from __future__ import annotations

import errno
import http.client
import socket
import ssl
from collections.abc import Iterator
from typing import Final

import urllib3.exceptions as u

_PLAIN: Final[tuple[tuple[type[BaseException], str], ...]] = (
    (u.NameResolutionError, "its name could not be resolved"),
    (socket.gaierror, "its name could not be resolved"),
    (ConnectionRefusedError, "the connection was refused"),
    (u.IncompleteRead, "the reply was cut off"),
    (http.client.IncompleteRead, "the reply was cut off"),
    (http.client.RemoteDisconnected, "the connection was closed without an answer"),
    (ConnectionResetError, "the connection was reset"),
    (BrokenPipeError, "the connection was reset"),
    (u.DecodeError, "the reply could not be decompressed"),
    (u.ProxyError, "the proxy refused the connection"),
)


def explain(error: BaseException, connect_timeout: float, read_timeout: float) -> str:
    """What went wrong, as a clause for an error message. Time limits in seconds."""
    causes = list(_causes(error))
    for cause in causes:
        words = _words(cause, connect_timeout, read_timeout)
        if words:
            return words
    return f"the connection failed ({type(causes[-1]).__name__})"


def _words(cause: BaseException, connect_timeout: float, read_timeout: float) -> str | None:
    for kind, words in _PLAIN:
        if isinstance(cause, kind):
            return words
    match cause:
        case u.ConnectTimeoutError() if not isinstance(cause, u.NewConnectionError):
            return f"no connection within {connect_timeout:g} s"
        case u.ReadTimeoutError():
            return f"no answer within {read_timeout:g} s"
        case ssl.SSLCertVerificationError():
            return f"the server's certificate is not trusted ({cause.verify_message})"
        case ssl.SSLError():
            return f"TLS failed ({cause.reason or 'handshake'})"
        case OSError() if cause.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH):
            return "there is no route to it"
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """`error` and everything that it wraps, in args, `reason` or context, outermost first."""
    seen: set[int] = set()
    queue = [error]
    while queue:
        cause = queue.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        inner = (*cause.args, getattr(cause, "reason", None), cause.__cause__, cause.__context__)
        queue.extend(part for part in inner if isinstance(part, BaseException))
