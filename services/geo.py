"""Where an address is, and how far: the geocoder behind a cache, and the distance to pay for."""

from __future__ import annotations

import enum
import math
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from models import GeocodedAddress, Tariff, Warehouse, now_of
from services import search
from services.errors import Invalid
from services.money import half_up

PATIENCE_SECONDS = 5.0
MAX_CANDIDATES = 5
MAX_QUERY = 300
_EARTH_METRES = 6_371_009
# How far a distance on a sphere is off at most (it is 0.56 %).
_SPHERE_ERROR = 0.007
KEPT_FOR = timedelta(days=180)
TOWN_NAMES = ("city", "town", "village", "hamlet", "municipality", "state")
ROAD_NAMES = ("road", "pedestrian", "residential", "square", "neighbourhood", "suburb")


@contextmanager
def _without_aiohttp() -> Iterator[None]:
    """Import geopy without aiohttp: telebot brings it, geopy loads what it finds, and it weighs 9 MB."""
    if "aiohttp" in sys.modules:
        yield
        return
    sys.modules["aiohttp"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["aiohttp"]


@dataclass(frozen=True, slots=True)
class Place:
    """An address and where it is."""

    address: str
    latitude: float
    longitude: float


class Trouble(enum.Enum):
    """Why the geocoder gave no answer."""

    SLOW = "slow"
    BUSY = "busy"
    DOWN = "down"


class GeocoderDown(Exception):
    """The geocoder did not answer in time, refused, or is out of order; the address may exist."""

    def __init__(self, trouble: Trouble, detail: str) -> None:
        super().__init__(f"{trouble.value} ({detail})")
        self.trouble = trouble


class Geocoder:
    """Nominatim over HTTP; called by a worker, never by a handler."""

    def __init__(
        self,
        base_url: str,
        user_agent: str,
        seconds_between: float = 1.0,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._base_url = base_url
        self._user_agent = user_agent
        self._patience_seconds = patience_seconds
        # The public service allows one request a second for all users of a program together.
        self._seconds_between = seconds_between
        self._next_at = 0.0
        self._turn = threading.Lock()
        self._nominatim: Any = None

    def find(self, query: str, language: str) -> list[Place]:
        """Return up to five places for a typed address, none when it isn't known; raises GeocoderDown."""
        with _without_aiohttp():
            from geopy.exc import GeopyError

        with self._turn:
            time.sleep(max(0.0, self._next_at - time.monotonic()))
            self._next_at = time.monotonic() + self._seconds_between
            try:
                found = self._client().geocode(
                    query,
                    exactly_one=False,
                    limit=MAX_CANDIDATES,
                    addressdetails=True,
                    language=language,
                    timeout=self._patience_seconds,
                )
            except GeopyError as error:
                raise GeocoderDown(_trouble(error), type(error).__name__) from error
        return [Place(_short_address(place), place.latitude, place.longitude) for place in found or []]

    def _client(self) -> Any:
        if self._nominatim is None:
            from geopy.adapters import URLLibAdapter
            from geopy.geocoders import Nominatim

            # geopy's default adapter sleeps out a Retry-After by itself, which would block everybody.
            scheme, _, rest = self._base_url.partition("://")
            self._nominatim = Nominatim(
                user_agent=self._user_agent, domain=rest, scheme=scheme, adapter_factory=URLLibAdapter
            )
        return self._nominatim


def _trouble(error: Exception) -> Trouble:
    from geopy.adapters import AdapterHTTPError
    from geopy.exc import GeocoderQuotaExceeded, GeocoderTimedOut

    if isinstance(error, GeocoderQuotaExceeded):
        return Trouble.BUSY
    # geopy calls 502 to 504 a time-out, too; those came with an answer.
    is_late = isinstance(error, GeocoderTimedOut) and not isinstance(error.__cause__, AdapterHTTPError)
    return Trouble.SLOW if is_late else Trouble.DOWN


def _short_address(found: Any) -> str:
    """Return «Москва, Тверская улица, 7»; the geocoder's long form when it doesn't say town and road."""
    parts = found.raw.get("address") or {}
    town = next((parts[name] for name in TOWN_NAMES if parts.get(name)), None)
    road = next((parts[name] for name in ROAD_NAMES if parts.get(name)), None)
    if not town or not road:
        return str(found.address)
    return ", ".join(part for part in (town, road, parts.get("house_number")) if part)


def cached(session: Session, query: str, language: str) -> list[Place] | None:
    """Return what the geocoder said to this address lately, None when it wasn't asked."""
    row = session.get(GeocodedAddress, _key(query, language))
    if row is None or row.found_at < now_of(session) - KEPT_FOR:
        return None
    return [Place(**candidate) for candidate in row.candidates]


def remember(session: Session, query: str, language: str, places: list[Place]) -> None:
    """Keep the geocoder's answer; that an address isn't known may change any day, so that isn't kept."""
    if not places:
        return
    session.merge(
        GeocodedAddress(
            query=_key(query, language),
            candidates=[asdict(place) for place in places],
            found_at=now_of(session),
        )
    )


def sweep(session: Session, before: datetime) -> None:
    """Forget what was found before ``before``: whoever types that address again has it looked up anew."""
    session.execute(delete(GeocodedAddress).where(GeocodedAddress.found_at < before))


def _key(query: str, language: str) -> str:
    # The answer is in the language that was asked for.
    return f"{language}:{search.fold(query)}"[:MAX_QUERY]


def distance_metres(store: Warehouse, tariff: Tariff, latitude: float, longitude: float) -> int:
    """Return the distance to pay for, in metres rounded to 0.1 km: geodesic × road factor.

    The geodesic is geopy's (Karney on WGS-84). Raises Invalid ``coordinates`` for 0,0 or impossible ones,
    ``no_warehouse`` when the warehouse has no location, ``too_far`` beyond the tariff's radius.
    """
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180) or (latitude == 0 and longitude == 0):
        raise Invalid("coordinates")
    if store.latitude is None or store.longitude is None:
        raise Invalid("no_warehouse")
    # Imported late: the first address is soon enough, and start-up is the lighter for it.
    with _without_aiohttp():
        from geopy.distance import geodesic

    metres = geodesic((store.latitude, store.longitude), (latitude, longitude)).m
    rounded = by_road(int(metres), tariff)
    if rounded > tariff.radius_km * 1000:
        raise Invalid("too_far", metres=rounded, radius_km=tariff.radius_km)
    return rounded


def beyond(store: Warehouse, tariff: Tariff, places: Iterable[tuple[float, float]]) -> int:
    """Return how many places (latitude, longitude) lie beyond the tariff's radius; 0 without a warehouse."""
    if store.latitude is None or store.longitude is None:
        return 0
    limit = tariff.radius_km * 1000
    count = 0
    for latitude, longitude in places:
        # The sphere is told from the globe only near the border: the geodesic takes a hundred times as long.
        rough = _on_a_sphere(store.latitude, store.longitude, latitude, longitude) * tariff.road_factor / 1000
        if abs(rough - limit) > _SPHERE_ERROR * limit + 100:
            count += rough > limit
        else:
            count += not _is_within(store, tariff, latitude, longitude)
    return count


def _is_within(store: Warehouse, tariff: Tariff, latitude: float, longitude: float) -> bool:
    try:
        distance_metres(store, tariff, latitude, longitude)
    except Invalid:
        return False
    return True


def _on_a_sphere(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    north, other_north = math.radians(latitude), math.radians(other_latitude)
    half_north = math.sin((other_north - north) / 2) ** 2
    half_east = math.sin(math.radians(other_longitude - longitude) / 2) ** 2
    chord = half_north + math.cos(north) * math.cos(other_north) * half_east
    return 2 * _EARTH_METRES * math.asin(math.sqrt(min(1.0, chord)))


def by_road(metres: int, tariff: Tariff) -> int:
    """Return the metres to pay for of a straight line, rounded to 0.1 km."""
    return half_up(metres * tariff.road_factor, 1000 * 100) * 100
