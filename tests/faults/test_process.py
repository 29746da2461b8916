"""Starting and stopping: SIGTERM, a second process, kills before the first start is over, a full disk."""

import random
import resource
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path

import pytest

from demo import main, sample
from demo.people import Person
from models import Database
from services.inbox import MAX_ATTEMPTS
from tests.engines import SQLITE
from tests.faults import audit
from tests.faults.far_ends import Bot, FarEnds, far_ends, fresh_token, wait_until
from tests.faults.offices import order_in_hand
from tests.faults.players import FIRST
from tests.faults.reps import PLUS, Rep
from tests.flows import acts

OPEN = "SELECT count(*) FROM outbox_messages WHERE state IN ('waiting', 'sending') AND kind = 'telegram'"


def staff(far: FarEnds) -> list[Person]:
    return [far.person(member) for member in far.cast if member.roles]


def all_said(people: list[Person], piece: str) -> None:
    for person in people:
        person.wait_text(piece, 20)


def states(far: FarEnds) -> list[str]:
    return far.tables.column("SELECT state FROM inbox_updates ORDER BY id")


def test_sigterm_ends_it_with_everything_sent(far: FarEnds) -> None:
    people = staff(far)
    with far.bot() as bot:
        bot.start()
        all_said_after_start(people)
        with far.api.faults.delay(0.3):
            for person in people:
                person.send("/help")
                person.send("/cancel")
            wait_until(lambda: states(far).count("done") == 3 * len(people), lambda: bot.last_words)
            assert bot.terminate() == 0, bot.last_words
        assert far.tables.one(OPEN) == 0
        for person in people:
            assert [message.text for message in person.received if "Отменено" in message.text], person.view()
    assert "Traceback" not in bot.log


def test_signals_upon_signals_end_it_once(far: FarEnds) -> None:
    """Ctrl-C goes to the whole group and whoever started the bot sends SIGTERM as well."""
    with far.bot() as bot:
        bot.start()
        all_said_after_start(staff(far))
        for _ in range(20):
            bot.process.send_signal(signal.SIGINT)
            bot.process.send_signal(signal.SIGTERM)
        assert bot.wait() == 0, bot.last_words


def test_what_sigterm_leaves_goes_out_after_the_next_start(far: FarEnds) -> None:
    """Telegram hangs and the mail server hangs: it ends in time all the same, and nothing is forgotten."""
    people = staff(far)
    with far.bot() as bot:
        bot.start()
        all_said_after_start(people)
        hanging = far.mailbox.faults.hang(60)
        _queue_a_letter(far, bot)
        wait_until(lambda: hanging.hits, lambda: bot.last_words)
        with far.api.faults.hang(60, method="send*"):
            for person in people:
                person.send("/help")
            wait_until(lambda: states(far).count("done") == 2 * len(people) + 2, lambda: bot.last_words)
            assert bot.terminate() == 0, bot.last_words
        assert far.tables.one(OPEN) >= len(people)
        hanging.off()
        bot.start()
        all_said(people, "/logout")
        wait_until(lambda: audit.is_at_rest(far.tables), lambda: bot.last_words, 20)
        assert len(far.mailbox.letters) == 1


def test_a_retry_keeps_its_place_after_a_restart(far: FarEnds) -> None:
    """A message that waited for its retry still comes before those written after it."""
    anna = far.person(sample.ANNA)
    anna.start()
    with far.bot() as bot:
        bot.start()
        anna.wait_text("Что делаем?", 20)
        far.api.faults.too_many_requests(600, method="sendMessage", chat_id=anna.id, times=1)
        anna.send("/help")
        parked = "SELECT count(*) FROM outbox_messages WHERE state = 'sending' AND last_error LIKE '429%'"
        wait_until(lambda: far.tables.one(parked), lambda: bot.last_words)
        anna.send("/cancel")
        wait_until(lambda: states(far).count("done") == 3, lambda: bot.last_words)
        bot.kill()
        bot.start()
        all_said([anna], "Отменено")
        texts = [message.text for message in anna.received]
        helped = next(place for place, text in enumerate(texts) if "/logout" in text)
        cancelled = next(place for place, text in enumerate(texts) if "Отменено" in text)
        assert helped < cancelled, anna.view()


@pytest.mark.both_engines
def test_a_second_process_on_the_same_database_refuses(far: FarEnds, engine: str) -> None:
    with far.bot() as bot:
        bot.start().wait_log("the bot runs")
        second = Bot(far.environment(BOT_TOKEN=fresh_token()), far.folder / "second.log")
        assert second.start().wait() == 1
        refusal = {
            "sqlite": f"Another process (pid {bot.process.pid}) already works with the database",
            "postgresql": "Another process already works with this PostgreSQL database",
        }
        assert refusal[engine] in second.log
        assert "Traceback" not in second.log
        assert bot.is_alive
        bot.kill()
        # A kill leaves nothing behind that would have to be tidied up.
        third = far.person(sample.ANNA)
        third.start()
        bot.start()
        third.wait_text("Что делаем?", 20)


def test_a_second_process_on_the_same_token_refuses(far: FarEnds, tmp_path: Path) -> None:
    with far.bot() as bot:
        bot.start().wait_log("the bot runs")
        other = tmp_path / "other"
        env = far.environment(DATA_DIR=str(other), DATABASE_URL=main.database_url(other))
        second = Bot(env, tmp_path / "second.log")
        assert second.start().wait() == 1
        assert f"Another process (pid {bot.process.pid}) already works with this bot token" in second.log
        assert "Traceback" not in second.log
        assert bot.is_alive


