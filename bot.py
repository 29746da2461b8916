"""TradingStoreBot: a wholesale distributor's orders in Telegram. `bot.py --help` lists the commands."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models import Database
    from runtime.lanes import Limits
    from runtime.supervisor import Supervisor
    from runtime.telegram_client import TelegramClient
    from services.mail import MailConfig
    from settings import Settings

log = logging.getLogger("bot")

EXIT_SETTINGS = 2


@dataclass(frozen=True, slots=True)
class App:
    """A wired bot, ready to run."""

    database: Database
    client: TelegramClient
    supervisor: Supervisor

    def close(self) -> None:
        """Let go of database and connections once the supervisor has stopped."""
        self.database.close()
        self.client.close()


def build(
    settings: Settings,
    *,
    limits: Limits | None = None,
    long_poll_seconds: int = 25,
    map_patience_seconds: float = 5.0,
    is_ours: Callable[[], bool] = lambda: True,
) -> App:
    """Wire everything: database migrated, administrators known, features registered, threads made.

    ``is_ours`` tells, again and again, whether the database still belongs to this process.
    """
    import telebot

    import migrations
    from handlers.analytics import ANALYTICS
    from handlers.delivery_step import ROUTE
    from handlers.journal import SUMS
    from handlers.places import GEOCODER
    from handlers.registry import register_all
    from handlers.routing import Router
    from handlers.uploads import FILES
    from models import Database
    from models.database import sqlite_path
    from runtime import jobs
    from runtime.delivery import Delivery
    from runtime.polling import Poller
    from runtime.processor import Processor
    from runtime.storage_alarm import Administrators, StorageAlarm
    from runtime.supervisor import Supervisor
    from runtime.telegram_client import TelegramClient
    from runtime.ticker import Ticker, disk_of
    from runtime.worker import Worker
    from services.backup import BACKUPS
    from services.geo import Geocoder
    from services.roads import RoadRouter

    database = Database(settings.effective_database_url)
    database.check()
    migrations.upgrade(database)
    _take_settings_over(database, settings)

    token = settings.bot_token.get_secret_value()
    proxy = settings.telegram_proxy.get_secret_value() if settings.telegram_proxy else None
    client = TelegramClient(token, settings.telegram_api_url, proxy)
    bot = telebot.TeleBot(token, threaded=False)
    # The library prints beside our log, and unredacted.
    telebot.logger.handlers.clear()
    router = Router(bot)
    register_all(router)

    alarm = StorageAlarm(Administrators(client, database, settings.bot_language).tell)
    processor = Processor(database, router, alarm)
    make_upload = partial(jobs.make_upload, database, processor, settings.data_dir)
    delivery = Delivery(client, processor.report, make_upload, limits)
    geocoder = Geocoder(
        settings.geocoder_url,
        settings.geocoder_user_agent,
        jobs.seconds_between(settings.geocoder_url),
        map_patience_seconds,
    )
    workers = {
        GEOCODER: Worker(
            GEOCODER,
            processor,
            partial(jobs.geocode, geocoder),
            partial(jobs.finish_job, router),
            # One by one: who shares a batch with others waits for all of them.
            at_once=1,
        ),
        "mail": Worker(
            "mail",
            processor,
            partial(jobs.send_letters, database, processor, mail_config(settings)),
            jobs.finish_letter,
        ),
        ANALYTICS: Worker(
            ANALYTICS,
            processor,
            partial(jobs.count_reports, database),
            partial(jobs.finish_job, router),
            at_once=1,
        ),
        # One by one: each may hold ten megabytes.
        FILES: Worker(
            FILES,
            processor,
            partial(jobs.read_files, client, database, processor, router),
            partial(jobs.finish_job, router),
            at_once=1,
        ),
        SUMS: Worker(
            SUMS, processor, partial(jobs.sum_orders, database), partial(jobs.finish_job, router), at_once=1
        ),
        BACKUPS: Worker(
            BACKUPS,
            processor,
            partial(jobs.make_backups, database, settings.data_dir),
            partial(jobs.finish_backup, router),
            at_once=1,
        ),
        jobs.PROFILE: Worker(
            jobs.PROFILE,
            processor,
            partial(jobs.publish_commands, client, database, router),
            jobs.finish_profile,
        ),
    }
    if settings.router_url is not None:
        router.has_road_router = True
        roads = RoadRouter(settings.router_url, map_patience_seconds)
        workers[ROUTE] = Worker(
            ROUTE,
            processor,
            partial(jobs.route, database, roads),
            partial(jobs.finish_job, router),
            at_once=1,
        )
    processor.send_calls = delivery.put
    processor.send_answer = lambda answer: delivery.answer(
        answer.query_id, answer.text, is_alert=answer.is_alert
    )
    processor.send_others = lambda row: workers[row.lane].put(row)
    poller = Poller(client, database, processor.wake, long_poll_seconds, alarm)
    file = sqlite_path(database.url)
    folder = file.parent if file is not None else settings.data_dir
    disk = partial(disk_of, folder)
    ticker = Ticker(database, processor, lambda: poller.last_success_at, disk, alarm, is_ours)
    supervisor = Supervisor(poller, processor, delivery, ticker, workers)
    return App(database, client, supervisor)


def mail_config(settings: Settings) -> MailConfig | None:
    """Return how to reach the mail server, None when mail is off."""
    from services.mail import MailConfig

    if settings.smtp_host is None or settings.mail_from is None:
        return None
    return MailConfig(
        host=settings.smtp_host,
        sender=settings.mail_from,
        port=settings.smtp_port,
        security=settings.smtp_security,
        user=settings.smtp_user or "",
        password=settings.smtp_password.get_secret_value() if settings.smtp_password else "",
        ca_file=str(settings.smtp_ca_file) if settings.smtp_ca_file else None,
    )


def _take_settings_over(database: Database, settings: Settings) -> None:
    from runtime import jobs
    from services import auth, company, health, outbox

    with database.unit_of_work() as session:
        company.take_first_values(
            session,
            company.FirstValues(
                warehouse_name=settings.warehouse_name,
                warehouse_address=settings.warehouse_address,
                warehouse_latitude=settings.warehouse_latitude,
                warehouse_longitude=settings.warehouse_longitude,
                rate_per_km=settings.rate_per_km_minor,
                currency=settings.currency,
                timezone=settings.timezone,
                admin_phone=settings.admin_phone,
                language=settings.bot_language,
            ),
        )
        auth.ensure_admins(session, settings.admin_ids)
        session.flush()
        outbox.add_job(session, jobs.PROFILE, jobs.PROFILE, {})
        health.note_mail(session, is_on=settings.smtp_host is not None)


def run(settings: Settings) -> int:
    """Run until SIGTERM or Ctrl-C; return the exit code."""
    from handlers import storage
    from handlers.texts import texts_for
    from migrations import NewerSchema
    from models import Database
    from models.database import sqlite_path
    from models.faults import trouble_of
    from runtime import file_modes
    from runtime.instance_lock import AlreadyRunning, InstanceLock

    if file_modes.is_open(Path(".env")):
        log.warning("everybody on this machine can read .env and the token in it: chmod 600 .env")
    with ExitStack() as held:
        try:
            settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
            file_modes.tighten(settings.data_dir, sqlite_path(settings.effective_database_url))
            database = Database(settings.effective_database_url)
            lock = InstanceLock(database, settings.bot_token.get_secret_value())
            held.callback(lock.release)
            app = build(settings, is_ours=lock.is_kept)
        except AlreadyRunning as error:
            log.error("%s", error)
            return 1
        except NewerSchema as error:
            log.error("%s", error)
            return EXIT_SETTINGS
        except OSError as error:
            where = error.filename or settings.data_dir
            log.error(
                "%s cannot be used (%s): check DATA_DIR and the room on its disk.", where, error.strerror
            )
            return 1
        except Exception as error:
            found = trouble_of(error)
            if found is None:
                raise
            log.error("%s", storage.sentence(texts_for("en"), *found))
            return 1
        code = app.supervisor.run()
        app.close()
        return code


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line and do it; return the exit code."""
    options = _parser().parse_args(arguments)
    # The database holds people's phones and prices: nobody else on the machine reads it.
    os.umask(0o077)
    if options.command == "demo":
        from demo.main import run as run_demo

        return run_demo(options.port, options.data_dir, options.reset)
    from runtime import logs
    from settings import SettingsError, load

    try:
        settings = load()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return EXIT_SETTINGS
    logs.set_up(settings.log_level, settings.log_format, settings.secrets)
    if options.command in (None, "run"):
        return run(settings)
    from runtime import commands

    return commands.run(settings, options, mail_config(settings))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bot.py", description=__doc__)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("run", help="run the bot (also without a command)")
    demo = commands.add_parser("demo", help="try everything in a browser, without token or account")
    demo.add_argument("--port", type=int, default=8080, choices=range(65536), metavar="PORT")
    demo.add_argument("--data-dir", type=Path, default=Path("demo-data"))
    demo.add_argument("--reset", action="store_true", help="forget what was done in the demo before")
    check = commands.add_parser("check", help="check settings, database, token, mail, geocoder, fonts")
    check.add_argument("--send-to", metavar="ADDRESS", help="mail a test letter there, too")
    code = commands.add_parser("create-code", help="print a new access code")
    code.add_argument("--role", required=True, choices=["sales_rep", "storekeeper", "admin"])
    code.add_argument("--name", required=True)
    for name, what in (("import-catalog", "the catalogue"), ("import-customers", "the customers")):
        importing = commands.add_parser(name, help=f"import {what} from CSV or XLSX: all rows or none")
        importing.add_argument("file", type=Path)
        importing.add_argument("--dry-run", action="store_true", help="report only")
    backup = commands.add_parser("backup", help="write a consistent copy of the SQLite database")
    backup.add_argument("file", type=Path, nargs="?")
    restore = commands.add_parser("restore", help="put a copy back; the bot must not be running")
    restore.add_argument("file", type=Path)
    copying = commands.add_parser(
        "copy-database", help="move to another database, SQLite to PostgreSQL or back; no bot may be running"
    )
    copying.add_argument("source", help="a SQLite file, sqlite:///… or postgresql://…")
    copying.add_argument("target", help="an empty database of the same kinds")
    return parser


if __name__ == "__main__":
    sys.exit(main())
