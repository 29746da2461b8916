"""A small map: a Nominatim that knows some forty addresses in and around Moscow.

It answers ``/search`` and ``/reverse`` as Nominatim does for geopy. What is asked for is matched word by
word, whatever the case, «ё» or the way «улица» is shortened; a street whose house isn't known gives the
street, and one that several towns have gives them all.
"""

import asyncio
import contextlib
import json
import re
import threading
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from math import cos, hypot, radians
from typing import Any, Self

from aiohttp import web

from demo.bot_api_faults import Fault, Faults
from demo.loop_thread import LoopThread

JSON = dict[str, Any]
_WORD = re.compile(r"[0-9a-zа-я]+(?:[-/][0-9a-zа-я]+)*")
# How people write the same thing; None is left out.
_SAME: dict[str, str | None] = {
    "улица": None, "ул": None, "дом": None, "д": None, "город": None, "г": None, "россия": None, "рф": None,
    "пр-т": "проспект", "пр-кт": "проспект", "просп": "проспект", "пр": "проспект", "ш": "шоссе",
    "наб": "набережная", "обл": "область", "мо": None, "мск": "москва",
}  # fmt: skip
_KINDS = {"проспект", "шоссе", "набережная"}


@dataclass(frozen=True)
class Place:
    """An address and where it is."""

    street: str
    house: str
    town: str
    latitude: float
    longitude: float
    postcode: str

    @property
    def region(self) -> list[str]:
        """What the town lies in."""
        return [] if self.town == "Москва" else ["Московская область"]

    def display_name(self, *, with_house: bool = True) -> str:
        """The whole address as Nominatim words it."""
        house = [self.house] if with_house else []
        district = "Центральный федеральный округ"
        return ", ".join([*house, self.street, self.town, *self.region, district, self.postcode, "Россия"])


# fmt: off
PLACES = [
    Place("Дубнинская улица", "83", "Москва", 55.88870, 37.55190, "127591"),
    Place("Ленинский проспект", "12", "Москва", 55.72330, 37.60170, "119049"),
    Place("Ленинский проспект", "99", "Москва", 55.66640, 37.51520, "119421"),
    Place("Тверская улица", "7", "Москва", 55.75867, 37.61060, "125009"),
    Place("Тверская улица", "18", "Москва", 55.76530, 37.60560, "127006"),
    Place("улица Арбат", "25", "Москва", 55.75010, 37.59190, "119002"),
    Place("улица Новый Арбат", "15", "Москва", 55.75260, 37.59010, "119019"),
    Place("проспект Мира", "101", "Москва", 55.80790, 37.63790, "129085"),
    Place("проспект Мира", "119", "Москва", 55.82990, 37.63220, "129223"),
    Place("Кутузовский проспект", "32", "Москва", 55.74190, 37.53420, "121170"),
    Place("Варшавское шоссе", "125", "Москва", 55.62090, 37.60800, "117587"),
    Place("Дмитровское шоссе", "100", "Москва", 55.87160, 37.54460, "127247"),
    Place("Ленинградский проспект", "80", "Москва", 55.80790, 37.51130, "125190"),
    Place("Профсоюзная улица", "56", "Москва", 55.66970, 37.55300, "117393"),
    Place("улица Вавилова", "19", "Москва", 55.70060, 37.58030, "117312"),
    Place("Нагатинская улица", "16", "Москва", 55.67880, 37.63300, "115487"),
    Place("Щёлковское шоссе", "75", "Москва", 55.81040, 37.79800, "105523"),
    Place("Рязанский проспект", "10", "Москва", 55.72500, 37.73800, "109428"),
    Place("Волгоградский проспект", "32", "Москва", 55.72450, 37.68700, "109316"),
    Place("Люблинская улица", "42", "Москва", 55.68500, 37.73300, "109387"),
    Place("Пресненская набережная", "12", "Москва", 55.74970, 37.53770, "123112"),
    Place("Большая Черкизовская улица", "24", "Москва", 55.79600, 37.72400, "107553"),
    Place("Каширское шоссе", "61", "Москва", 55.62100, 37.71700, "115583"),
    Place("улица Ленина", "5", "Красногорск", 55.82260, 37.32700, "143401"),
    Place("улица Ленина", "5", "Щёлково", 55.92100, 37.99150, "141100"),
    Place("улица Ленина", "5", "Королёв", 55.92350, 37.81900, "141070"),
    Place("улица Ленина", "5", "Клин", 56.33350, 36.72900, "141600"),
    Place("проспект Ленина", "5", "Электросталь", 55.78400, 38.44400, "144000"),
    Place("проспект Ленина", "25", "Балашиха", 55.79600, 37.93900, "143900"),
    Place("проспект Ленина", "107/49", "Подольск", 55.42900, 37.54500, "142100"),
    Place("шоссе Энтузиастов", "36", "Балашиха", 55.79900, 37.95000, "143909"),
    Place("улица Кирова", "15", "Подольск", 55.43250, 37.54700, "142110"),
    Place("улица Кирова", "15", "Люберцы", 55.67760, 37.89300, "140000"),
    Place("Октябрьский проспект", "112", "Люберцы", 55.68200, 37.90100, "140006"),
    Place("Московская улица", "14", "Химки", 55.88900, 37.44500, "141400"),
    Place("Ленинградская улица", "16", "Химки", 55.89350, 37.44370, "141402"),
    Place("Олимпийский проспект", "29", "Мытищи", 55.91800, 37.76100, "141006"),
    Place("Новомытищинский проспект", "30", "Мытищи", 55.91250, 37.74150, "141018"),
    Place("проспект Королёва", "5", "Королёв", 55.91600, 37.82600, "141080"),
    Place("Можайское шоссе", "71", "Одинцово", 55.67600, 37.27600, "143002"),
    Place("проспект Ленинского Комсомола", "9", "Видное", 55.55300, 37.70800, "142700"),
    Place("Каширское шоссе", "4", "Домодедово", 55.44000, 37.75700, "142000"),
    Place("Лихачёвский проспект", "64", "Долгопрудный", 55.93700, 37.49600, "141701"),
    Place("улица Октябрьской Революции", "205", "Коломна", 55.09400, 38.76600, "140407"),
    Place("проспект Красной Армии", "133", "Сергиев Посад", 56.30300, 38.13100, "141300"),
]
# fmt: on


