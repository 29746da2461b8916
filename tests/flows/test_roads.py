"""The distance by road, from a real HTTP server that answers as OSRM does."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.flows import acts
from tests.flows.stage import Stage, running

VAVILOVA = "37.580300,55.700600"


class Osrm(ThreadingHTTPServer):
    """Knows one distance; out of order when there is none."""

    metres: float | None = 31_749.6
    asked: list[str]


class Answer(BaseHTTPRequestHandler):
    server: Osrm

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        if self.server.metres is None:
            self.send_error(503)
            return
        body = json.dumps({"code": "Ok", "routes": [{"distance": self.server.metres}]}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        """Keep the test's output clean."""


def test_the_fee_is_by_road_when_a_router_is_set(tmp_path: Path) -> None:
    with osrm() as server, running(tmp_path, router_url=f"http://127.0.0.1:{server.server_port}") as stage:
        _fills(stage)
        text = acts.plain(acts.sees(stage.anna, "31,7 км по дороге × 10,00 ₽ = 317,00 ₽").text)
        assert "Итого: 5 711,00 ₽" in text
        assert server.asked == [f"/route/v1/driving/37.551900,55.888700;{VAVILOVA}?overview=false"]
        acts.press(stage.anna, "✅ Отправить на склад", "по дороге")


def test_a_router_that_is_down_leaves_the_straight_line(tmp_path: Path) -> None:
    with osrm() as server, running(tmp_path, router_url=f"http://127.0.0.1:{server.server_port}") as stage:
        server.metres = None
        _fills(stage)
        acts.sees(stage.anna, "Доставка: 21,0 км × 10,00 ₽ = 210,00 ₽")
        assert server.asked


def _fills(stage: Stage) -> None:
    """From the menu to a whole draft to the outlet on Vavilova street."""
    acts.opens(stage.anna)
    acts.press(stage.anna, "🛒 Новый заказ", "Для кого заказ?")
    acts.press(stage.anna, "ООО «Ромашка»", "Каталог")
    acts.chooses_goods(stage.anna, ("Бакалея", "Крупы"), "Гречка ядрица", "5 кор")
    acts.press(stage.anna, "🛒 Корзина", "Товары: 5 394,00 ₽")
    acts.press(stage.anna, "Дальше", "Куда везти?")
    acts.press(stage.anna, "📍 Москва, улица Вавилова", "День доставки")
    acts.chooses_first_day(stage.anna)
    acts.press(stage.anna, "Без пометки", "Черновик")


@contextmanager
def osrm() -> Iterator[Osrm]:
    server = Osrm(("127.0.0.1", 0), Answer)
    server.asked = []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
