"""The fields of an item of `messages`. `message` checks what a schema cannot express."""

from __future__ import annotations

from intime_sync.kinds.fields import ENSURE, PROTECT, Field, FieldType, SectionSpec, boolean, text
from intime_sync.kinds.urls import MAX_URL
from intime_sync.service import gsm

_RECIPIENT = Field(
    "recipient",
    FieldType.ONE_OF,
    "A number, or a contact of this configuration.",
    forms=(
        Field(
            "recipient",
            FieldType.MOBILE,
            "A mobile number in any usual spelling, quoted or not.",
            examples=("070-174 06 05", "+46701740607"),
        ),
        Field(
            "recipient",
            FieldType.OBJECT,
            "A contact of this configuration.",
            fields=(
                text(
                    "contact",
                    "The key of a contact that is declared in `contacts`; its mobile gets the message.",
                    required=True,
                    min_length=1,
                    examples=("john.svensson",),
                ),
            ),
        ),
    ),
)

SPEC = SectionSpec(
    name="messages",
    title="Scheduled messages",
    description="Messages that the service sends by SMS at a time ahead.",
    fields=(
        text(
            "key",
            "The message's identity in this configuration; keep it when time or text change.",
            required=True,
            min_length=1,
            max_length=200,
            examples=("julhalsning",),
        ),
        Field(
            "send_at",
            FieldType.TIME,
            "When it is sent: wall time in account.timezone, to the minute.",
            required=True,
            examples=("2026-12-24T08:00",),
        ),
        text(
            "sender",
            "Who it says it is from: 3–11 characters out of A–Z, a–z, 0–9, space, full stop, hyphen and plus sign, "
            "or a number of 3–15 digits.",
            required=True,
            examples=("Kliniken", "0701740605"),
        ),
        text(
            "body",
            f"The text, with its line breaks: at most {gsm.ONE_SMS} characters, with `multisms` {gsm.MULTI_MAX}. "
            r"Counted as SMS does: `€ [ ] { } ~ ^ | \` are two each.",
            required=True,
            examples=("God jul!",),
        ),
        boolean("multisms", f"Allows a longer text, sent as up to {gsm.MULTI_PARTS} SMS.", default=False),
        boolean("flash", f"A flash message, of at most {gsm.ONE_SMS} characters.", default=False),
        boolean(
            "check_blocklist",
            "Whether the service leaves out numbers on the blocklist; documented for members of groups only.",
            default=True,
        ),
        boolean(
            "anonymize",
            "Whether the service encrypts the message once it is sent, so that nobody can read it there.",
            default=False,
        ),
        text(
            "status_url",
            "Where the service posts delivery statuses of `recipients` (not of groups): https, with no secret in "
            "its query.",
            max_length=MAX_URL,
            title="Address for statuses",
            examples=("https://example.se/intime/status",),
        ),
        Field("recipients", FieldType.LIST, "Numbers and contacts that it is sent to.", items=_RECIPIENT),
        Field(
            "groups",
            FieldType.LIST,
            "Names of the groups that it is sent to: whoever is in them when it is scheduled or sent, as the service "
            "decides.",
            items=text("group", "A group's name.", min_length=1, examples=("Personal",)),
        ),
        ENSURE,
        PROTECT,
    ),
)
