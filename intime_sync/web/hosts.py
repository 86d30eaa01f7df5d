"""Checks of the host that a request names, against DNS rebinding.

A website can point its own name to this machine's address; its pages could then read every reply to the browser.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from starlette.requests import Request

from intime_sync.addresses import host_name, is_this_machine

_HOST: Final = re.compile(r"(\[[^\]]*\]|[^:]*)(?::[0-9]{1,5})?")


def is_local_request(request: Request) -> bool:
    """Whether a request asks for `localhost` or a loopback address."""
    return is_this_machine(_asked_for(request))


def is_known_request(request: Request, hosts: Collection[str]) -> bool:
    """Whether a request asks for this machine, the address that it has reached, or one of `hosts`.

    A numeric address cannot be the name of a website.
    """
    host = _asked_for(request)
    reached = (request.scope.get("server") or ("",))[0]
    return is_this_machine(host) or (host != "" and (host == reached or host in hosts))


def _asked_for(request: Request) -> str:
    found = _HOST.fullmatch(request.headers.get("host", ""))
    return host_name(found[1]) if found else ""
