"""Callers of a server under test that a library for HTTP would not let be: bare connections, and any `Host`."""

from __future__ import annotations

import http.client
import socket
from urllib.parse import urlsplit

PATIENCE = 20


def connected(url: str) -> socket.socket:
    """A connection to the server of this address, on which nothing was said yet."""
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE)


def get(url: str, target: str, host: str | None = None) -> tuple[int, str]:
    """Code and text of a GET of `target` from the server of this address, asked for as `host`."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE)
    try:
        connection.request("GET", target, headers={"Host": parts.netloc if host is None else host})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()
