"""What people and clients have really seen, counted in chats and letters: the ledger's other side."""

import re

from demo.bot_api import BotApi
from demo.mailbox import Mailbox

_ORDER = re.compile(r"(?:Заказ|Order) (?:№|No\.)\s?(\d+)")
_INVOICE = re.compile(r"(?:Счёт|Invoice) (?:№|No\.)\s?(\d+)")


def counts(api: BotApi, mailbox: Mailbox) -> dict[str, int]:
    """How many different orders and invoices the chats name, and how many different letters came.

    A letter that came twice under one Message-ID counts once, as a mail client would show it.
    """
    with api.world.lock:
        texts = [m.text for chat in api.world.chats for m in api.world.visible(chat) if m.from_bot]
    return {
        "orders": _different(_ORDER, texts),
        "invoices": _different(_INVOICE, texts),
        "letters": len({letter.headers.get("Message-ID", letter.number) for letter in mailbox.letters}),
    }


def _different(pattern: re.Pattern[str], texts: list[str]) -> int:
    return len({number for text in texts for number in pattern.findall(text)})
