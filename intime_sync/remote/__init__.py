"""The service over HTTP. `Client` can be used on its own: see docs/library.md."""

from intime_sync.remote.client import Client, Outcome, Unknown
from intime_sync.remote.secrets import Credentials, Secret
from intime_sync.remote.transport import NotSent, Transport
from intime_sync.wire.reply import Ids, Refused
from intime_sync.wire.requests import WireFormat

__all__ = [
    "Client",
    "Credentials",
    "Ids",
    "NotSent",
    "Outcome",
    "Refused",
    "Secret",
    "Transport",
    "Unknown",
    "WireFormat",
]
