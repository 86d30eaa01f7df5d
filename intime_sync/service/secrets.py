"""The secret, and its redaction in output and logs. Knows nothing about HTTP or the service."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, quote_plus

from intime_sync.errors import CredentialsError

HIDDEN: Final = "***"

_IN_QUERY: Final = re.compile(r"(?i)(\bhash(?:=|%3d))[^&\s\"'<>)]+")
_NOISY: Final = (
    "urllib3.connection",
    "urllib3.connectionpool",
    "urllib3.poolmanager",
    "urllib3.response",
    "urllib3.util.retry",
)


class Secret:
    """A text that only `reveal` returns: `repr` and `str` give ***."""

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """The text itself."""
        return self.__value

    def __repr__(self) -> str:
        return HIDDEN

    def __bool__(self) -> bool:
        return bool(self.__value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other.reveal() == self.__value

    def __hash__(self) -> int:
        return hash(self.__value)

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a secret is not pickled")


@dataclass(frozen=True, slots=True)
class Credentials:
    """User name and hash, as in INTIME_USER and INTIME_HASH; raises CredentialsError if one is empty or not text."""

    user: str
    secret: Secret

    def __post_init__(self) -> None:
        for name, value in (("INTIME_USER", self.user), ("INTIME_HASH", self.secret.reveal())):
            if not value.strip():
                raise CredentialsError(f"{name} is missing", hint=f"Set {name} in the environment.")
            if not value.isprintable():
                raise CredentialsError(
                    f"{name} holds a line break or something else that is not text",
                    hint=f"Set {name} to exactly what the service gave you.",
                )


class Redactor:
    """Replaces a secret in texts, however it is spelled there: plain, URL-encoded, escaped or quoted."""

    def __init__(self, secret: Secret) -> None:
        # The longest first: a spelling may begin with another.
        self._spellings = tuple(sorted(filter(None, _spellings(secret.reveal())), key=len, reverse=True))

    def __call__(self, text: str) -> str:
        """`text` with *** for every spelling of the secret, and for the value of any `hash=`."""
        for spelling in self._spellings:
            text = text.replace(spelling, HIDDEN)
        return _IN_QUERY.sub(rf"\g<1>{HIDDEN}", text)


class LogRedaction(logging.Filter):
    """Redacts what the HTTP libraries log (whole URLs) while it is installed; drops no record."""

    def __init__(self, redact: Redactor) -> None:
        super().__init__()
        self._redact = redact

    def install(self) -> None:
        """Start redacting."""
        for name in _NOISY:
            logging.getLogger(name).addFilter(self)

    def uninstall(self) -> None:
        """Stop; harmless when not installed."""
        for name in _NOISY:
            logging.getLogger(name).removeFilter(self)

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact the record in place."""
        record.msg = self._redact(record.getMessage())
        record.args = ()
        if record.exc_info:
            kind, error, _ = record.exc_info
            record.exc_text = self._redact(_one_line(kind, error))
            record.exc_info = None
        return True


def _one_line(kind: type[BaseException] | None, error: BaseException | None) -> str:
    return f"{kind.__name__ if kind else 'error'}: {error}"


def _spellings(value: str) -> set[str]:
    if value.isascii() and value.isalnum():
        return {value}  # it has only one spelling
    import html

    encoded = {quote(value, safe=""), quote(value), quote_plus(value)}
    plain = {value, html.escape(value), repr(value)[1:-1], ascii(value)[1:-1]}
    return plain | encoded | {_lower_hex(spelling) for spelling in encoded}


def _lower_hex(text: str) -> str:
    return re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), text)