def find_places(query: str) -> list[tuple[Place, bool]]:
    """The places that carry every word of ``query``, each with whether the house is known.

    Only when no house fits, the streets that do are returned, once for a town.
    """
    words = _words(query)
    houses = [place for place in PLACES if place.house in words and _fits(place, words - {place.house})]
    if houses:
        return [(place, True) for place in houses]
    named = {word for word in words if not word[0].isdigit()}
    streets = {(place.street, place.town): place for place in PLACES if _fits(place, named)}
    return [(place, False) for place in streets.values()]


def nearest_place(latitude: float, longitude: float) -> Place | None:
    """The nearest known address, None when there is none within some 30 km."""

    def degrees(place: Place) -> float:
        east = (place.longitude - longitude) * cos(radians(latitude))
        return hypot(place.latitude - latitude, east)

    nearest = min(PLACES, key=degrees)
    return nearest if degrees(nearest) < 0.27 else None


def _words(text: str) -> set[str]:
    found = _WORD.findall(text.casefold().replace("ё", "е"))
    return {word for word in (_SAME.get(word, word) for word in found) if word}


def _fits(place: Place, words: set[str]) -> bool:
    """Whether the place has all the words, and one of them is its street's own name."""
    own = _words(place.street) - _KINDS
    return bool(words & own) and words <= _words(place.display_name(with_house=False))


@dataclass(frozen=True)
class MapRequest:
    """A question the map was asked."""

    path: str
    query: dict[str, str]
    user_agent: str
    at: float
    status: int


