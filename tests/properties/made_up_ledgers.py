"""Generated ledgers, deltas and intents: anything that JSON can say, and contacts as they usually are."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from typing import TypeVar

from hypothesis import strategies as st

from intime_sync.model.ledger import (
    AccountRef,
    AudienceDigests,
    Carrier,
    Delta,
    Dispatch,
    DropCarrier,
    DropEntry,
    Entry,
    Intent,
    Ledger,
    PutCarrier,
    PutEntry,
)
from intime_sync.model.resource import KindName, RemoteId

T = TypeVar("T")


def whole(kind: type[T], **values: st.SearchStrategy[object]) -> st.SearchStrategy[T]:
    """Values of a dataclass with every field drawn: one that is added later, and not here, is an error."""
    assert {field.name for field in fields(kind)} == values.keys()  # type: ignore[arg-type]
    return st.builds(kind, **values)


TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
IDS = st.integers(1, 2**40).map(RemoteId)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(TEXTS, JSON, max_size=4)
ID_LISTS = st.lists(IDS, max_size=3).map(tuple)
GROUPS = st.dictionaries(TEXTS, IDS, max_size=3)
DISPATCHES = whole(
    Dispatch,
    ids=ID_LISTS,
    groups=GROUPS,
    cancelling=st.booleans(),
    asked=st.frozensets(IDS, max_size=3),
    since=st.none() | st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat),
    earlier=ID_LISTS,
)
ENTRIES = whole(
    Entry,
    attributes=OBJECTS,
    remote_id=st.none() | IDS,
    protect=st.booleans(),
    options=OBJECTS,
    carrier=st.none() | IDS,
    unknown=st.booleans(),
    dispatch=st.none() | DISPATCHES,
    listed_as=TEXTS,
    refused=st.booleans(),
    awaited=st.none() | st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat),
    surplus=st.booleans(),
    audience=st.none() | whole(AudienceDigests, members=TEXTS, readers=TEXTS),
)
CARRIERS = whole(
    Carrier, name=TEXTS, groups=GROUPS, copies=st.dictionaries(TEXTS, st.none() | IDS), going=st.booleans()
)
KINDS = st.sampled_from([KindName("group"), KindName("contact"), KindName("reminder")])
ACCOUNTS = st.none() | st.builds(AccountRef, TEXTS, TEXTS, TEXTS)
SERIALS = st.integers(0, 10**9)
DIGEST_KEYS = st.sampled_from(["", "0f" * 16])
LEDGERS = whole(
    Ledger,
    lineage=TEXTS,
    serial=SERIALS,
    account=ACCOUNTS,
    objects=st.dictionaries(KINDS, st.dictionaries(TEXTS, ENTRIES, min_size=1, max_size=4)),
    carriers=st.dictionaries(IDS, CARRIERS, max_size=4),
    digest_key=DIGEST_KEYS,
)
DELTAS: st.SearchStrategy[Delta] = st.one_of(
    st.builds(PutEntry, KINDS, TEXTS, ENTRIES),
    st.builds(DropEntry, KINDS, TEXTS),
    st.builds(PutCarrier, IDS, CARRIERS),
    st.builds(DropCarrier, IDS),
)
INTENTS = st.builds(Intent, st.integers(1, 10**6), TEXTS, KINDS, st.lists(TEXTS, max_size=4).map(tuple), OBJECTS)

CONTACT = KindName("contact")
USUAL = st.builds(
    Entry,
    st.fixed_dictionaries(
        {"type": st.sampled_from(["sms", "email"]), "groups": st.lists(st.sampled_from(["Jour", "Å"]), max_size=2)},
        optional={name: st.sampled_from(["Anna", "0", 'å\\ "b"']) for name in ("firstname", "mobile", "email")},
    ),
    IDS,
    carrier=IDS,
)
ODD_ATTRIBUTES = st.sampled_from(
    [
        {},
        {"type": "sms"},
        {"type": "sms", "groups": [], "firstname": ""},
        {"type": "sms", "groups": [], "firstname": None},
        {"type": "sms", "groups": [], "nickname": "A"},
        {"type": "sms", "groups": ["a", 1]},
        {"type": "sms", "groups": [["a"], {}]},
        {"type": "sms", "groups": "ab"},
        {"type": ["sms"], "groups": []},
        {"type": "sms", "groups": [], "mobile": 46701740605},
        {"type": "sms", "groups": [], "lastname": "a\nb"},
        {"type": "sms", "groups": [], "lastname": "\n    }"},
        {"type": "sms", "groups": [], "size": 2**70},
    ]
)
"""Attributes that no contact has, or that a line of text cannot hold."""

CONTACTS = USUAL | USUAL | USUAL | ENTRIES | st.builds(Entry, ODD_ATTRIBUTES, IDS, carrier=IDS)
MANY = whole(
    Ledger,
    lineage=TEXTS,
    serial=SERIALS,
    account=ACCOUNTS,
    objects=st.builds(
        lambda others, contacts: {**others, **contacts},
        st.dictionaries(KINDS, st.dictionaries(TEXTS, ENTRIES, min_size=1, max_size=2), max_size=2),
        st.dictionaries(st.just(CONTACT), st.dictionaries(TEXTS, CONTACTS, min_size=1, max_size=8)),
    ),
    carriers=st.dictionaries(IDS, CARRIERS, max_size=2),
    digest_key=DIGEST_KEYS,
)
"""Ledgers with contacts of all sorts."""
