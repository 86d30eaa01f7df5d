"""Access to the page: by its token, in the address at first and in a cookie after that. Knows no content."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse

from intime_sync.web.hosts import is_known_request, is_local_request

TOKEN_PARAMETER: Final = "token"  # noqa: S105 - its name in an address


class PageAccess:
    """Allows requests that have `token`; None is an open page, for browsers on this machine only.

    The page is shown under the names of this machine, the address that was connected to, and `hosts` (lower case).
    """

    def __init__(self, token: str | None, hosts: Iterable[str] = ()) -> None:
        self._token = token
        self._hosts = frozenset(hosts)
        # Browsers send cookies to every port of a host: two receivers must not overwrite each other's.
        self._cookie = "" if token is None else f"intime-receipts-{sha256(token.encode()).hexdigest()[:8]}"

    def refusal(self, request: Request) -> str:
        """Why the page is not shown, as text for the visitor; "" if it is shown."""
        if self._token is None:
            return "" if is_local_request(request) else _NOT_HERE
        if not is_known_request(request, self._hosts):
            return _OTHER_NAME
        if TOKEN_PARAMETER in request.query_params:
            return "" if self._is_token(request.query_params[TOKEN_PARAMETER]) else _WRONG
        return "" if self._is_token(request.cookies.get(self._cookie, "")) else _NOT_SHOWN

    def first_visit(self, request: Request) -> RedirectResponse | None:
        """A redirect that sets the cookie, for a request with the token in its address; else None."""
        if self._token is None or TOKEN_PARAMETER not in request.query_params:
            return None
        response = RedirectResponse("/", 303)
        response.set_cookie(self._cookie, self._token, path="/", httponly=True, samesite="strict")
        return response

    def _is_token(self, given: str) -> bool:
        return self._token is not None and hmac.compare_digest(given.encode("utf-8", "replace"), self._token.encode())


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
