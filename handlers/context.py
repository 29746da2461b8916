"""What a handler is given: the unit of work, who acts, and how they see things."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from handlers.callbacks import Data
from handlers.screen import Screen, View
from handlers.texts import Texts, texts_for
from models import Conversation, Session, User
from services import company
from services.errors import DomainError, Forbidden

if TYPE_CHECKING:
    from telebot import types


class Person(NamedTuple):
    """A Telegram account that wrote."""

    telegram_id: int
    name: str
    username: str | None

    @classmethod
    def of(cls, user: types.User) -> Self:
        """Return the account as telebot gives it."""
        return cls(user.id, user.full_name, user.username)

    @classmethod
    def of_json(cls, user: dict[str, Any]) -> Self:
        """Return the account as Telegram sends it."""
        name = " ".join(part for part in (user.get("first_name"), user.get("last_name")) if part)
        return cls(user["id"], name, user.get("username"))


@dataclass(slots=True)
class Context:
    """One update being handled, or one notice being worded."""

    session: Session
    actor: User | None
    person: Person
    conversation: Conversation
    view: View
    # Returns the screen at an address: how one feature leads to another's.
    open: Callable[[Data], Screen]
    # Returns the present screen under the words of a refusal.
    refusal: Callable[[DomainError], Screen]
    # The message that caused this: typed, or the one whose button was pressed.
    message_id: int = 0
    # The text a button press is answered with, shown as a pop-up when it is an alert.
    toast: str | None = None
    is_alert: bool = False

    @property
    def t(self) -> Texts:
        """The reader's texts."""
        return self.view.t

    @property
    def user(self) -> User:
        """The member of staff who acts; raises Forbidden for anybody else."""
        if self.actor is None or not self.actor.roles:
            raise Forbidden("forbidden")
        return self.actor

    def speak(self, language: str) -> None:
        """Go on in another language."""
        self.view = view_of(self.session, language)


def view_of(session: Session, language: str | None) -> View:
    """Return how a reader of ``language``, None: the company's own, sees things on the company's clock."""
    firm = company.get(session)
    now = company.local_now(session)
    zone = company.zone(session)
    return View(texts_for(language or firm.language), zone, now.date(), firm.currency)
