"""What a run did, in words and figures, for whoever has to believe it."""

from __future__ import annotations

from collections import Counter

from tests.faults import audit_letters
from tests.faults.days import Company, counted


def of_a_day(at: Company) -> str:
    """One line, at the end of a day."""
    ended = Counter(order.status for order in at.orders)
    letters, faults = len(at.far.mailbox.letters), at.storm.struck.total()
    return (
        f"day {at.days} ({at.last_day:%d.%m.%Y}): life {at.lives}, orders {len(at.orders)} {dict(ended)},"
        f" letters {letters}, faults {faults}; wrong: {at.faults or 'nothing'}"
    )


def of_all(at: Company, seconds: float, seed: str) -> str:
    """Everything, at the end of the run."""
    api, tables = at.far.api, at.far.tables
    papers = dict(tables.all("SELECT kind || ' ' || year, count(*) FROM documents GROUP BY 1"))
    letters = audit_letters.counts(at.far)
    rows = {
        "days": f"{at.days}, until {at.last_day:%d.%m.%Y}",
        "lives": f"{at.lives}, of which killed with -9: {at.lives - 1}",
        "orders": f"{len(at.orders)} {dict(Counter(order.status for order in at.orders))}",
        "events of orders": dict(Counter(event for order in at.orders for event in order.events)),
        "notices that had to be heard": sum(order.notices.total() for order in at.orders),
        "papers": papers,
        "letters": letters,
        "updates": at.updates,
        "calls of the bot": api.calls.total,
        "people": dict(sorted(counted(at.people).items())),
        "faults": f"{at.storm.struck.total()} {dict(sorted(at.storm.struck.items()))}",
    }
    lines = "\n".join(f"  {name}: {value}" for name, value in rows.items())
    return f"{seconds / 60:.1f} min, SEED={seed}\n{lines}"
