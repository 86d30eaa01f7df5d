"""Who may see the page: whoever has its token, in the address once and in a cookie after that. Knows no content.

Under which names, too: another site's page can give its own name this machine's address (DNS rebinding), and would
read what it gets with whatever the browser knows.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from hashlib import sha256
from ipaddress import ip_address
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse

TOKEN_PARAMETER: Final = "token"  # noqa: S105 - its name in an address

_HOST: Final = re.compile(r"(\[[^\]]*\]|[^:]*)(?::[0-9]{1,5})?")


class Door:
    """Lets in whoever has `token`; None is an open page, for browsers on the machine alone.

    The page is shown under the names of this machine, the address that was connected to, and `hosts`, lower case.
    """

    def __init__(self, token: str | None, hosts: Iterable[str] = ()) -> None:
        self._token = token
        self._hosts = frozenset(hosts) if token is not None else frozenset()
        # Cookies go to every port of a host: receivers beside each other must not take each other's place.
        self._cookie = "" if token is None else f"intime-receipts-{sha256(token.encode()).hexdigest()[:8]}"

    def refusal(self, request: Request) -> str:
        """Why the page is not shown, in words for a person; "" lets in."""
        if not self._is_known(request):
            return _NOT_HERE if self._token is None else _OTHER_NAME
        if self._token is None:
            return ""
        if TOKEN_PARAMETER in request.query_params:
            return "" if self._is_token(request.query_params[TOKEN_PARAMETER]) else _WRONG
        return "" if self._is_token(request.cookies.get(self._cookie, "")) else _NOT_SHOWN

    def entrance(self, request: Request) -> RedirectResponse | None:
        """The answer to a first visit: the cookie, and the page's address without the token in it."""
        if self._token is None or TOKEN_PARAMETER not in request.query_params:
            return None
        response = RedirectResponse("/", 303)
        response.set_cookie(self._cookie, self._token, path="/", httponly=True, samesite="strict")
        return response

    def _is_known(self, request: Request) -> bool:
        """Whether the name in the request's address is one of ours. An address in digits belongs to no other site."""
        found = _HOST.fullmatch(request.headers.get("host", ""))
        name = host_name(found[1]) if found else ""
        reached = (request.scope.get("server") or ("",))[0] if self._token is not None else ""
        return name == "localhost" or is_loopback(name) or (name != "" and (name in self._hosts or name == reached))

    def _is_token(self, given: str) -> bool:
        return self._token is not None and hmac.compare_digest(given.encode("utf-8", "replace"), self._token.encode())


def is_loopback(host: str) -> bool:
    """Whether a numeric address can be reached from this machine alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def host_name(given: str) -> str:
    """A host as it is compared: lower case, without the brackets of IPv6 and a dot at the end."""
    return given.strip("[]").lower().rstrip(".")


_NOT_SHOWN: Final = (
    "This page shows who got what, and is shown only with its token. Open the address that `intime-sync receive` "
    "printed when it first started (it ends in /?token= and the token); the browser remembers it from then on. "
    "docs/receipts.md says where else it is kept."
)
_WRONG: Final = (
    "This is not the token of this page. Open the address that `intime-sync receive` printed when it first started; "
    "docs/receipts.md says where else it is kept."
)
_OTHER_NAME: Final = (
    "This page is not shown under this name. Open it at http://localhost or http://127.0.0.1 with its port, or start "
    "`intime-sync receive` with --allow-host and the name."
)
_NOT_HERE: Final = "This page is open to browsers on its own machine only, at http://localhost or http://127.0.0.1."
