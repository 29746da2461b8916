"""The page's switches: trouble on Telegram's, the mail server's and the geocoder's side, on and off."""

import threading
from collections.abc import Callable

from demo.bot_api import BotApi
from demo.bot_api_faults import Fault
from demo.geocoder import Geocoder
from demo.mailbox import Mailbox, MailFault

SLOW_SECONDS = 1.5
RETRY_AFTER = 3
# Every other connection breaks, a part of them when the call has already had its effect.
_CUT_BEFORE, _CUT_AFTER = 0.35, 0.25
Undo = Callable[[], object]


class Switches:
    """Named switches; several may be on at once. Turning one may take a moment: a server stops."""

    def __init__(self, api: BotApi, mailbox: Mailbox, geocoder: Geocoder | None = None) -> None:
        telegram, mail = api.faults, mailbox.faults
        self._makers: dict[str, Callable[[], Undo]] = {
            "telegram-slow": lambda: _undo(telegram.delay(SLOW_SECONDS)),
            "telegram-429": lambda: _undo(
                telegram.too_many_requests(RETRY_AFTER, method="send*"),
                telegram.too_many_requests(RETRY_AFTER, method="edit*"),
            ),
            "telegram-502": lambda: _undo(telegram.server_error(502)),
            "telegram-cut": lambda: _undo(
                telegram.cut_before(chance=_CUT_BEFORE), telegram.cut_after(chance=_CUT_AFTER)
            ),
            "smtp-451": lambda: _undo(mail.refuse(451)),
            "smtp-550": lambda: _undo(mail.refuse(550, "rcpt")),
            "smtp-off": lambda: _off(mailbox),
        }
        if geocoder is not None:
            self._makers["geocoder-off"] = lambda: _off(geocoder)
        self._on: dict[str, Undo] = {}
        self._lock = threading.Lock()

    def states(self) -> dict[str, bool]:
        """Every switch and whether it is on."""
        return {name: name in self._on for name in self._makers}

    def turn(self, name: str, on: bool) -> None:
        """Throw a switch; ``KeyError`` for one there isn't."""
        with self._lock:
            maker = self._makers[name]
            if on and name not in self._on:
                self._on[name] = maker()
            elif not on and name in self._on:
                self._on.pop(name)()


def _undo(*faults: Fault | MailFault) -> Undo:
    return lambda: [fault.off() for fault in faults]


def _off(server: Mailbox | Geocoder) -> Undo:
    server.stop()
    return server.start
