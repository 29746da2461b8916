from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers import callbacks
from handlers.access import Approve
from handlers.addresses import FOUND, Address, Found, OrderCard, ProductCard, Shelf
from handlers.callbacks import BadData, Data
from handlers.dates import Day
from handlers.ordering import Discard
from handlers.product import RemovePhoto, Step, Take
from models import Role


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (Address(17), "a:17"),
        (OrderCard(17), "o:17"),
        (ProductCard(1, 2, 3, 4, 5), "p:1:2:3:4:5"),
        (Discard(17, True), "dd:17:1"),
        (Discard(17, False), "dd:17:0"),
        (Approve(5, Role.STOREKEEPER), "ra:5:storekeeper"),
        (Day(17, date(2026, 11, 23)), "cd:17:261123"),
    ],
)
def test_a_button_s_data_is_a_code_and_its_values(data: Data, text: str) -> None:
    assert data.pack() == text
    assert callbacks.unpack(text) == data


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "o",
        "a",
        "a:",
        "a:17:1:1",
        "a:x",
        "a:1.5",
        "a:٣",
        "a:--1",
        "a: 1",
        "dd:17:yes",
        "ra:5:boss",
        "cd:17:261301",
        "cd:17:abcdef",
        "nosuch:1",
        "-card:1",
        "a:99999999999999999999999999",
        "я" * 40,
    ],
)
def test_forged_or_outdated_data_is_not_ours(text: str) -> None:
    with pytest.raises(BadData):
        callbacks.unpack(text)


@given(st.text(max_size=64))
def test_any_text_is_ours_or_refused_as_not(text: str) -> None:
    try:
        data = callbacks.unpack(text)
    except BadData:
        return
    assert callbacks.unpack(data.pack()) == data


def test_the_longest_data_of_the_goods_fits_a_button() -> None:
    most, page, quantity = 2**31 - 1, 10**6, 10**9
    for data in (
        Shelf(most, most, page, most),
        Found(most, page, most),
        ProductCard(most, most, most, page, 8),
        Step(most, most, most, page, 8, -1),
        Take(most, most, most, page, 8, quantity),
        Take(most, most, FOUND, page, 8, quantity),
        RemovePhoto(most, most, page),
    ):
        assert callbacks.unpack(data.pack()) == data


@given(st.integers(-(10**14), 10**14), st.integers(0, 10**9))
def test_numbers_read_back(one: int, other: int) -> None:
    assert callbacks.unpack(ProductCard(one, other, 0, 0, 0).pack()) == ProductCard(one, other, 0, 0, 0)


def test_a_code_is_taken_once() -> None:
    with pytest.raises(TypeError, match="taken by OrderCard"):

        @dataclass(frozen=True)
        class Another(Data, code="o"):
            """A second kind under the same code."""


def test_what_telegram_would_refuse_is_refused_before() -> None:
    @dataclass(frozen=True)
    class Long(Data, code="test"):
        """Data of any length."""

        text: str

    # The registry is the process's own: nothing of a test stays in it.
    del callbacks._registry["test"]
    assert len(Long("я" * 29).pack().encode()) == 63
    with pytest.raises(ValueError, match="64 bytes"):
        Long("я" * 30).pack()
    with pytest.raises(ValueError, match="colon"):
        Long("a:b").pack()


def test_a_missing_number_reads_back_as_none() -> None:
    @dataclass(frozen=True)
    class Maybe(Data, code="test"):
        """A number or nothing."""

        number: int | None

    del callbacks._registry["test"]
    assert (Maybe(None).pack(), Maybe(7).pack()) == ("test:", "test:7")
