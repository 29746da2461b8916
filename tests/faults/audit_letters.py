"""Compares the letters that came with the invoices they had to carry."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tests.faults.far_ends import FarEnds, Tables
from tests.faults.players import Expected
from tests.faults.storm import DEAD_ADDRESS

if TYPE_CHECKING:
    from tests.faults.days import Company

INVOICED = ("loaded", "delivered")
# A fault is over a moment after it struck.
A_MOMENT = 0.2


@dataclass
class _Arrived:
    """What came under one Message-ID, and when, by the real clock."""

    moments: list[float] = field(default_factory=list)
    envelopes: set[tuple[str, str]] = field(default_factory=set)
    papers: set[frozenset[str]] = field(default_factory=set)


def everything(at: Company) -> list[str]:
    """Return what is wrong: each letter is one row, one Message-ID, one subject and the same two PDFs."""
    tables, orders, arrived = at.far.tables, at.orders, _arrived(at.far)
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
    return faults + _twice(at, arrived) + _given_up(at, rows)


def counts(far: FarEnds) -> dict[str, int]:
    """How many letters were written, came, came twice, and ended in a failure that was told."""
    arrived = _arrived(far)
    states = dict(
        far.tables.all("SELECT state, count(*) FROM outbox_messages WHERE kind = 'email' GROUP BY state")
    )
    return {
        **states,
        "arrived": len(arrived),
        "arrivals": sum(len(letter.moments) for letter in arrived.values()),
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
        one.moments.append(letter.received_at)
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


def _twice(at: Company, arrived: dict[str, _Arrived]) -> list[str]:
    """A letter comes once more only where nobody could know that it was taken."""
    faults = []
    for message_id, letter in arrived.items():
        for before, after in pairwise(sorted(letter.moments)):
            # What a killed bot had sent arrives a moment later.
            is_killed = any(before - A_MOMENT <= moment <= after for moment in at.killed_at)
            is_cut = any(begun <= before <= ended + A_MOMENT for begun, ended in at.storm.unknown)
            if not is_killed and not is_cut:
                faults.append(f"{message_id} came again after {after - before:.1f} s without a reason")
    return faults


def _given_up(at: Company, rows: list[tuple[Any, ...]]) -> list[str]:
    """A letter is given up at a final refusal only."""
    refused = at.storm.struck["mail 554"]
    given_up = sum(row[7] == "failed" and row[5] != DEAD_ADDRESS for row in rows)
    return [f"{given_up} letters given up, {refused} refused for good"] if given_up > refused else []
