"""HTTP connections that remember whether anything was written to them.

The difference between "never sent" and "nobody knows" is decided here, by watching the bytes, not by guessing from
an exception's name. Knows nothing about the service.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Any

from urllib3 import HTTPConnectionPool, PoolManager

_thread = threading.local()


def nothing_written() -> None:
    """Forget what this thread has written; call it before a request."""
    _thread.wrote = False


def has_written() -> bool:
    """Whether this thread handed any byte of a request to a connection since `nothing_written`."""
    return bool(getattr(_thread, "wrote", True))


def watch(manager: PoolManager) -> None:
    """Make every connection that `manager` opens from now on a watched one."""
    manager.pool_classes_by_scheme = {
        scheme: _watched_pool(pool) for scheme, pool in manager.pool_classes_by_scheme.items()
    }


class _Watched:
    """Mixed into urllib3's connections. A proxy's CONNECT is part of connecting, not of the request."""

    _connecting = False
    sock: Any

    def connect(self) -> None:
        self._connecting = True
        try:
            super().connect()  # type: ignore[misc]
        finally:
            self._connecting = False

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        if not self._connecting:
            _thread.wrote = True
        super().send(data)  # type: ignore[misc]


@cache
def _watched_pool(pool: type[HTTPConnectionPool]) -> type[HTTPConnectionPool]:
    if issubclass(pool.ConnectionCls, _Watched):
        return pool
    connection = type(f"Watched{pool.ConnectionCls.__name__}", (_Watched, pool.ConnectionCls), {})
    return type(f"Watched{pool.__name__}", (pool,), {"ConnectionCls": connection})
