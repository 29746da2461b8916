"""The administrator's own words in letters to clients: which parts there are, and what they may name."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlalchemy.orm import Session

from models import Role, User
from services import audit, auth, company
from services.errors import Invalid, NotFound

PARTS = ("greeting", "intro", "note", "sign_off", "confirmation_intro")
LANGUAGES = ("ru", "en")
MAX_TEXT = 1000
# What a text may name, in Russian and in English: number of the paper, its date, its sum, the order's number.
NAMES = (("номер", "number"), ("дата", "date"), ("сумма", "total"), ("заказ", "order"))


def placeholders(label: str, date: str, total: str, order: str) -> dict[str, str]:
    """Return what stands for each name a text may use."""
    values = (label, date, total, order)
    return {name: value for names, value in zip(NAMES, values, strict=True) for name in names}


def get(session: Session, language: str) -> Mapping[str, str]:
    """Return the own words of a language by part; parts without any are not in it."""
    kept = company.get(session).mail_texts or {}
    own: Mapping[str, str] = kept.get(language, {})
    return own


def put(session: Session, language: str, part: str, text: str, actor: User) -> None:
    """Keep own words for a part of the letters; empty: back to what the program says.

    Administrators only. Raises Invalid ``too_long`` or ``text_name`` (name) for a name in braces that nothing
    stands for, NotFound for a part or language there is none of.
    """
    auth.require(actor, Role.ADMIN)
    if part not in PARTS or language not in LANGUAGES:
        raise NotFound("mail_text")
    text = text.strip()
    if len(text) > MAX_TEXT:
        raise Invalid("too_long", limit=MAX_TEXT)
    known = {name for names in NAMES for name in names}
    strange = next((name for name in re.findall(r"\{([^{}\n]*)\}", text) if name not in known), None)
    if strange is not None:
        raise Invalid("text_name", name=strange, known=", ".join(f"{{{ru}}}" for ru, _ in NAMES))
    firm = company.get(session)
    before = get(session, language).get(part)
    if (text or None) == before:
        return
    own = {**get(session, language), part: text}
    if not text:
        del own[part]
    firm.mail_texts = {**(firm.mail_texts or {}), language: own}
    audit.record(session, actor, "update", "mail_texts", language, {part: before}, {part: text or None})
