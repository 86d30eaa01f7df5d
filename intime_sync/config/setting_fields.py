"""The fields of the settings at the top of `intime.yaml`, from which schema and reference are made."""

from __future__ import annotations

from intime_sync.config.settings import DEFAULT_LEDGER, DEFAULT_RECEIPTS, DEFAULT_ZONE, EMBEDDED
from intime_sync.kinds.fields import Field, FieldType, choice, text
from intime_sync.kinds.registry import KINDS
from intime_sync.model.policy import ContactStrategy, Numbers, Prune

_PRUNE = tuple(str(prune) for prune in Prune)


def _integer(name: str, description: str, *, default: int, minimum: int, maximum: int) -> Field:
    return Field(name, FieldType.INTEGER, description, default=default, minimum=minimum, maximum=maximum)


def _object(name: str, description: str, *fields: Field) -> Field:
    return Field(name, FieldType.OBJECT, description, fields=fields)


FIELDS: tuple[Field, ...] = (
    Field(
        "version",
        FieldType.INTEGER,
        "The version of this file format; always 1.",
        required=True,
        minimum=1,
        maximum=1,
        examples=(1,),
    ),
    text(
        "owner",
        "Names what this configuration owns in the account; part of the names of its carriers. "
        "Two configurations of one account need different owners.",
        required=True,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        max_length=40,
        examples=("clinic-a",),
    ),
    _object(
        "account",
        "The account in the service.",
        text(
            "url",
            "Where the service is: `embedded` for the emulator inside the command, else its base address. "
            "INTIME_URL overrides it.",
            min_length=1,
            title="Address of the service",
            examples=(EMBEDDED, "https://sms.intime.nu/api/1.0"),
        ),
        text(
            "credentials",
            "Whose credentials to use: `CLINIC_A` reads INTIME_CLINIC_A_USER and INTIME_CLINIC_A_HASH (or "
            "INTIME_CLINIC_A_HASH_FILE) instead of INTIME_USER and INTIME_HASH.",
            pattern=r"^[A-Z][A-Z0-9_]*$",
            max_length=40,
            examples=("CLINIC_A",),
        ),
        text(
            "timezone",
            "The zone in which this file and the service speak of time.",
            default=DEFAULT_ZONE,
            examples=(DEFAULT_ZONE,),
        ),
        text(
            "region",
            "The country, as two letters, of numbers that are written without a country code.",
            default="SE",
            pattern="^[A-Z]{2}$",
            examples=("SE",),
        ),
        _object(
            "wire",
            "How requests spell what the service's documentation leaves open.",
            choice("dates", "2026-12-01T08:30:00, or 20261201T08:30:00.", ("extended", "basic"), default="extended"),
            choice("mobiles", "+46701740605, or 0701740605.", ("e164", "national"), default="e164"),
        ),
    ),
    _object(
        "ledger",
        "Where it is remembered what this configuration owns.",
        text(
            "url",
            "A file, relative to this directory; `{owner}` in it stands for the owner. INTIME_LEDGER overrides it.",
            default=DEFAULT_LEDGER,
            min_length=1,
            title="File of the ledger",
        ),
    ),
    _object(
        "receipts",
        "Where delivery statuses are kept.",
        text(
            "data",
            "The file that `intime-sync receive` writes delivery statuses to, relative to this directory. "
            "INTIME_RECEIPTS overrides it.",
            default=DEFAULT_RECEIPTS,
            min_length=1,
            title="File of the statuses",
        ),
    ),
    _object(
        "policy",
        "What a plan may do.",
        Field(
            "prune",
            FieldType.ONE_OF,
            "What happens to objects that are not in the configuration: `owned` removes what it made or adopted, "
            "`all` also what it never made, `never` removes nothing. One word for all kinds, or a map per kind.",
            default=str(Prune.OWNED),
            forms=(
                choice("prune", "For all kinds.", _PRUNE),
                _object(
                    "prune",
                    "Per kind.",
                    *(choice(kind.name, f"For {kind.spec.name}.", _PRUNE) for kind in KINDS),
                ),
            ),
        ),
        _object(
            "max_delete",
            "The guard against plans that delete too much of one kind.",
            _integer(
                "percent", "More than this share of the owned objects stops.", default=30, minimum=0, maximum=100
            ),
            _integer("always_allow", "This many may always be deleted.", default=5, minimum=0, maximum=1_000_000),
        ),
        _object(
            "contacts",
            "How contacts are kept, since the service can only add them.",
            choice(
                "strategy",
                "`carrier` makes contacts fully declarative; `append` only ever adds them.",
                tuple(str(strategy) for strategy in ContactStrategy),
                default=str(ContactStrategy.CARRIER),
            ),
            _integer("carrier_size", "The most contacts in one carrier.", default=50, minimum=1, maximum=1000),
        ),
        _object(
            "messages",
            "How messages are scheduled.",
            text(
                "lead_time",
                "How far ahead a message's time must be for it to be scheduled or changed: whole minutes, or `90s`, "
                "`10m`, `2h`; at most 7 days.",
                default="5m",
                pattern=r"^[0-9]{1,6}[smh]?$",
                examples=("10m", "90s", "2h"),
            ),
        ),
        choice(
            "numbers",
            "What a phone number must be: `valid`, a mobile number in use (on the blocklist, any number in use), or "
            "`possible`, which warns about others.",
            tuple(str(numbers) for numbers in Numbers),
            default=str(Numbers.VALID),
        ),
        _integer("batch_size", "The most objects in one request.", default=200, minimum=1, maximum=1000),
    ),
    Field(
        "include",
        FieldType.LIST,
        "More files, relative to this directory: a YAML glob, or a kind's section with a glob of tables (CSV, XLSX).",
        items=Field(
            "file",
            FieldType.ONE_OF,
            "A YAML glob, or a section and a glob of tables.",
            forms=(
                text("file", "A glob of YAML files.", min_length=1, examples=("clinic/*.yaml",)),
                _object(
                    "file",
                    "A section and a glob of tables.",
                    *(
                        text(
                            kind.spec.name,
                            f"Tables of {kind.spec.name}.",
                            min_length=1,
                            examples=(f"{kind.spec.name}/*.csv",),
                        )
                        for kind in KINDS
                    ),
                ),
            ),
        ),
    ),
)

NAMES = frozenset(field.name for field in FIELDS)
