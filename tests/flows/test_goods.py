"""The catalogue in an order: lists and the way back, quantities that can be had, names of any kind."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select, update

from demo.people import Person
from models import Category, Order, OrderLine, Product, Unit
from tests.flows import acts
from tests.flows.stage import Stage


@dataclass(frozen=True)
class Words:
    """What stands on the screens of one language."""

    new_order: str
    for_whom: str
    catalogue: str
    to_list: str
    back: str
    next_page: str
    found: str
    how_many: str
    in_order: str
    take: str
    available: str
    now: str
    is_sku: str
    at_least: str
    possible: str
    multiples: str
    nothing: str
    not_enough: str
    decimals: str
    unclear: str
    boxes: str


RU = Words(
    new_order="🛒 Новый заказ",
    for_whom="Для кого заказ?",
    catalogue="Каталог",
    to_list="↩️ К списку",
    back="↩️ Назад",
    next_page="Вперёд",
    found="Товары по запросу «{}»:",
    how_many="Сколько? Введите, например, {}.",
    in_order="🛒 В заказе: {}",
    take="✅ Взять {}",
    available="⚠️ Доступно {}.",
    now="теперь {}. Чтобы искать, введите буквы или артикул целиком.",
    is_sku="«{}» — это артикул, поэтому это поиск.",
    at_least="⚠️ Не меньше {}.",
    possible="Можно: {}.",
    multiples="⚠️ Только кратно {}.",
    nothing="Сейчас ничего нет в наличии.",
    not_enough="Того, что есть, не хватит: наименьший заказ — {}.",
    decimals="После запятой — не больше трёх цифр.",
    unclear="Не понял количество.",
    boxes="{} или {}",
)
EN = Words(
    new_order="🛒 New order",
    for_whom="For whom?",
    catalogue="Catalogue",
    to_list="↩️ To the list",
    back="↩️ Back",
    next_page="On a page",
    found="Goods found for “{}”:",
    how_many="How many? Type for example {}.",
    in_order="🛒 In the order: {}",
    take="✅ Take {}",
    available="⚠️ {} available.",
    now="now {}. To search, type letters or a whole SKU.",
    is_sku="“{}” is a SKU, so this is a search;",
    at_least="⚠️ At least {}.",
    possible="Possible: {}.",
    multiples="⚠️ Only multiples of {}.",
    nothing="Nothing is available now.",
    not_enough="What is available does not suffice: the least order is {}.",
    decimals="At most three digits behind the comma.",
    unclear="I did not understand the quantity.",
    boxes="{} or {}",
)
BOTH = pytest.mark.parametrize("w", [RU, EN], ids=["ru", "en"])


@BOTH
def test_from_a_search_and_back_to_its_page(stage: Stage, w: Words) -> None:
    anna = _orders(stage, w)
    # Sixteen names have it: two pages, by name.
    acts.say(anna, "ма", w.found.format("ма"))
    first_page = _goods(anna)
    acts.press(anna, w.next_page, w.found.format("ма"))
    anna.wait(lambda who: _goods(who) != first_page, complaint="no second page")
    second_page = _goods(anna)
    acts.press(anna, second_page[0], w.how_many.split("{")[0])
    acts.press(anna, w.to_list, w.found.format("ма"))
    assert _goods(anna) == second_page
    acts.press(anna, second_page[1], w.how_many.split("{")[0])
    acts.say(anna, "2", "✅ ")
    assert w.found.format("ма") in anna.screen.text
    assert [_name(label) for label in _goods(anna)] == [_name(label) for label in second_page]
    acts.press(anna, second_page[0], w.how_many.split("{")[0])
    acts.press(anna, "+ 1", w.in_order.split("{")[0])
    acts.press(anna, w.to_list, w.found.format("ма"))
    assert [_name(label) for label in _goods(anna)] == [_name(label) for label in second_page]


@BOTH
def test_from_a_shelf_below_back_to_the_page_above(stage: Stage, w: Words) -> None:
    _fill_shelf(stage, "Бакалея", 12)
    anna = _orders(stage, w)
    acts.press(anna, "Бакалея", "\nБакалея\n")
    acts.press(anna, w.next_page, "\nБакалея\n")
    anna.wait(lambda who: any(label.startswith("Ящик 09") for label in who.screen.labels))
    acts.press(anna, "Крупы", "\nКрупы\n")
    acts.press(anna, "Гречка ядрица", w.how_many.split("{")[0])
    acts.say(anna, "5", "✅ Гречка")
    acts.press(anna, w.back, "\nБакалея\n")
    assert [_name(label) for label in _goods(anna)] == [f"Ящик {number:02}" for number in (9, 10, 11, 12)]
    acts.press(anna, w.back, w.catalogue)
    acts.press(anna, "Бакалея", "\nБакалея\n")
    assert _name(_goods(anna)[0]) == "Ящик 01"


@BOTH
def test_a_number_right_after_a_product_was_taken_is_its_quantity(stage: Stage, w: Words) -> None:
    anna = _orders(stage, w)
    acts.say(anna, "гречка", w.found.format("гречка"))
    acts.press(anna, "Гречка ядрица", w.how_many.split("{")[0])
    acts.say(anna, "2 кор", "✅ Гречка ядрица «Увелка», 900 г: 2 кор = 24 шт")
    # A number alone stays in the unit it was counted in a moment ago.
    acts.say(anna, "5", w.now.format("5 кор = 60 шт"))
    assert w.found.format("гречка") in anna.screen.text
    acts.say(anna, "1 пал", w.now.format("1 пал = 480 шт, 40 кор"))
    assert _lines(stage) == [("КР-001", 480_000, "пал")]
    acts.say(anna, "9999 шт", w.available.format("1 440 шт" if w is RU else "1,440 шт"))
    assert _lines(stage) == [("КР-001", 480_000, "пал")]


@BOTH
def test_a_number_that_is_a_sku_is_a_search_even_then(stage: Stage, w: Words) -> None:
    with stage.app.database.unit_of_work() as session:
        session.execute(update(Product).where(Product.sku == "КР-002").values(sku="17", search_text="17 рис"))
    anna = _orders(stage, w)
    acts.say(anna, "гречка", w.found.format("гречка"))
    acts.press(anna, "Гречка ядрица", w.how_many.split("{")[0])
    acts.say(anna, "2 кор", "✅ Гречка")
    acts.say(anna, "17", w.is_sku.format("17"))
    assert w.found.format("17") in anna.screen.text
    assert _name(_goods(anna)[0]) == "Рис круглозёрный, 900 г"
    # Now nothing has just been taken: a number is a search again.
    acts.say(anna, "450", w.found.format("450"))
    assert _lines(stage) == [("КР-001", 24_000, "кор")]


@BOTH
def test_words_typed_on_a_card_are_a_search_when_they_fit(stage: Stage, w: Words) -> None:
    anna = _orders(stage, w)
    acts.say(anna, "гречка", w.found.format("гречка"))
    acts.press(anna, "Гречка ядрица", w.how_many.split("{")[0])
    acts.say(anna, "много", w.unclear)
    assert "Гречка ядрица" in anna.screen.text
    acts.say(anna, "сахар", w.found.format("сахар"))
    acts.press(anna, "Сахар-песок, 1 кг", w.how_many.split("{")[0])
    acts.say(anna, "3", "✅ Сахар-песок, 1 кг: 3 шт")
    assert w.found.format("сахар") in anna.screen.text
    # So they are in the cart.
    acts.press(anna, "🛒", "× ")
    acts.say(anna, "рис", w.found.format("рис"))


@BOTH
def test_the_example_and_the_units_are_what_can_be_had(stage: Stage, w: Words) -> None:
    anna = _orders(stage, w)
    for sku, example in (
        ("КР-001", w.boxes.format("12 шт", "5 кор")),
        ("КР-006", "6 шт"),  # eight pieces, less than a box
        ("МЛ-005", w.boxes.format("2,5 кг" if w is RU else "2.5 кг", "3 бр")),  # 12,35 kg, bars of 3,5
        ("ЧК-004", "5 шт"),
    ):
        acts.say(anna, sku, w.found.format(sku))
        text = acts.plain(acts.press(anna, _goods(anna)[0], f" {sku}\n").text)
        assert text.endswith(w.how_many.format(example)), text
    acts.say(anna, "шпроты", w.found.format("шпроты"))
    text = acts.press(anna, "Шпроты", "КН-004").text
    assert text.endswith(w.nothing)
    assert not any(label.startswith(("+", "−")) for label in anna.screen.labels)


@BOTH
def test_weighed_goods_are_taken_to_the_gram(stage: Stage, w: Words) -> None:
    anna = _orders(stage, w)
    acts.say(anna, "гауда", w.found.format("гауда"))
    acts.press(anna, "Сыр «Гауда»", "МЛ-005")
    acts.say(anna, "0,1255 кг", w.decimals)
    assert _lines(stage) == []
    acts.say(anna, "0,125 кг", "✅ Сыр «Гауда» 45 %, вес: 0,125 кг" if w is RU else "вес: 0.125 кг")
    acts.say(anna, "7 кг", w.now.format("7 кг = 2 бр"))
    assert _lines(stage) == [("МЛ-005", 7_000, "кг")]


@BOTH
def test_minimum_and_multiple_are_said_with_what_is_possible(stage: Stage, w: Words) -> None:
    with stage.app.database.unit_of_work() as session:
        changes = {"minimum": 10_000, "multiple": 4_000, "on_hand": 30_000}
        session.execute(update(Product).where(Product.sku == "КР-001").values(**changes))
    anna = _orders(stage, w)
    acts.say(anna, "гречка", w.found.format("гречка"))
    text = acts.plain(acts.press(anna, "Гречка ядрица", "КР-001").text)
    assert text.endswith(w.how_many.format(w.boxes.format("12 шт", "2 кор")))
    text = acts.plain(acts.say(anna, "7", w.at_least.format("10 шт")).text)
    assert w.possible.format("12 шт") in text
    text = acts.plain(acts.say(anna, "18", w.multiples.format("4 шт")).text)
    assert w.possible.format("16 шт, 20 шт") in text
    assert _lines(stage) == []
    acts.press(anna, w.take.format("20 шт"), "✅ Гречка ядрица «Увелка», 900 г: 20 шт")
    assert _lines(stage) == [("КР-001", 20_000, "шт")]
    acts.say(anna, "31", w.multiples.format("4 шт"))
    acts.press(anna, w.take.format("28 шт"), "✅ Гречка ядрица «Увелка», 900 г: 28 шт")
    assert _lines(stage) == [("КР-001", 28_000, "шт")]


@BOTH
def test_plus_and_minus_keep_to_minimum_multiple_and_stock(stage: Stage, w: Words) -> None:
    with stage.app.database.unit_of_work() as session:
        changes = {"minimum": 10_000, "multiple": 4_000, "on_hand": 23_000}
        session.execute(update(Product).where(Product.sku == "КР-001").values(**changes))
    anna = _orders(stage, w)
    acts.say(anna, "гречка", w.found.format("гречка"))
    acts.press(anna, "Гречка ядрица", "КР-001")
    for amount in ("12 шт = 1 кор", "16 шт", "20 шт"):
        acts.press(anna, "+ 1 шт", w.in_order.format(amount))
    acts.press(anna, "+ 1 шт", w.available.format("23 шт"))
    assert _lines(stage) == [("КР-001", 20_000, "шт")]
    acts.offers(anna, w.take.format("20 шт"))
    acts.press(anna, "кор", w.how_many.split("{")[0])
    acts.press(anna, "+ 1 кор", w.available.format("23 шт"))
    # Down to the minimum first, then to nothing.
    acts.press(anna, "− 1 кор", w.in_order.format("1 кор = 12 шт"))
    anna.press("шт")
    acts.press(anna, "− 1 шт", w.how_many.split("{")[0])
    anna.wait(lambda who: w.in_order.split("{")[0] not in who.screen.text, complaint="still in the order")
    assert _lines(stage) == []


@BOTH
def test_less_in_stock_than_the_least_order_is_said(stage: Stage, w: Words) -> None:
    with stage.app.database.unit_of_work() as session:
        session.execute(update(Product).where(Product.sku == "КР-006").values(multiple=12_000))
    anna = _orders(stage, w)
    acts.say(anna, "горох", w.found.format("горох"))
    text = acts.plain(acts.press(anna, "Горох колотый", "КР-006").text)
    assert text.endswith(w.not_enough.format("12 шт"))
    acts.say(anna, "12", w.available.format("8 шт"))
    assert _lines(stage) == []
    assert not any(label.startswith(w.take.split("{")[0]) for label in anna.screen.labels)


LONG = "Ж" * 300
EMOJI = "🫖👨‍👩‍👧 Чай <b>&" + "🍵" * 280
HEBREW = "שוקולד מריר 900"


@pytest.mark.parametrize("name", [LONG, EMOJI, HEBREW], ids=["long", "emoji", "right to left"])
def test_names_of_any_kind_go_from_the_list_to_the_paper(stage: Stage, name: str, tmp_path: Path) -> None:
    with stage.app.database.unit_of_work() as session:
        changes = {"name": name, "photo_file_id": _photo(stage)}
        session.execute(update(Product).where(Product.sku == "КР-001").values(**changes))
    acts.all_open(stage)
    anna = stage.anna
    acts.press(anna, "🛒 Новый заказ", "Для кого заказ?")
    acts.press(anna, "ООО «Ромашка»", "Каталог")
    acts.say(anna, "КР-001", "Товары по запросу")
    label = next(label for label in anna.screen.labels if "89,90" in label)
    shown, price, available = acts.plain(label).split(" · ")
    assert (price, available) == ("89,90 ₽", "1 440 шт")
    assert len(label) <= 60
    # What runs right to left is fenced in, so that the price stays behind it.
    assert (shown[0], shown[-1]) == (("\u2068", "\u2069") if name is HEBREW else (name[0], shown[-1]))
    assert name.startswith(shown.strip("\u2068\u2069").removesuffix("…"))
    acts.press(anna, acts.plain(label), "Сколько?")
    assert anna.screen.photo is not None
    assert name in anna.screen.text
    acts.say(anna, "5 кор", "5 кор = 60 шт")
    acts.press(anna, "🛒 Корзина", "5 кор (60 шт) × 89,90 ₽ = 5 394,00 ₽")
    acts.press(anna, "Дальше", "Куда везти?")
    acts.press(anna, anna.screen.labels[0], "День доставки")
    acts.chooses_first_day(anna)
    text = acts.press(anna, "Без пометки", "Черновик").text
    assert name[:79] in text
    assert ("\u2068" in text) == (name is HEBREW)
    acts.press(anna, "✅ Отправить на склад", "отправлен на склад")
    assert name[:79] in acts.card(stage.boris, 1).text
    acts.loads(stage.boris, 1)
    letter = stage.mailbox.wait_letters(1)[0]
    assert not [call for call in stage.api.calls.find() if call.status == 400]
    paper = _text_of(letter.attachments["Счет_1.pdf"], tmp_path)
    assert "5 394,00" in paper
    if name is LONG:
        assert paper.count("Ж") == 300
    elif name is EMOJI:
        # The fonts of documents have no emoji: a sign in place of each, never nothing.
        assert "<b>&?" in paper
        assert paper.count("?") == 1 + 3 + 280


def _photo(stage: Stage) -> str:
    photo = stage.petr.send_photo().photo
    assert photo is not None
    return photo.file_id


def _text_of(pdf: bytes, folder: Path) -> str:
    file = folder / "invoice.pdf"
    file.write_bytes(pdf)
    run = subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, check=True)
    return acts.plain(run.stdout.decode())


def _orders(stage: Stage, w: Words) -> Person:
    """Anna at the shelves of a new order for Ромашка."""
    anna = stage.anna
    if w is EN:
        acts.speaks_english(anna)
    else:
        acts.opens(anna)
    acts.press(anna, w.new_order, w.for_whom)
    acts.press(anna, "ООО «Ромашка»", w.catalogue)
    return anna


def _goods(person: Person) -> list[str]:
    return [
        acts.plain(label) for label in person.screen.labels if label.count(" · ") == 2 and "🛒" not in label
    ]


def _name(label: str) -> str:
    return label.split(" · ")[0]


def _lines(stage: Stage) -> list[tuple[str, int, str]]:
    with stage.app.database.reading() as session:
        order = session.scalars(select(Order)).one()
        rows = session.scalars(select(OrderLine).where(OrderLine.order_id == order.id)).all()
        return [(line.product.sku, line.quantity, line.unit) for line in rows]


def _fill_shelf(stage: Stage, name: str, count: int) -> None:
    with stage.app.database.unit_of_work() as session:
        shelf = session.scalars(select(Category).where(Category.name == name)).one()
        session.add_all(
            Product(
                sku=f"Я{number}",
                name=f"Ящик {number:02}",
                category_id=shelf.id,
                unit="шт",
                price=100,
                on_hand=0,
                packages=[Unit(code="уп", factor=6_000)],
            )
            for number in range(1, count + 1)
        )
