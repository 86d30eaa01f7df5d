"""The user name and hash of the account, from the environment, and the hosts that may be sent them."""

from __future__ import annotations

from contextlib import suppress
from os import environ
from pathlib import Path
from urllib.parse import urlsplit

from intime_sync.addresses import host_name, is_this_machine
from intime_sync.config.settings import EMBEDDED, Settings
from intime_sync.errors import CredentialsError
from intime_sync.model.ledger import AccountRef
from intime_sync.service.secrets import Secret

_EMBEDDED_USER = "demo"
_SERVICE_HOST = "sms.intime.nu"


def variables_of(settings: Settings) -> tuple[str, str, str]:
    """The environment variables with the user, the hash, and the file that holds the hash."""
    stem = f"INTIME_{settings.credentials}" if settings.credentials else "INTIME"
    return f"{stem}_USER", f"{stem}_HASH", f"{stem}_HASH_FILE"


def credentials_of(settings: Settings) -> tuple[str, Secret]:
    """User and hash from the environment.

    Raises CredentialsError naming the variable, or the host that may not be given them.
    """
    if settings.url == EMBEDDED:
        return _EMBEDDED_USER, Secret(_EMBEDDED_USER)
    _check_host(settings.url)
    user_variable, variable, file_variable = variables_of(settings)
    user = environ.get(user_variable, "")
    if not user:
        raise CredentialsError(f"{user_variable} is not set", hint="set it to the account's user name")
    secret = environ.get(variable, "")
    path = environ.get(file_variable, "")
    if not secret and path:
        try:
            secret = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not text"
            raise CredentialsError(f"{file_variable} names {path}, which cannot be read: {why}") from None
        if not secret:
            raise CredentialsError(f"{file_variable} names {path}, which is empty")
    if not secret:
        raise CredentialsError(
            f"neither {variable} nor {file_variable} is set",
            hint=f"set {variable} to the account's secret key, or {file_variable} to a file that holds it",
        )
    return user, Secret(secret)


def _check_host(url: str) -> None:
    """Raise CredentialsError for a host that only the configuration names: a branch must not redirect the hash.

    Allowed are the service's own host, this machine, and the hosts that INTIME_URL and INTIME_ALLOWED_HOSTS
    (comma-separated) name.
    """
    host = host_name(urlsplit(url).hostname or "")
    named = set(map(host_name, environ.get("INTIME_ALLOWED_HOSTS", "").split(",")))
    with suppress(ValueError):
        named.add(host_name(urlsplit(environ.get("INTIME_URL", "")).hostname or ""))
    if host == _SERVICE_HOST or is_this_machine(host) or (host and host in named):
        return
    raise CredentialsError(
        f"`account.url` points to {host}, which the environment does not allow to receive the user name and hash",
        hint=f"if {host} is right, set INTIME_ALLOWED_HOSTS={host} (or INTIME_URL) where the credentials are set; "
        "nothing was sent",
    )


def account_of(settings: Settings) -> AccountRef:
    """The account that a configuration and the environment name. Raises CredentialsError."""
    return AccountRef(settings.url, credentials_of(settings)[0], settings.owner)
