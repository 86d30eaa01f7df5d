"""Renaming the owner of everything in a ledger, without touching the account.

Carriers cannot be renamed at the service. The ledger keeps the ids and names of the old ones, so the next apply
makes their contacts again in carriers of the new name and removes the old ones.
"""

from __future__ import annotations

from dataclasses import replace

from intime_sync.cli.connection import Connection, connect
from intime_sync.cli.session import Session, check_ledger, ledger_store
from intime_sync.config.settings import Settings
from intime_sync.errors import GuardStopped, InvalidInput
from intime_sync.kinds.registry import GROUPS
from intime_sync.ledgers.base import LedgerSession
from intime_sync.planning.carriers import has_name_of, own_carriers, owner_of, unknown_carriers
from intime_sync.planning.matching import account_under_own_names
from intime_sync.render.style import counted


def rename_owner(settings: Settings, old: str, new: str, lock_timeout: float, *, leave_unknown: bool) -> str:
    """Make `new` the ledger's owner, and return what to tell the user.

    What an interrupted run left open is settled first. Raises InvalidInput where the names are not those of ledger
    and configuration, and GuardStopped where carriers of either name may be somebody else's.
    """
    if old == new:
        raise InvalidInput(f"both names are `{old}`", hint="give the old name, then the new one")
    if settings.owner != new:
        raise InvalidInput(
            f"the configuration says `owner: {settings.owner}`, not `owner: {new}`",
            hint=f"write `owner: {new}` there first; until the ledger follows, nothing is planned or applied",
        )
    with (
        connect(settings) as connection,
        ledger_store(settings).hold("ledger rename-owner", lock_timeout) as open_ledger,
    ):
        known = open_ledger.ledger.account
        if known is None:
            raise InvalidInput(
                "there is no ledger yet, so nothing has an owner that could be renamed",
                hint="if it was lost, put it back from a copy first",
            )
        if known.owner == new:
            check_ledger(open_ledger.ledger, connection.account)
            return f"The ledger belongs to `{new}` already."
        if known.owner != old:
            raise InvalidInput(
                f"the ledger belongs to `{known.owner}`, not to `{old}`",
                hint=f"write `rename-owner {known.owner} {new}`, if this is the ledger that you mean",
            )
        return _rename(settings, connection, open_ledger, old, leave_unknown=leave_unknown)


def _rename(
    settings: Settings, connection: Connection, open_ledger: LedgerSession, old: str, *, leave_unknown: bool
) -> str:
    new = settings.owner
    before = replace(connection, account=replace(connection.account, owner=old))
    session = Session(settings, before, open_ledger)
    fetched = session.fetch([GROUPS.name], patient=True)
    session.settle(fetched)
    groups = account_under_own_names(fetched, session.ledger, None).of(GROUPS.name)
    taken = unknown_carriers(groups, new, session.ledger)
    if taken:
        raise GuardStopped(
            f"the account has {counted(len(taken), 'carrier')} of `{new}` that this ledger does not know: another "
            "configuration has that name, or this ledger is an old copy; nothing was changed",
            hint="choose a name that no other configuration of the account has, or put the newer ledger back",
        )
    left = unknown_carriers(groups, old, session.ledger)
    if left and not leave_unknown:
        raise GuardStopped(
            f"the account has {counted(len(left), 'carrier')} of `{old}` that this ledger does not know, and they "
            "would stay for ever; nothing was changed",
            hint=f"put `owner: {old}` back and apply, which removes what an interrupted run left; --leave-unknown "
            "leaves them where they are, if they are another configuration's",
        )
    open_ledger.rename_owner(new)
    own = own_carriers(groups, new, session.ledger).values()
    former = [owner_of(carrier) for carrier in own if not has_name_of(carrier, new)]
    if not former:
        return f"The ledger belongs to `{new}` now."
    one = len(former) == 1
    names = ", ".join(f"`{name}`" for name in sorted({*former}))
    return (
        f"The ledger belongs to `{new}` now. {counted(len(former), 'carrier')} in the account still "
        f"{'has' if one else 'have'} the name of {names}: the next apply makes {'it' if one else 'them'} again under "
        f"`{new}`, then removes {'it' if one else 'them'}."
    )
