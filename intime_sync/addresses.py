"""Checks of hosts and URLs. Messages never quote a URL, since it may hold a secret."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address
from urllib.parse import SplitResult, urlsplit


def host_name(given: str) -> str:
    """A host in the form for comparing: lower case, without spaces, IPv6 brackets and a dot at the end."""
    return given.strip().strip("[]").lower().rstrip(".")


def is_loopback(address: str) -> bool:
    """Whether this is a numeric loopback address, IPv4 in IPv6 included."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return (mapped or found).is_loopback


def is_this_machine(host: str) -> bool:
    """Whether a host, in lower case, is `localhost` or a loopback address."""
    return host == "localhost" or is_loopback(host)


def http_url(url: str) -> SplitResult | None:
    """The parts of an http or https URL with a host; None for anything else."""
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
            return None
    except ValueError:
        return None
    return parts if "\\" not in url and url.isprintable() else None


def account_url_fault(url: str, *, alternative: str = "") -> str | None:
    """What is wrong with the address of an account, as the end of a sentence; None if it is right.

    `alternative`, such as "`embedded` or ", comes before the example of an address in the sentence.
    """
    parts = http_url(url)
    if parts is None:
        return f"is not an https address; write {alternative}one like https://sms.intime.nu/api/1.0"
    if parts.username is not None or parts.query or parts.fragment or " " in url:
        return "holds more than scheme, host and path; user and hash belong in INTIME_USER and INTIME_HASH"
    if parts.scheme == "http" and not is_this_machine(parts.hostname or ""):
        return f"would send the hash to {parts.hostname} in the clear: write https; http is for this machine only"
    return None
