"""Where to: the geocoder in every mood, a location, the map, the road — and what each of them says."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from sqlalchemy import func, select

from models import GeocodedAddress, Order, OutboxMessage
from services import company
from tests.flows import acts
from tests.flows.stage import Stage, running

TYPED = "Тверская 7"
CREDIT = "© OpenStreetMap"


@pytest.fixture
def hasty(tmp_path: Path) -> Iterator[Stage]:
    """A stage whose bot loses patience with maps at once instead of after five seconds."""
    with running(tmp_path, map_patience_seconds=0.2) as ready:
        yield ready


def test_a_slow_geocoder_is_named_and_the_draft_kept(hasty: Stage) -> None:
    anna = hasty.anna
    acts.to_address(anna)
    with hasty.geocoder.faults.hang(30):
        acts.say(anna, TYPED, "⚠️ Служба адресов не ответила вовремя. Ничего не пропало")
    acts.sees(anna, "Куда везти?")
    # The next try is answered, and both the other ways are open meanwhile.
    acts.offers(anna, "🏬 Самовывоз")
    acts.say(anna, TYPED, CREDIT)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_geocoder_out_of_order_is_named(stage: Stage, status: int) -> None:
    acts.to_address(stage.anna)
    with stage.geocoder.faults.server_error(status=status):
        acts.say(stage.anna, TYPED, "⚠️ Служба адресов сейчас не отвечает.")


def test_a_geocoder_that_cuts_the_line_is_out_of_order(stage: Stage) -> None:
    acts.to_address(stage.anna)
    with stage.geocoder.faults.cut_before():
        acts.say(stage.anna, TYPED, "⚠️ Служба адресов сейчас не отвечает.")


def test_a_geocoder_with_too_many_questions_is_not_asked_again_by_itself(stage: Stage) -> None:
    acts.to_address(stage.anna)
    with stage.geocoder.faults.too_many_requests(retry_after=60):
        acts.say(stage.anna, TYPED, "⚠️ Служба адресов сейчас перегружена.")
    assert [asked.status for asked in stage.geocoder.requests] == [429]


def test_what_comes_after_the_person_went_on_disturbs_nobody(tmp_path: Path) -> None:
    with held_server() as (url, answer), running(tmp_path, geocoder_url=url) as stage:
        anna = stage.anna
        acts.to_address(anna)
        acts.say(anna, TYPED, "Ищу адрес «Тверская 7»")
        acts.press(anna, "↩️ Назад", "Куда везти?")
        acts.press(anna, "🏬 Самовывоз", "День самовывоза")
        answer.set()
        _wait_until_known(stage)
        acts.press(anna, "↩️ Назад", "Куда везти?")
        assert not any(CREDIT in message.text for message in anna.history)
        # The answer was kept all the same.
        acts.say(anna, TYPED, CREDIT)


def test_a_word_that_it_is_looked_up_does_not_outlive_the_answer(stage: Stage) -> None:
    anna = stage.anna
    acts.to_address(anna)
    with stage.api.faults.server_error(502, method="sendMessage"):
        anna.send(TYPED)
        _wait_until_known(stage)  # before the word that it is looked up could be said
    anna.wait_text(CREDIT)
    anna.wait(lambda who: any("Ищу адрес" in message.text for message in who.history))
    anna.wait(lambda who: not any("Ищу адрес" in message.text for message in who.messages))
    acts.offers(anna, "✅ Верно")


def test_several_places_are_offered_with_the_credit_and_one_can_be_too_far(stage: Stage) -> None:
    anna = stage.anna
    acts.to_address(anna)
    text = acts.say(anna, "Кирова, 15", "подходит несколько мест").text
    assert CREDIT in text
    assert [label for label in anna.screen.labels if "Кирова" in label] == [
        "Подольск, улица Кирова, 15",
        "Люберцы, улица Кирова, 15",
    ]
    _radius(stage, 35)
    toast = anna.press("Подольск").wait_answered().toast
    assert toast is not None
    # 0.4562° of latitude, 111.33 km each.
    assert acts.plain(toast.text) == "Это 50,8 км; доставляем не дальше 35 км."
    acts.press(anna, "Люберцы", CREDIT)
    acts.press(anna, "✅ Верно", "День доставки")


def test_a_location_needs_no_credit(stage: Stage) -> None:
    anna = stage.anna
    acts.to_address(anna)
    acts.say(anna, TYPED, CREDIT)
    anna.send_location(55.7006, 37.5803)
    text = acts.plain(acts.sees(anna, "Точка на карте 55.70060, 37.58030").text)
    assert CREDIT not in text
    assert "21,0 км × 10,00 ₽ = 210,00 ₽" in text
    acts.press(anna, "✅ Верно", "День доставки")


@pytest.mark.parametrize(
    ("latitude", "longitude", "said"),
    [(0.0, 0.0, "Такой точки нет"), (59.9343, 30.3351, "доставляем не дальше 500 км")],
)
def test_a_location_nowhere_or_too_far_changes_nothing(
    stage: Stage, latitude: float, longitude: float, said: str
) -> None:
    acts.to_address(stage.anna)
    stage.anna.send_location(latitude, longitude)
    acts.sees(stage.anna, said)
    acts.sees(stage.anna, "Куда везти?")
    with stage.app.database.reading() as session:
        assert session.scalars(select(Order)).one().address is None


def test_a_point_is_sent_back_as_a_pin(stage: Stage) -> None:
    anna = stage.anna
    acts.opens(anna)
    acts.press(anna, "👥 Клиенты", "Ваши клиенты")
    acts.press(anna, "ООО «Ромашка»", "ИНН: 7731004518")
    acts.press(anna, "📍 Точки", "Точки клиента ООО «Ромашка»")
    acts.press(anna, "📍 Москва, улица Вавилова, 19", "📍 Москва, улица Вавилова, 19")
    anna.press("🗺️ На карте")
    anna.wait(lambda who: who.last.venue is not None)
    assert anna.last.content["venue"] == {
        "location": {"latitude": 55.7006, "longitude": 37.5803},
        "title": "ООО «Ромашка»",
        "address": "Москва, улица Вавилова, 19",
    }


def test_a_slow_road_router_leaves_the_straight_line_and_says_so(tmp_path: Path) -> None:
    with held_server() as (url, _), running(tmp_path, router_url=url, map_patience_seconds=0.2) as stage:
        acts.to_address(stage.anna)
        acts.press(stage.anna, "📍 Москва, улица Вавилова", "⚠️ Расстояние по дороге сейчас не узнать")
        text = acts.plain(stage.anna.screen.text)
        assert "Доставка: 21,0 км × 10,00 ₽ = 210,00 ₽" in text
        assert "День доставки" in text
        with stage.app.database.reading() as session:
            jobs = session.scalars(select(OutboxMessage.state).where(OutboxMessage.lane == "route")).all()
            assert [state.value for state in jobs] == ["sent"]


@contextmanager
def held_server() -> Iterator[tuple[str, threading.Event]]:
    """A map that takes questions and answers, with one place, only when it is told to."""
    answer, over = threading.Event(), threading.Event()
    place = {"lat": "55.75867", "lon": "37.61060", "display_name": "Тверская улица, 7, Москва"}

    class Held(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer.wait(30)
            if over.is_set():
                return
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps([place]).encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Held)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", answer
    finally:
        over.set()
        answer.set()
        server.shutdown()
        server.server_close()


def _wait_until_known(stage: Stage) -> None:
    """Until the geocoder's answer was written: the next screen that is drawn comes after it."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with stage.app.database.reading() as session:
            if session.scalar(select(func.count()).select_from(GeocodedAddress)):
                return
    raise AssertionError("the geocoder's answer was not kept")


def _radius(stage: Stage, kilometres: int) -> None:
    with stage.app.database.unit_of_work() as session:
        company.tariff(session).radius_km = kilometres
