import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from demo.geocoder import Geocoder as FarEnd
from models import Tariff, Warehouse
from services import geo
from services.errors import Invalid
from services.geo import Geocoder, GeocoderDown, Place

STORE = Warehouse(latitude=55.7, longitude=37.6)
EARTH_METRES = 6_371_008.8


def tariff(**changes: int) -> Tariff:
    return Tariff(**{"rate_per_km": 1000, "road_factor": 1000, "radius_km": 500, **changes})


def sphere(latitude: float, longitude: float) -> float:
    """The haversine on a sphere of the mean radius: within 0.6 % of the ellipsoid everywhere."""
    north, east = math.radians(latitude), math.radians(longitude)
    store_north, store_east = math.radians(55.7), math.radians(37.6)
    half = (
        math.sin((north - store_north) / 2) ** 2
        + math.cos(north) * math.cos(store_north) * math.sin((east - store_east) / 2) ** 2
    )
    return 2 * EARTH_METRES * math.asin(math.sqrt(half))


@given(st.floats(52.0, 59.0), st.floats(33.0, 42.0))
def test_the_distance_is_that_on_the_globe(latitude: float, longitude: float) -> None:
    found = geo.distance_metres(STORE, tariff(radius_km=1000), latitude, longitude)
    assert found == pytest.approx(sphere(latitude, longitude), rel=0.006, abs=60)
    assert found % 100 == 0


@pytest.mark.parametrize(
    ("degrees_north", "metres"),
    # A degree of latitude on WGS-84 is 111132.954 − 559.822·cos 2φ + 1.175·cos 4φ metres: 111,336 at 55.7°,
    # 111,345 at 56.2°, the middle of the last one.
    [(0.1, 11_100), (0.0045, 500), (0.00134, 100), (0.00045, 100), (0.00044, 0), (1.0, 111_300)],
)
def test_the_distance_is_rounded_to_a_tenth_of_a_kilometre(degrees_north: float, metres: int) -> None:
    assert geo.distance_metres(STORE, tariff(), 55.7 + degrees_north, 37.6) == metres


def test_roads_are_longer_than_the_crow_flies() -> None:
    straight = geo.distance_metres(STORE, tariff(), 56.7, 37.6)
    by_road = geo.distance_metres(STORE, tariff(road_factor=1300), 56.7, 37.6)
    assert by_road == pytest.approx(straight * 1.3, abs=150)
    assert by_road % 100 == 0


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [(0, 0), (90.1, 37), (-91, 37), (55, 180.5), (55, -181), (math.nan, 37), (55, math.inf)],
)
def test_what_is_nowhere_is_refused(latitude: float, longitude: float) -> None:
    with pytest.raises(Invalid) as caught:
        geo.distance_metres(STORE, tariff(), latitude, longitude)
    assert caught.value.code == "coordinates"


def test_beyond_the_radius_the_distance_found_is_told() -> None:
    with pytest.raises(Invalid) as caught:
        geo.distance_metres(STORE, tariff(radius_km=111), 56.7, 37.6)
    assert caught.value.code == "too_far"
    assert caught.value.params["radius_km"] == 111
    assert caught.value.params["metres"] == pytest.approx(111_350, abs=100)
    assert geo.distance_metres(STORE, tariff(radius_km=112), 56.7, 37.6) <= 112_000


@given(
    st.lists(st.tuples(st.floats(-89, 89), st.floats(-179, 179)), max_size=20),
    st.integers(1, 20_000),
    st.integers(1000, 5000),
)
def test_who_lies_beyond_a_radius_is_who_would_be_refused(
    places: list[tuple[float, float]], radius_km: int, road_factor: int
) -> None:
    terms = tariff(radius_km=radius_km, road_factor=road_factor)
    refused = 0
    for place in places:
        try:
            geo.distance_metres(STORE, terms, *place)
        except Invalid:
            refused += 1
    assert geo.beyond(STORE, terms, places) == refused


def test_a_warehouse_without_a_place_is_said_so() -> None:
    with pytest.raises(Invalid) as caught:
        geo.distance_metres(Warehouse(), tariff(), 55.8, 37.6)
    assert caught.value.code == "no_warehouse"


def test_what_the_geocoder_said_is_kept_whatever_the_spelling(session: Session) -> None:
    places = [
        Place("Москва, Берёзовая аллея, 5", 55.85, 37.6),
        Place("Химки, Берёзовая аллея, 5", 55.9, 37.4),
    ]
    assert geo.cached(session, "Берёзовая аллея, 5", "ru") is None
    geo.remember(session, "Берёзовая аллея, 5", "ru", places)
    session.flush()
    assert geo.cached(session, "березовая АЛЛЕЯ, 5", "ru") == places
    assert geo.cached(session, "Берёзовая аллея, 5", "en") is None
    session.info["now"] += timedelta(days=181)
    assert geo.cached(session, "Берёзовая аллея, 5", "ru") is None


def test_that_an_address_is_unknown_is_asked_again(session: Session) -> None:
    geo.remember(session, "Новая улица, 1", "ru", [])
    session.flush()
    assert geo.cached(session, "Новая улица, 1", "ru") is None


def test_an_address_longer_than_its_column_is_kept_by_its_beginning(session: Session) -> None:
    places = [Place("Москва, Берёзовая аллея, 5", 55.85, 37.6)]
    geo.remember(session, "а" * 1000, "ru", places)
    session.flush()
    assert geo.cached(session, "а" * 1000, "ru") == places


def test_the_geocoder_answers_with_short_addresses() -> None:
    with FarEnd() as far_end:
        found = Geocoder(far_end.url, "tests", seconds_between=0).find("Тверская 7", "ru")
    assert found
    assert all(-90 <= place.latitude <= 90 and place.address for place in found)


def test_a_geocoder_that_is_away_is_down_not_empty() -> None:
    with FarEnd() as far_end:
        url = far_end.url
    with pytest.raises(GeocoderDown):
        Geocoder(url, "tests", seconds_between=0).find("Тверская 7", "ru")