class Geocoder:
    """The map as a server in a thread of its own; ``faults`` are the Bot API's, by "search" and "reverse"."""

    def __init__(self, port: int = 0) -> None:
        self.host = "127.0.0.1"
        self.port = port
        self.faults = Faults()
        self._requests: list[MapRequest] = []
        self._lock = threading.Lock()
        self._thread = LoopThread("geocoder")

    @property
    def url(self) -> str:
        """The base address: the bot's ``GEOCODER_URL``."""
        return f"http://{self.host}:{self.port}"

    @property
    def requests(self) -> list[MapRequest]:
        """What was asked so far, oldest first."""
        with self._lock:
            return list(self._requests)

    def start(self) -> Self:
        """Listen; raises ``OSError`` when the port is taken."""
        self._thread.start(self._serve)
        return self

    def stop(self) -> None:
        """End the thread; until :meth:`start`, connections are refused."""
        self._thread.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @contextlib.asynccontextmanager
    async def _serve(self) -> AsyncIterator[None]:
        runner = web.ServerRunner(web.Server(self._handle, access_log=None), shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, self.host, self.port, reuse_address=True).start()
            self.port = runner.addresses[0][1]
            yield
        finally:
            await runner.cleanup()

    async def _handle(self, request: web.BaseRequest) -> web.Response:
        name = request.path.strip("/").removesuffix(".php")
        delay, fault = self.faults.strike(name, "")
        if delay:
            await asyncio.sleep(delay)
        if fault is not None:
            response = await _trouble(request, fault)
        elif not request.headers.get("User-Agent"):
            response = web.Response(status=403, text="A User-Agent that names the application is required.")
        else:
            response = _answer(name, dict(request.query))
        self._note(request, response.status)
        return response

    def _note(self, request: web.BaseRequest, status: int) -> None:
        agent = request.headers.get("User-Agent", "")
        with self._lock:
            self._requests.append(MapRequest(request.path, dict(request.query), agent, time.time(), status))


async def _trouble(request: web.BaseRequest, fault: Fault) -> web.Response:
    if fault.kind == "status":
        retry = {"Retry-After": str(int(fault.seconds))} if fault.status == 429 else {}
        return web.Response(status=fault.status, headers=retry, text=fault.error().description)
    if fault.kind == "hang":
        await asyncio.sleep(fault.seconds)
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def _answer(name: str, query: dict[str, str]) -> web.Response:
    detailed = query.get("addressdetails") == "1"
    if name == "search":
        limit = min(max(_integer(query.get("limit"), 10), 1), 40)
        found = find_places(query.get("q", ""))[:limit]
        return _json([_place_json(place, exact, detailed) for place, exact in found])
    if name == "reverse":
        return _json(_reverse(query))
    return web.Response(status=404, text="Not Found")


def _reverse(query: dict[str, str]) -> JSON:
    try:
        place = nearest_place(float(query["lat"]), float(query["lon"]))
    except (KeyError, ValueError):
        return {"error": {"code": 400, "message": "lat and lon are required"}}
    return {"error": "Unable to geocode"} if place is None else _place_json(place, True, True)


def _place_json(place: Place, with_house: bool, detailed: bool) -> JSON:
    number = PLACES.index(place) + 1
    edges = (place.latitude - 5e-5, place.latitude + 5e-5, place.longitude - 5e-5, place.longitude + 5e-5)
    found: JSON = {
        "place_id": 190_000_000 + number,
        "licence": "Data © OpenStreetMap contributors, ODbL 1.0. http://osm.org/copyright",
        "osm_type": "way",
        "osm_id": 40_000_000 + number,
        "lat": f"{place.latitude:.7f}",
        "lon": f"{place.longitude:.7f}",
        "class": "building" if with_house else "highway",
        "type": "yes" if with_house else "residential",
        "importance": 0.3,
        "addresstype": "building" if with_house else "road",
        "name": "" if with_house else place.street,
        "display_name": place.display_name(with_house=with_house),
        "boundingbox": [f"{edge:.7f}" for edge in edges],
    }
    return found | ({"address": _address(place, with_house)} if detailed else {})


def _address(place: Place, with_house: bool) -> JSON:
    house = {"house_number": place.house} if with_house else {}
    city = {"road": place.street, "city": place.town, "state": (place.region or ["Москва"])[0]}
    return house | city | {"postcode": place.postcode, "country": "Россия", "country_code": "ru"}


def _integer(value: str | None, default: int) -> int:
    return int(value) if value and value.isdigit() else default


def _json(value: JSON | Iterable[JSON]) -> web.Response:
    return web.Response(text=json.dumps(value, ensure_ascii=False), content_type="application/json")
