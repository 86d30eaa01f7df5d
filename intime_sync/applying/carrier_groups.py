"""Making and removing the groups that are carriers. Groups are removed by id, so a repeated request does no harm."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial

from intime_sync.applying.run import FEW_REREADS, TRIES, Run, batches
from intime_sync.errors import ServiceError
from intime_sync.kinds.registry import GROUPS
from intime_sync.model.ledger import DropCarrier
from intime_sync.model.resource import RemoteId
from intime_sync.service import requests
from intime_sync.service.client import Unknown
from intime_sync.service.reply import Ids, Refused
from intime_sync.service.transport import NotSent

MAKE, REMOVE = "make-carriers", "remove-carriers"
_NOT_LISTED = "the service confirmed it, and its list does not show it yet"


def make_carrier_groups(run: Run, names: Sequence[str]) -> tuple[dict[str, RemoteId], str | None]:
    """Make a group for each name. Returns the ids by name of those that exist afterwards, and why others do not.

    Whether a group exists is decided by the list, which is read after the requests: no contact is added to a group
    that is not listed. A confirmed group is not made a second time. If the service made two groups from one request,
    the second, which is empty, is removed.
    """
    before = run.carriers().keys()
    made: dict[str, RemoteId] = {}
    missing, why = list(names), None
    wanted = set(names)
    size = run.policy.batch_size
    for attempt in range(TRIES):
        if attempt:
            run.pause(attempt - 1)
        outcomes = []
        replied: dict[RemoteId, str] = {}
        for batch in batches(missing, size):
            run.check_stop()
            intent = run.session.intend(MAKE, GROUPS.name, batch)
            outcome = run.send(requests.add_groups(batch))
            if isinstance(outcome, Ids):
                replied |= dict(zip(outcome.ids, batch, strict=True))
            outcomes.append(outcome)
            run.session.settle(intent, [])
        unanswered = any(isinstance(outcome, Unknown) for outcome in outcomes)
        error = run.reread_until(GROUPS, partial(_lacks_new, run, replied, unanswered))
        if error is not None:
            return {}, str(error)
        # The service may change names, so a group that has an id of the reply counts under the name asked for.
        new = {id: replied.get(id, name) for id, name in run.carriers().items() if id not in before}
        run.purgeable |= {id for id, name in new.items() if name in wanted}
        twins = []
        for id, name in sorted(new.items()):
            if name in wanted and made.setdefault(name, id) != id:
                twins.append(id)
        if twins:
            remove_carrier_groups(run, dict.fromkeys(twins, True))
        missing = [name for name in missing if name not in made]
        if not missing:
            return made, None
        why = next((_reason(outcome) for outcome in outcomes if not isinstance(outcome, Ids)), _NOT_LISTED)
        # A confirmed group may still be listed later; the next run removes it then.
        missing = [name for name in missing if name not in replied.values()]
        if not missing:
            break
    return made, why


def _lacks_new(run: Run, replied: Mapping[RemoteId, str], unanswered: bool, attempt: int) -> bool:
    """Whether to wait for the list to show new groups: `replied` by id, and after an `unanswered` request any.

    Confirmed groups are waited for as long as possible; after an unanswered request only a short time.
    """
    there = {group.remote_id for group in run.actual.get(GROUPS.name, ())}
    return not there >= replied.keys() or (unanswered and attempt < FEW_REREADS)


def remove_carrier_groups(run: Run, groups: Mapping[RemoteId, bool]) -> Collection[RemoteId]:
    """Remove groups by id, each with (True) or without its contacts. Returns the ids that could not be removed.

    A carrier is dropped from the ledger as soon as the list no longer shows it. Raises ServiceError if the list
    cannot be read; the requests then stay open in the journal, and the next run settles them.
    """
    # Only this owner's carriers are ever removed here, whatever the ledger or a plan file says.
    own = run.carriers()
    left = [id for id in groups if id in own]
    if not left:
        return left
    for attempt in range(TRIES):
        if attempt:
            run.pause(attempt - 1)
        intents = []
        confirmed = attempt == 0
        for batch in batches(left, run.policy.batch_size):
            run.check_stop()
            intents.append(run.session.intend(REMOVE, GROUPS.name, [str(id) for id in batch]))
            outcome = run.send(requests.delete_groups([(id, groups[id]) for id in batch]))
            confirmed &= isinstance(outcome, Ids)
        error = run.reread_until(GROUPS, partial(_shows_removed, run, left, confirmed))
        if error is not None:
            raise ServiceError(f"carriers were being removed, and the groups cannot be read any more: {error}")
        there = run.carriers()
        gone = [DropCarrier(id) for id in left if id not in there and id in run.session.ledger.carriers]
        for intent in intents:
            run.session.settle(intent, gone)
            gone = []
        left = [id for id in left if id in there]
        if not left:
            break
    return left


def _shows_removed(run: Run, ids: Collection[RemoteId], confirmed: bool, attempt: int) -> bool:
    """Whether to wait for the list to lose removed groups. Without a confirmation the wait is short."""
    return not run.carriers().keys().isdisjoint(ids) and (confirmed or attempt < FEW_REREADS)


def _reason(outcome: Refused | Unknown | NotSent) -> str:
    return str(outcome) if isinstance(outcome, Refused) else outcome.why
