"""Where a chat stands: one screen at a time, known by its address, kept in the database."""

from __future__ import annotations

from typing import Any, TypeVar

from handlers.callbacks import BadData, Data, unpack
from handlers.screen import Screen
from models import Conversation, Session, now_of
from services import outbox

D = TypeVar("D", bound=Data)
# Where the lists were left, by their names: part of what is kept, though no form.
LISTS = "lists"


def get(session: Session, chat_id: int) -> Conversation:
    """Return the chat's conversation, a new one when it never wrote."""
    conversation = session.get(Conversation, chat_id)
    if conversation is None:
        conversation = Conversation(
            chat_id=chat_id,
            form={},
            screen=0,
            after_message_id=0,
            has_photo=False,
            started_at=now_of(session),
        )
        session.add(conversation)
    return conversation


def address(conversation: Conversation) -> Data | None:
    """Return the address of the screen the person looks at; None when there is none, or it is outdated."""
    if conversation.here is None:
        return None
    try:
        return unpack(conversation.here)
    except BadData:
        return None


def is_current(conversation: Conversation, message_id: int) -> bool:
    """Tell whether a message is the screen.

    Between sending a screen and hearing its id, any message that came after the last one we know is it.
    """
    if conversation.message_id is not None:
        return message_id == conversation.message_id
    return message_id > conversation.after_message_id


def show(session: Session, conversation: Conversation, screen: Screen, *, after: int | None = None) -> None:
    """Show a screen: in place of the present one, or below everything when ``after`` names a message.

    A screen below takes the keyboard off the old one. A message with a photo cannot become a text: the text
    comes below and the photo is deleted.
    """
    if screen.here is not None:
        conversation.here = screen.here.pack()
    present, was_photo = conversation.message_id, conversation.has_photo
    conversation.has_photo = screen.photo is not None
    loses_photo = was_photo and screen.photo is None
    if after is None and present is not None and screen.contact_button is None and not loses_photo:
        _call(session, conversation, *screen.to_call(present))
        return
    _leave(conversation, after or 0)
    method, params = screen.to_call()
    _call(session, conversation, method, {**params, "about": {**screen.about, **params.get("about", {})}})
    # After the new one: a person is never without buttons.
    if present is None:
        return
    if after is None and loses_photo:
        outbox.call(session, conversation.chat_id, "deleteMessage", {"message_id": present})
    else:
        outbox.take_keyboard(session, conversation.chat_id, present)


def push(session: Session, conversation: Conversation, screen: Screen) -> Screen:
    """Return a notice's screen as the one the person now looks at: it comes uncalled, and stays."""
    if conversation.message_id is not None:
        outbox.take_keyboard(session, conversation.chat_id, conversation.message_id)
    _leave(conversation, 0)
    conversation.has_photo = False
    if screen.here is not None:
        conversation.here = screen.here.pack()
    screen.about = {"screen": conversation.screen, "chat_id": conversation.chat_id}
    return screen


def remember(conversation: Conversation, **values: Any) -> None:
    """Keep what was typed into a form until its last step."""
    conversation.form = {**conversation.form, **values}


def clear_form(conversation: Conversation) -> None:
    """Forget a half-filled form; where lists were left is no part of one."""
    lists = conversation.form.get(LISTS)
    kept = {LISTS: lists} if lists else {}
    if conversation.form != kept:
        conversation.form = kept


def keep_list(conversation: Conversation, name: str, place: Data, query: str = "") -> None:
    """Keep which page of a list is looked at and what was typed to search it, for «К списку»."""
    lists = {**conversation.form.get(LISTS, {}), name: [place.pack(), query]}
    remember(conversation, **{LISTS: lists})


def list_left(conversation: Conversation, name: str, default: D, *others: type[D]) -> D:
    """Return the page a list was left on; ``default`` when it was never opened, or is another one now.

    ``others`` are further kinds of list that are kept under the name.
    """
    packed, _ = conversation.form.get(LISTS, {}).get(name, ("", ""))
    try:
        place = unpack(packed)
    except BadData:
        return default
    for kind in (type(default), *others):
        if isinstance(place, kind):
            return place
    return default


def list_query(conversation: Conversation, name: str) -> str:
    """Return what was typed to search a list, empty when nothing was."""
    _, query = conversation.form.get(LISTS, {}).get(name, ("", ""))
    return str(query)


def screen_sent(session: Session, about: dict[str, Any], message_id: int) -> None:
    """Note which message became a screen; one that was overtaken meanwhile loses its keyboard, or goes."""
    conversation = session.get(Conversation, about["chat_id"])
    if conversation is None:
        return
    if conversation.screen == about["screen"]:
        present, conversation.message_id = conversation.message_id, message_id
        # A redraw that had to go out anew leaves the message it could not redraw behind.
        if present is not None and present != message_id:
            outbox.take_keyboard(session, conversation.chat_id, present)
    elif about.get("is_passing"):
        outbox.call(session, conversation.chat_id, "deleteMessage", {"message_id": message_id})
    else:
        outbox.take_keyboard(session, conversation.chat_id, message_id)


def _call(session: Session, conversation: Conversation, method: str, params: dict[str, Any]) -> None:
    about = {**params.get("about", {}), "screen": conversation.screen, "chat_id": conversation.chat_id}
    outbox.call(session, conversation.chat_id, method, {**params, "about": about})


def _leave(conversation: Conversation, after: int) -> None:
    """The present screen is one no more; the next comes after every message known so far."""
    conversation.after_message_id = max(conversation.after_message_id, conversation.message_id or 0, after)
    conversation.message_id = None
    conversation.screen += 1