def test_kills_before_the_first_start_is_over(tmp_path: Path, engine: str) -> None:
    """The schema is made and the settings are taken over whatever the kills did to earlier attempts."""
    seed = random.randrange(10**6)
    dice = random.Random(seed)
    database, without_schema = tmp_path / "bot.db", 0
    with far_ends(tmp_path, with_sample=False) as far, far.bot() as bot:
        for number in range(8):
            if number % 2:
                for file in tmp_path.glob("bot.db*"):
                    file.unlink()
            bot.start()
            if engine == SQLITE:
                wait_until(database.exists, lambda: bot.last_words, 30)
            # The schema is made within a third of a second of the file; once the kill is sure to be quicker.
            moment = dice.uniform(0, 0.5 if engine == SQLITE else 1.2)
            with suppress(subprocess.TimeoutExpired):
                bot.process.wait(0 if number == 1 else moment)
            bot.kill()
            assert bot.process.returncode == -9, f"seed {seed}: {bot.last_words}"
            without_schema += engine == SQLITE and not _has_schema(database)
        assert engine != SQLITE or without_schema > 0, f"seed {seed}: every kill came too late"
        dmitry = far.person(sample.DMITRY)
        dmitry.start()
        bot.start()
        dmitry.wait_text("Что делаем?", 20)
        assert bot.terminate() == 0


def _has_schema(database: Path) -> bool:
    with closing(sqlite3.connect(database)) as connection:
        query = "SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'"
        return bool(connection.execute(query).fetchone()[0])


CRASHING = """
import os, signal, sys
from handlers import registry
class Crash:
    def register(router):
        router.command("crash", "", lambda ctx, _: os.kill(os.getpid(), signal.SIGKILL))
registry.FEATURES = (*registry.FEATURES, Crash)
import bot
sys.exit(bot.main(["run"]))
"""


def test_an_update_that_kills_the_process_is_set_aside(far: FarEnds) -> None:
    anna, boris, klara = (far.person(who) for who in (sample.ANNA, sample.BORIS, sample.CLARA))
    with far.bot((sys.executable, "-c", CRASHING)) as bot:
        with far.api.world.lock:
            for person, text in ((anna, "/start"), (klara, "/crash"), (boris, "/start"), (klara, "/start")):
                person.send(text)
        far.person(sample.DMITRY).user.started = True
        # In the batch, then alone after each start that is forgiven.
        for _ in range(1 + MAX_ATTEMPTS):
            bot.start()
            assert bot.wait() == -9, bot.last_words
            assert states(far)[1:] == ["waiting"] * 3
        bot.start()
        all_said([anna, boris, klara], "Что делаем?")
        assert states(far) == ["done", "failed", "done", "done"]
        error_id = far.tables.one("SELECT error_id FROM inbox_updates WHERE state = 'failed'")
        assert error_id.startswith("crash")
        klara.wait_text(f"ошибка {error_id}")
        far.person(sample.DMITRY).wait_text(error_id)
        assert error_id in bot.log
        assert bot.terminate() == 0


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize("room", [0, 4_000, 9_000, 20_000, 45_000])
def test_a_full_disk_loses_nothing(far: FarEnds, room: int) -> None:
    """Writing fails somewhere: in the inbox, in a handler, at the commit. Nothing counts, then all does."""
    anna = far.person(sample.ANNA)
    anna.start()
    with far.bot() as bot:
        bot.start()
        rep = Rep(far, anna, "disk", ["ООО «Ромашка»"])
        rep.settle()
        for text in ("/new", "Ромашка"):
            rep.say(text)
        for label in ("ООО «Ромашка»", "Бакалея", "Крупы", FIRST):
            rep.press(label)
        screen, toasts = rep.screen, len(anna.toasts)
        size = (far.folder / "bot.db-wal").stat().st_size
        was = resource.prlimit(bot.process.pid, resource.RLIMIT_FSIZE, (size + room, resource.RLIM_INFINITY))
        presses = []
        for _ in range(20):
            rep.act(lambda: presses.append(anna.press(PLUS, message=screen)))
            if len(presses) % 5 == 0:
                far.api.calls.wait(lambda calls: True, "getUpdates")
        wait_until(lambda: "disk" in bot.log or "Error" in bot.log, "the disk was never full")
        assert not _is_all_done(far)
        resource.prlimit(bot.process.pid, resource.RLIMIT_FSIZE, was)
        rep.settle()
        assert far.tables.one("SELECT quantity FROM order_lines") == 20_000
        for press in presses:
            press.wait_answered()
        assert len(anna.toasts) == toasts
        assert "failed" not in states(far)
        assert bot.is_alive
        assert bot.terminate() == 0


def _is_all_done(far: FarEnds) -> bool:
    return not far.api.pending_updates and "waiting" not in states(far)


def all_said_after_start(people: list[Person]) -> None:
    for person in people:
        person.start()
    all_said(people, "Что делаем?")


def _queue_a_letter(far: FarEnds, bot: Bot) -> None:
    """Have an invoice mailed."""
    database = Database(far.database_url)
    number = order_in_hand(database, sample.BORIS)
    database.close()
    boris = far.person(sample.BORIS)
    acts.on_card(boris, number, "✅ Подтвердить загрузку", "всё загружено?")
    acts.on_card(boris, number, "✅ Да, загружено", "Загружен")
