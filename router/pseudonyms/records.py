"""The known values of a record, by what its fields are called."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from router.label import Label
from router.pseudonyms.known import KnownValue

_TYPES: Final = (
    ("email", re.compile(r"e_?mail")),
    ("phone", re.compile(r"phone|mobile|(^|_)(tel|fax|cell)($|_)")),
    ("address", re.compile(r"address|street|(^|_)(postcode|postal_code|zip)($|_)")),
    ("order", re.compile(r"order_?(id|no|nr|number)|^order$|(^|_)orders?_id")),
    ("customer", re.compile(r"customer_?(id|no|nr|number)|account|contract|^id$")),
    ("iban", re.compile(r"(^|_)iban($|_)")),
    ("person", re.compile(r"(^|_)(name|fullname|contact|first|last|surname)($|_)|name$")),
)
_NO_PERSON = re.compile(r"product|file|user_agent|plan_name|company|model|field|table|host")
_DEEPEST: Final = 8


def known_in(record: Any, label: Label, subject: str | None = None) -> Iterator[KnownValue]:
    """The values of a record's fields, however deep it nests; fields it cannot place are left out.

    First and last name are one person's too. Without a `subject` it is the label's, if it has one
    and no other.
    """
    if subject is None and len(label.subjects) == 1:
        subject = next(iter(label.subjects))
    yield from _known(record, label, subject, 0)


def _known(record: Any, label: Label, subject: str | None, depth: int) -> Iterator[KnownValue]:
    if depth > _DEEPEST:
        return
    if isinstance(record, Mapping):
        yield from _whole_name(record, label, subject)
        for name, value in record.items():
            yield from _field(str(name), value, label, subject, depth)
    elif isinstance(record, list | tuple):
        for one in record:
            yield from _known(one, label, subject, depth + 1)


def _field(
    name: str, value: Any, label: Label, subject: str | None, depth: int
) -> Iterator[KnownValue]:
    if isinstance(value, Mapping | list | tuple) and not _texts(value):
        yield from _known(value, label, subject, depth + 1)
        return
    type_ = _type_of(name)
    for one in value if isinstance(value, list | tuple) else (value,):
        if type_ and isinstance(one, str | int) and not isinstance(one, bool) and str(one).strip():
            yield KnownValue(type_, str(one), subject, label)


def _texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(one, str | int) for one in value)


def _type_of(name: str) -> str | None:
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().replace("-", "_")
    found = next((type_ for type_, pattern in _TYPES if pattern.search(plain)), None)
    return None if found == "person" and _NO_PERSON.search(plain) else found


def _whole_name(
    record: Mapping[Any, Any], label: Label, subject: str | None
) -> Iterator[KnownValue]:
    plain = {re.sub(r"[^a-z]", "", str(name).lower()): value for name, value in record.items()}
    first = plain.get("firstname", plain.get("givenname"))
    last = plain.get("lastname", plain.get("surname", plain.get("familyname")))
    if isinstance(first, str) and isinstance(last, str) and first.strip() and last.strip():
        yield KnownValue("person", f"{first.strip()} {last.strip()}", subject, label)
