"""Generated ledgers, deltas and intents: anything that JSON can say, and contacts as they usually are."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st

from intime_sync.model.ledger import (
    AccountRef,
    Carrier,
    Delta,
    DropCarrier,
    DropEntry,
    Entry,
    Intent,
    Ledger,
    PutCarrier,
    PutEntry,
)
from intime_sync.model.resource import KindName, RemoteId

TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
IDS = st.integers(1, 2**40).map(RemoteId)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(TEXTS, JSON, max_size=4)
TIMES = st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat)
ENTRIES = st.builds(
    Entry,
    OBJECTS,
    st.none() | IDS,
    st.booleans(),
    OBJECTS,
    st.none() | IDS,
    st.booleans(),
    awaited=st.none() | TIMES,
)
CARRIERS = st.builds(Carrier, TEXTS, st.dictionaries(TEXTS, IDS, max_size=3), st.dictionaries(TEXTS, st.none() | IDS))
KINDS = st.sampled_from([KindName("group"), KindName("contact"), KindName("reminder")])
ACCOUNTS = st.none() | st.builds(AccountRef, TEXTS, TEXTS, TEXTS)
LEDGERS = st.builds(
    Ledger,
    TEXTS,
    st.integers(0, 10**9),
    ACCOUNTS,
    st.dictionaries(KINDS, st.dictionaries(TEXTS, ENTRIES, max_size=4)),
    st.dictionaries(IDS, CARRIERS, max_size=4),
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
MANY = st.builds(
    Ledger,
    TEXTS,
    st.integers(0, 10**9),
    ACCOUNTS,
    st.builds(
        lambda others, contacts: {**others, **contacts},
        st.dictionaries(KINDS, st.dictionaries(TEXTS, ENTRIES, max_size=2), max_size=2),
        st.dictionaries(st.just(CONTACT), st.dictionaries(TEXTS, CONTACTS, max_size=8)),
    ),
    st.dictionaries(IDS, CARRIERS, max_size=2),
)
"""Ledgers with contacts of all sorts."""
