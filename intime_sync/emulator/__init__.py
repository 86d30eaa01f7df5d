"""The InTime HTTP API as its documentation describes it, over real HTTP and with its own storage.

Written from the documentation alone: it shares no code with the client side, so that one side's mistake cannot
hide the other's. The names below load on first use; only `create_app`, `run_in_thread` and `serve` need the
`emulator` extra.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from intime_sync.emulator.options import EmulatorOptions

if TYPE_CHECKING:
    from intime_sync.emulator.faults import FaultPlan
    from intime_sync.emulator.server import RunningEmulator, create_app, run_in_thread, serve
    from intime_sync.emulator.store import Store

__all__ = ["EmulatorOptions", "FaultPlan", "RunningEmulator", "Store", "create_app", "run_in_thread", "serve"]

_HOME = {
    "FaultPlan": "faults",
    "RunningEmulator": "server",
    "Store": "store",
    "create_app": "server",
    "run_in_thread": "server",
    "serve": "server",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
