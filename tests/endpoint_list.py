"""Every endpoint that the client knows."""

from intime_sync.service import endpoints
from intime_sync.service.endpoints import Endpoint

ALL_ENDPOINTS = tuple(found for found in vars(endpoints).values() if isinstance(found, Endpoint))
