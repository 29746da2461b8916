from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import snapshot as snapshots
from services.money import amount_for
from tests.services.documents import make_lines, make_snapshot


def test_a_snapshot_survives_its_json() -> None:
    whole = make_snapshot()
    bare = make_snapshot(bank=None, delivery_on=None, pay_until=None, lines=make_lines(1, has_vat=False))
    for snapshot in (whole, bare):
        assert snapshots.from_json(snapshots.to_json(snapshot)) == snapshot


def test_json_is_canonical() -> None:
    text = snapshots.to_json(make_snapshot())
    content = json.loads(text)
    assert text == json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert content["issued_on"] == "2026-11-20"
    assert content["format"] == 1
    assert "Северный Ветер" in text


def test_json_of_another_format_is_refused() -> None:
    content = {**json.loads(snapshots.to_json(make_snapshot())), "format": 2}
    with pytest.raises(ValueError, match="newer version"):
        snapshots.from_json(json.dumps(content))


def test_older_json_may_lack_what_has_a_default() -> None:
    content = json.loads(snapshots.to_json(make_snapshot()))
    del content["storekeeper"], content["delivery_on"]
    assert snapshots.from_json(json.dumps(content)).storekeeper == ""


def test_a_snapshot_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        make_snapshot().number = 2  # type: ignore[misc]  # the point of the test


def test_totals() -> None:
    # 3 × 99,99 at 22 % and 2,5 × 89,90 at 10 %, with delivery of 142,00 at 22 %
    lines = (
        line("Чай", quantity=3_000, price=99_99, vat_rate=22),
        line("Сыр", quantity=2_500, price=89_90, vat_rate=10),
        line("Доставка", quantity=1_000, price=142_00, vat_rate=22, is_delivery=True),
    )
    snapshot = make_snapshot(lines=lines)
    assert snapshot.total == 299_97 + 224_75 + 142_00
    assert snapshot.goods_total == 299_97 + 224_75
    assert snapshot.vat == 54_09 + 20_43 + 25_61
    assert snapshot.net == snapshot.total - snapshot.vat
    assert [(part.rate, part.vat) for part in snapshot.by_rate] == [(22, 54_09 + 25_61), (10, 20_43)]
    assert [row.name for row in snapshot.goods] == ["Чай", "Сыр"]
    assert snapshot.has_vat
    assert not make_snapshot(lines=make_lines(2, has_vat=False)).has_vat
    assert make_snapshot(lines=(replace(lines[0], vat_rate=0),)).has_vat


def line(
    name: str, *, quantity: int, price: int, vat_rate: int | None, unit: str = "шт", is_delivery: bool = False
) -> snapshots.SnapshotLine:
    return snapshots.priced_line(
        1,
        name,
        unit=unit,
        quantity=quantity,
        price=price,
        vat_rate=vat_rate,
        vat_included=True,
        is_delivery=is_delivery,
    )


@given(st.integers(0, 10**9), st.integers(0, 10**8), st.sampled_from((22, 10, 0, None)), st.booleans())
def test_quantity_by_price_is_the_sum_on_paper(
    quantity: int, price: int, rate: int | None, included: bool
) -> None:
    made = snapshots.priced_line(
        1, "Чай", unit="шт", quantity=quantity, price=price, vat_rate=rate, vat_included=included
    )
    assert (made.total if included else made.net) == amount_for(made.quantity, made.price)


@pytest.mark.parametrize(
    ("unit", "code"),
    [
        ("шт", "796"),
        ("упак", "778"),
        ("кг", "166"),
        ("т", "168"),
        ("л", "112"),
        ("ящ", "812"),
        ("компл", "839"),
        ("набор", "704"),
        ("пач", "728"),
        ("бут", "868"),
        ("усл. ед", "876"),
        (" Шт. ", "796"),
        ("кор", None),
        ("пал", None),
    ],
)
def test_okei(unit: str, code: str | None) -> None:
    assert line("Чай", quantity=1, price=1, vat_rate=None, unit=unit).okei == code


def test_labels() -> None:
    assert snapshots.document_label(7) == "7"
    assert snapshots.document_label(7, "СЧ-", 5) == "СЧ-00007"
    assert snapshots.document_label(123456, "", 3) == "123456"


def test_dates_come_back_as_dates() -> None:
    assert snapshots.from_json(snapshots.to_json(make_snapshot())).pay_until == date(2026, 11, 25)
