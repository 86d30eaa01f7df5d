"""People from tables: the columns of this tool, of Outlook and Google, and common ones in Swedish and English.

Owns the meaning of headers; reads no file and checks no value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from intime_sync.config.tables import Row
from intime_sync.exporting.people import LIST_SEPARATOR, Phone, SourcePerson
from intime_sync.exporting.vcard import split_name

# Of several columns for one field the first that is not empty counts; of phones, addresses and groups all do.
_HEADERS: Final[Mapping[str, str]] = {
    header: name
    for name, headers in {
        "key": "key",
        "type": "type",
        "firstname": "firstname/förnamn/tilltalsnamn/first name/given name",
        "lastname": "lastname/efternamn/last name/family name/surname",
        "name": "name/namn/full name/fullständigt namn/display name/visningsnamn",
        "mobile": "mobile/mobil/mobiltelefon/mobilnummer/mobilnr/mobiltelefonnummer/mobile phone/mobile number"
        "/cell phone/cell/sms",
        "phone": "phone/telefon/telefonnummer/telefonnr/tel/phone number/primary phone/primär telefon/home phone"
        "/home phone 2/business phone/business phone 2/other phone/company main phone/hemtelefon/hemtelefon 2"
        "/telefon, arbete/arbetstelefon/arbetstelefon 2/annan telefon/telefon (hem)/telefon (arbete)",
        "email": "email/e-mail/epost/e-post/mejl/mail/e-postadress/epostadress/e-mail address/email address"
        "/e-mail 2 address/e-mail 3 address/e-postadress 2/e-postadress 3",
        "extrafield": "extrafield/avdelning/department/organization department",
        "company": "company/företag/organization/organisation/organization name",
        "list": "groups",
        "groups": "grupper/grupp/group/categories/kategorier/kategori/category/labels/etiketter/group membership",
    }.items()
    for header in headers.split("/")
}
_GOOGLE: Final = re.compile(r"(?P<what>phone|e-mail|telefon|e-post) (?P<number>\d+) - (?P<part>value|värde)")
_GOOGLE_LABEL: Final = ("type", "label", "etikett", "typ")
_GOOGLE_SEPARATOR: Final = ":::"
_ANY_SEPARATOR: Final = re.compile(rf"{re.escape(_GOOGLE_SEPARATOR)}|[{re.escape(LIST_SEPARATOR)};,\n]")
_MOST_NAMED: Final = 12


@dataclass(frozen=True, slots=True)
class _Column:
    """A known column; `label` is the index of the column that holds the kind of its numbers."""

    index: int
    name: str
    label: int | None = None


def read_table(file: str, rows: Iterable[Row]) -> tuple[list[SourcePerson], list[str]] | None:
    """The people in a table, and remarks on the columns that were left out.

    The first row that is not empty is the header. Returns None if it names neither numbers nor addresses.
    """
    filled = ((line, [cell.strip() for cell in cells]) for line, cells in rows)
    filled = ((line, cells) for line, cells in filled if any(cells))
    _, header = next(filled, (0, []))
    columns = list(_columns(header))
    if not {"mobile", "phone", "email"} & {column.name for column in columns}:
        return None
    known = {column.index for column in columns} | {column.label for column in columns}
    people: list[SourcePerson] = []
    ignored: dict[int, None] = {}
    for line, cells in filled:
        ignored |= dict.fromkeys(index for index, cell in enumerate(cells) if cell and index not in known)
        people.append(_person(f"{file}:{line}", cells, columns))
    names = [f"`{header[at]}`" if at < len(header) and header[at] else f"number {at + 1}" for at in sorted(ignored)]
    if not names:
        return people, []
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    what = "the column" if len(names) == 1 else "the columns"
    return people, [f"{file}: {what} {', '.join(names[:_MOST_NAMED])}{more}, not known by header"]


def _columns(header: Sequence[str]) -> Iterator[_Column]:
    folded = [" ".join(name.casefold().rstrip("*:").split()) for name in header]
    for index, name in enumerate(folded):
        if name in _HEADERS:
            yield _Column(index, _HEADERS[name])
        elif found := _GOOGLE.fullmatch(name):
            labels = (f"{found['what']} {found['number']} - {part}" for part in _GOOGLE_LABEL)
            label = next((folded.index(one) for one in labels if one in folded), None)
            yield _Column(index, "phone" if found["what"] in ("phone", "telefon") else "email", label)


def _person(place: str, cells: Sequence[str], columns: Sequence[_Column]) -> SourcePerson:
    def cell(index: int | None) -> str:
        return cells[index] if index is not None and index < len(cells) else ""

    texts: dict[str, str] = {}
    phones: list[Phone] = []
    emails: list[str] = []
    groups: list[str] = []
    for column in columns:
        text = cell(column.index)
        if not text:
            continue
        match column.name:
            case "mobile" | "phone":
                mobile = column.name == "mobile" or "mobil" in cell(column.label).casefold()
                phones += [Phone(part, mobile) for part in _split(text, _GOOGLE_SEPARATOR)]
            case "email":
                emails += _split(text, _GOOGLE_SEPARATOR)
            case "list":
                groups += _split(text, LIST_SEPARATOR)
            case "groups":
                # Google marks its own lists of contacts with a star.
                groups += [
                    part for part in map(str.strip, _ANY_SEPARATOR.split(text)) if part and not part.startswith("* ")
                ]
            case name:
                texts.setdefault(name, text)
    first, last = texts.get("firstname", ""), texts.get("lastname", "")
    if not first and not last:
        first, last = split_name(texts.get("name", ""))
    return SourcePerson(
        place=place,
        firstname=first,
        lastname=last,
        phones=tuple(phones),
        emails=tuple(emails),
        extrafield=texts.get("extrafield") or texts.get("company", ""),
        groups=tuple(groups),
        key=texts.get("key", ""),
        type=texts.get("type", ""),
    )


def _split(text: str, separator: str) -> list[str]:
    return [part for part in map(str.strip, text.split(separator)) if part]
