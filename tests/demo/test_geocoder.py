from collections.abc import Iterator
from typing import Any

import pytest
from geopy.adapters import URLLibAdapter
from geopy.exc import GeocoderRateLimited, GeocoderServiceError, GeocoderTimedOut, GeopyError
from geopy.geocoders import Nominatim

from demo.geocoder import PLACES, Geocoder, find_places
from tests.demo.wire import HTTP


@pytest.fixture
def geocoder() -> Iterator[Geocoder]:
    with Geocoder() as running:
        yield running


@pytest.fixture
def nominatim(geocoder: Geocoder) -> Any:
    domain = geocoder.url.removeprefix("http://")
    return Nominatim(
        domain=domain, scheme="http", user_agent="tests", timeout=0.5, adapter_factory=URLLibAdapter
    )


def test_geopy_finds_an_address(geocoder: Geocoder, nominatim: Any) -> None:
    place = nominatim.geocode("Москва, Ленинский пр-т, д. 12")
    assert (place.latitude, place.longitude) == (55.7233, 37.6017)
    assert place.address.startswith("12, Ленинский проспект, Москва, ")
    [asked] = geocoder.requests
    assert (asked.path, asked.query["q"]) == ("/search", "Москва, Ленинский пр-т, д. 12")
    assert (asked.user_agent, asked.status) == ("tests", 200)


def test_one_street_in_several_towns(nominatim: Any) -> None:
    places = nominatim.geocode("Ленина, 5", exactly_one=False, limit=10, addressdetails=True)
    towns = {place.raw["address"]["city"] for place in places}
    assert towns == {"Красногорск", "Щёлково", "Королёв", "Клин", "Электросталь"}
    assert len(nominatim.geocode("Ленина, 5", exactly_one=False, limit=2)) == 2
    assert len(nominatim.geocode("щелково УЛИЦА ленина 5", exactly_one=False)) == 1


@pytest.mark.parametrize("place", PLACES, ids=lambda place: f"{place.town}, {place.street}, {place.house}")
def test_every_place_is_found_by_its_address(place: Any) -> None:
    assert find_places(f"{place.town}, {place.street}, {place.house}") == [(place, True)]
    assert find_places(place.display_name()) == [(place, True)]


@pytest.mark.parametrize(
    ("query", "streets"),
    [
        ("Тверская улица, 999", ["Тверская улица"]),
        ("Тверская", ["Тверская улица"]),
        ("Кирова", ["улица Кирова", "улица Кирова"]),
        ("Московская ул, 14, Химки", ["Московская улица"]),
        ("улица Которой Нет, 5", []),
        ("Московская", ["Московская улица"]),
        ("Москва, улица Ленина, 5", []),
        ("обл Московская, г. Клин, Ленина 5", ["улица Ленина"]),
        ("проспект, 5", []),
        ("12", []),
        ("", []),
        ("<b>&'\"", []),
    ],
)
def test_words(query: str, streets: list[str]) -> None:
    assert [place.street for place, _ in find_places(query)] == streets


def test_nothing_found(nominatim: Any) -> None:
    assert nominatim.geocode("улица Которой Нет, 5") is None


def test_reverse(nominatim: Any) -> None:
    assert nominatim.reverse((55.7586, 37.6107)).address.startswith("7, Тверская улица, Москва")
    assert nominatim.reverse((0, 0)) is None


def test_troubles(geocoder: Geocoder, nominatim: Any) -> None:
    geocoder.faults.too_many_requests(7, times=1)
    with pytest.raises(GeocoderRateLimited) as limited:
        nominatim.geocode("Тверская, 7")
    assert limited.value.retry_after == 7
    geocoder.faults.server_error(503, times=1)
    with pytest.raises(GeocoderTimedOut):
        nominatim.geocode("Тверская, 7")
    geocoder.faults.cut_before(times=1)
    with pytest.raises(GeopyError):
        nominatim.geocode("Тверская, 7")
    geocoder.faults.delay(2, times=1)
    with pytest.raises(GeocoderTimedOut):
        nominatim.geocode("Тверская, 7")
    assert nominatim.geocode("Тверская, 7") is not None
    geocoder.stop()
    with pytest.raises(GeocoderServiceError):
        nominatim.geocode("Тверская, 7")


def test_an_application_has_to_name_itself(geocoder: Geocoder) -> None:
    url = f"{geocoder.url}/search?q=Тверская"
    assert HTTP.request("GET", url, headers={"User-Agent": ""}).status == 403
    assert HTTP.request("GET", f"{geocoder.url}/elsewhere", headers={"User-Agent": "x"}).status == 404
