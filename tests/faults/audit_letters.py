"""Compares the letters that came with the invoices they had to carry."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tests.faults.far_ends import FarEnds, Tables
from tests.faults.players import Expected
from tests.faults.storm import DEAD_ADDRESS

INVOICED = ("loaded", "delivered")
# The client may get a letter twice where nobody can know whether it was taken.
UNKNOWN = ("mail hang after", "mail cut after")


@dataclass
class _Arrived:
    """What came under one Message-ID."""

    times: int = 0
    envelopes: set[tuple[str, str]] = field(default_factory=set)
    papers: set[frozenset[str]] = field(default_factory=set)


def everything(far: FarEnds, orders: list[Expected], lives: int, struck: Counter[str]) -> list[str]:
    """Return what is wrong: each letter is one row, one Message-ID, one subject and the same two PDFs."""
    tables, arrived = far.tables, _arrived(far)
    rows = tables.all(_ROWS)
    faults = []
    for number, label, issued_on, invoice, waybill, to, message_id, state, error in rows:
        letter = arrived.get(message_id)
        if state == "failed":
            faults += _failed(f"invoice {number} to {to}", to, error, letter)
            continue
        if state != "sent" or letter is None:
            faults.append(f"invoice {number} to {to} is {state}, arrived: {letter}")
            continue
        subject = f"Счёт № {label} от {date.fromisoformat(issued_on):%d.%m.%Y} на "
        if not all(said.startswith(subject) and who == to for said, who in letter.envelopes):
            faults.append(f"{subject!r} to {to} came as {letter.envelopes}")
        if len(letter.envelopes) != 1 or letter.papers != {frozenset((invoice, waybill))}:
            faults.append(f"invoice {number} to {to}: {letter} instead of {(invoice, waybill)}")
    known = {row[6] for row in rows}
    faults += [f"nobody wrote {letter}" for message_id, letter in arrived.items() if message_id not in known]
    faults += difference("letters by order", _due(tables, orders), Counter((row[0], row[5]) for row in rows))
    return faults + _doubles(arrived, rows, lives, struck)


def counts(far: FarEnds) -> dict[str, int]:
    """How many letters were written, came, came twice, and ended in a failure that was told."""
    arrived = _arrived(far)
    states = dict(
        far.tables.all("SELECT state, count(*) FROM outbox_messages WHERE kind = 'email' GROUP BY state")
    )
    return {
        **states,
        "arrived": len(arrived),
        "arrivals": sum(letter.times for letter in arrived.values()),
    }


def notices(tables: Tables, orders: list[Expected]) -> Counter[tuple[int, str]]:
    """Return what had to be said about letters, and to whom."""
    by_number = {order.number: order for order in orders}
    due: Counter[tuple[int, str]] = Counter()
    for number, _, _, _, _, to, _, state, _ in tables.all(_ROWS):
        order = by_number.get(number)
        if order is not None:
            said = f": счёт на {to} не доставлен." if state == "failed" else f": счёт отправлен на {to}."
            due[order.rep_id, order.head + said] += 1
    for order in orders:
        if order.status in INVOICED and not _emails(tables, order):
            due[order.rep_id, f"Заказ №{order.number}: у клиента {order.customer} нет e-mail."] += 1
    return due


def difference(what: str, expected: Any, found: Any) -> list[str]:
    """Return the one fault there is when two things differ."""
    return [] if expected == found else [f"{what}: expected {expected}, found {found}"]


_ROWS = (
    "SELECT o.number, d.label, d.issued_on, d.pdf_sha256, w.pdf_sha256, json_extract(m.payload, '$.to'),"
    " json_extract(m.payload, '$.message_id'), m.state, m.last_error FROM outbox_messages m"
    " JOIN orders o ON o.id = m.order_id"
    " JOIN documents d ON d.order_id = m.order_id AND d.kind = 'invoice'"
    " JOIN documents w ON w.order_id = m.order_id AND w.kind = 'waybill'"
    " WHERE m.kind = 'email' ORDER BY m.id"
)


def _arrived(far: FarEnds) -> dict[str, _Arrived]:
    arrived: dict[str, _Arrived] = defaultdict(_Arrived)
    for letter in far.mailbox.letters:
        one = arrived[letter.headers["Message-ID"]]
        one.times += 1
        one.envelopes.add((letter.subject, letter.recipients[0]))
        files = letter.attachments.values()
        one.papers.add(frozenset(hashlib.sha256(content).hexdigest() for content in files))
    return dict(arrived)


def _failed(what: str, to: str, error: str, letter: _Arrived | None) -> list[str]:
    """A letter is given up at the server's last word only; that its rep was told is among the notices."""
    if to == DEAD_ADDRESS:
        return difference(f"{what}, where nobody lives", None, letter)
    return [] if "Rejected as spam" in (error or "") else [f"{what} was given up: {error}"]


def _due(tables: Tables, orders: list[Expected]) -> Counter[tuple[int, str]]:
    left = [order for order in orders if order.status in INVOICED]
    return Counter((order.number, to) for order in left for to in (*_emails(tables, order), *order.also_to))


def _emails(tables: Tables, order: Expected) -> list[str]:
    emails = tables.one("SELECT emails FROM customers WHERE name = ?", order.customer)
    return [email.strip() for email in (emails or "").split(",") if email.strip()]


def _doubles(
    arrived: dict[str, _Arrived], rows: list[tuple[Any, ...]], lives: int, struck: Counter[str]
) -> list[str]:
    """A letter comes twice only after a kill or a cut in the moment it was taken, and is given up rarely."""
    doubles = sum(letter.times - 1 for letter in arrived.values())
    unknown = sum(struck[name] for name in UNKNOWN)
    given_up = sum(row[7] == "failed" and row[5] != DEAD_ADDRESS for row in rows)
    faults = []
    if doubles > lives + unknown:
        faults.append(f"{doubles} letters came twice after {lives} kills and {unknown} cuts")
    if given_up > struck["mail 554"]:
        faults.append(f"{given_up} letters given up, {struck['mail 554']} refused for good")
    return faults
