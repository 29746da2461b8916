"""A whole company on local far ends: the real bot, real HTTP, real SMTP, a real database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot import App, build
from demo import sample
from demo.bot_api import BotApi
from demo.geocoder import Geocoder
from demo.mailbox import Mailbox
from demo.people import Person
from runtime.lanes import Limits
from settings import Secret, Settings
from tests.engines import SAMPLED, engines

UNLIMITED = Limits(per_second=None, chat_per_second=None)


@dataclass
class Stage:
    """The far ends, the cast, and the bot between them."""

    api: BotApi
    mailbox: Mailbox
    geocoder: Geocoder
    settings: Settings
    app: App
    anna: Person
    klara: Person
    boris: Person
    petr: Person
    dmitry: Person
    stranger: Person
    code: str

    @property
    def staff(self) -> list[Person]:
        return [self.anna, self.klara, self.boris, self.petr, self.dmitry]


def settings_for(api: BotApi, mailbox: Mailbox, geocoder: Geocoder, folder: Path, **more: Any) -> Settings:
    """Settings that point at the local far ends, whatever the environment says."""
    values: dict[str, Any] = {
        "bot_token": Secret(api.token),
        "admin_ids": (sample.DMITRY.telegram_id,),
        "telegram_api_url": api.url,
        "data_dir": folder,
        "smtp_host": "127.0.0.1",
        "smtp_port": mailbox.port,
        "smtp_security": "none",
        "mail_from": "sklad@sever.example",
        "geocoder_url": geocoder.url,
        "admin_phone": "+7 495 000-00-00",
    }
    return Settings(**{**values, **more})


@contextmanager
def running(folder: Path, **more: Any) -> Iterator[Stage]:
    """Open the stage with the sample company, the bot running in this process.

    ``holding`` EMPTY has the sample made at this very moment, whatever the clock says.
    """
    patience, holding = more.pop("map_patience_seconds", 5.0), more.pop("holding", SAMPLED)
    with ExitStack() as stack:
        api = stack.enter_context(BotApi())
        mailbox = stack.enter_context(Mailbox())
        geocoder = stack.enter_context(Geocoder())
        url = stack.enter_context(engines.database(folder, holding))
        settings = settings_for(api, mailbox, geocoder, folder, **{"database_url": Secret(url), **more})
        cast = sample.prepare(settings.effective_database_url)
        app = build(settings, limits=UNLIMITED, long_poll_seconds=5, map_patience_seconds=patience)
        people = {
            person.first_name: api.person(person.telegram_id, person.first_name, person.username)
            for person in cast
        }
        app.supervisor.start()
        stack.callback(app.close)
        stack.callback(app.supervisor.stop)
        stranger = next(person for person in cast if not person.roles)
        yield Stage(
            api=api,
            mailbox=mailbox,
            geocoder=geocoder,
            settings=settings,
            app=app,
            anna=people["Анна"],
            klara=people["Клара"],
            boris=people["Борис"],
            petr=people["Пётр"],
            dmitry=people["Дмитрий"],
            stranger=people[stranger.first_name],
            code=stranger.code or "",
        )


@contextmanager
def restarted(stage: Stage) -> Iterator[None]:
    """Stop the bot and run another one on what the first has written."""
    stage.app.supervisor.stop()
    stage.app.close()
    again = build(stage.settings, limits=UNLIMITED, long_poll_seconds=5)
    again.supervisor.start()
    try:
        yield
    finally:
        again.supervisor.stop()
        again.close()
