"""A product's photo: set by an administrator, seen by everybody, gone without harm."""

import pytest
from sqlalchemy import select, update

from demo.bot_api_types import Message
from demo.people import Person
from models import AuditEntry, Product
from tests.flows import acts
from tests.flows.stage import Stage

BUCKWHEAT, RICE = "КР-001", "КР-002"


def test_an_administrator_sets_replaces_and_removes_a_photo(stage: Stage) -> None:
    dmitry = stage.dmitry
    _looks_at_buckwheat(dmitry)
    assert "Пришлите фото — товар будет показан с ним." in dmitry.screen.text
    first, second = (dmitry.send_photo(data) for data in (None, None))
    dmitry.wait(lambda who: _photo_of(who.screen) == _photo_of(second), complaint="no second photo")
    assert "✅ Фото сохранено." in dmitry.screen.text
    assert "Чтобы заменить фото, пришлите другое." in dmitry.screen.text
    assert _photo_id(stage) == _photo_of(second) != _photo_of(first)
    card = dmitry.screen
    acts.press(dmitry, "🖼️ Убрать фото", "Пришлите фото")
    assert dmitry.screen.photo is None
    dmitry.wait(lambda _: card.deleted, complaint="the photo's message stays")
    assert _photo_id(stage) is None
    with stage.app.database.reading() as session:
        traces = session.scalars(
            select(AuditEntry).where(AuditEntry.subject == "product", AuditEntry.action == "update")
        ).all()
        assert [(trace.before, trace.after) for trace in traces] == [
            ({"photo_file_id": None}, {"photo_file_id": _photo_of(first)}),
            ({"photo_file_id": _photo_of(first)}, {"photo_file_id": _photo_of(second)}),
            ({"photo_file_id": _photo_of(second)}, {"photo_file_id": None}),
        ]


def test_the_card_has_its_photo_and_the_list_is_a_text_again(stage: Stage) -> None:
    photo = _has_photo(stage, BUCKWHEAT, RICE)
    anna = stage.anna
    _opens_groats(anna, "ru")
    listing = anna.screen
    acts.press(anna, "Гречка ядрица", "Сколько?")
    # The same message: a text takes a photo in place.
    assert anna.screen.message_id == listing.message_id
    assert _photo_of(anna.screen) == photo
    acts.press(anna, "+ 1 шт", "В заказе: 1 шт")
    assert (anna.screen.message_id, _photo_of(anna.screen)) == (listing.message_id, photo)
    acts.press(anna, "↩️ К списку", "Выберите или введите")
    assert anna.screen.message_id > listing.message_id
    assert anna.screen.photo is None
    anna.wait(lambda _: listing.deleted, complaint="the photo's message stays")
    acts.press(anna, "Рис круглозёрный", "Сколько?")
    card = anna.screen
    acts.say(anna, "2 кор", "✅ Рис круглозёрный, 900 г: 2 кор = 24 шт")
    assert not card.deleted
    anna.wait(lambda _: not card.buttons, complaint="the card above keeps its buttons")


def test_in_english_too(stage: Stage) -> None:
    photo = _has_photo(stage, BUCKWHEAT)
    acts.speaks_english(stage.anna)
    _opens_groats(stage.anna, "en")
    acts.press(stage.anna, "Гречка ядрица", "How many? Type for example 12 шт or 5 кор.")
    assert _photo_of(stage.anna.screen) == photo
    acts.press(stage.anna, "↩️ To the list", "Choose, or type")
    assert stage.anna.screen.photo is None
    acts.speaks_english(stage.dmitry)
    acts.press(stage.dmitry, "📦 Catalogue", "Choose, or type")
    acts.say(stage.dmitry, BUCKWHEAT, "Goods found")
    acts.press(stage.dmitry, "Гречка", "Send another photo to replace this one.")
    acts.press(stage.dmitry, "🖼️ Remove the photo", "Send a photo, and the product is shown with it.")


def test_a_photo_telegram_does_not_know_any_more_leaves_the_words(stage: Stage) -> None:
    anna = stage.anna
    with stage.app.database.unit_of_work() as session:
        session.execute(update(Product).values(photo_file_id="AgACAgI-of-another-bot"))
    _opens_groats(anna, "ru")
    acts.press(anna, "Гречка ядрица", "Сколько?")
    assert anna.screen.photo is None
    acts.press(anna, "+ 1 шт", "В заказе: 1 шт")
    acts.say(anna, "много", "Не понял количество.")
    acts.press(anna, "↩️ К списку", "Выберите или введите")
    anna.wait(
        lambda who: [message for message in who.received if message.buttons] == [who.screen],
        complaint="another message keeps its buttons",
    )


def test_from_a_photo_to_one_telegram_does_not_know(stage: Stage) -> None:
    photo = _has_photo(stage, BUCKWHEAT)
    anna = stage.anna
    _opens_groats(anna, "ru")
    acts.press(anna, "Гречка ядрица", "Сколько?")
    assert _photo_of(anna.screen) == photo
    card = anna.screen
    with stage.app.database.unit_of_work() as session:
        session.execute(update(Product).values(photo_file_id="AgACAgI-of-another-bot"))
    acts.press(anna, "+ 1 шт", "В заказе: 1 шт")
    assert anna.screen.message_id > card.message_id
    anna.wait(lambda _: not card.buttons, complaint="the card with the old photo keeps its buttons")
    acts.press(anna, "+ 1 шт", "В заказе: 2 шт")
    acts.press(anna, "↩️ К списку", "Выберите или введите")


def test_a_long_description_yields_to_the_caption_s_limit(stage: Stage) -> None:
    _has_photo(stage, BUCKWHEAT)
    with stage.app.database.unit_of_work() as session:
        session.execute(update(Product).values(name="Ж" * 300, description="слово <b>& 🛒 " * 150))
    anna = stage.anna
    _opens_groats(anna, "ru")
    acts.press(anna, "ЖЖЖЖ", "Сколько? Введите, например,")
    acts.say(anna, "1500", "⚠️ Доступно")
    text = anna.screen.text
    assert len(text.encode("utf-16-le")) // 2 <= 1024
    for piece in ("⚠️ Доступно", "Ж" * 300, "слово <b>& 🛒", "…\n", "Сколько? Введите, например,"):
        assert piece in text


@pytest.mark.parametrize("where", ["catalogue", "order"])
def test_a_rep_s_photo_is_answered_with_what_is_expected(stage: Stage, where: str) -> None:
    anna = stage.anna
    if where == "order":
        _opens_groats(anna, "ru")
        acts.press(anna, "Гречка ядрица", "Сколько?")
    else:
        _looks_at_buckwheat(anna)
        assert "Пришлите фото" not in anna.screen.text
    anna.send_photo()
    acts.sees(anna, "Здесь нужен текст")
    assert "Гречка ядрица" in anna.screen.text
    assert _photo_id(stage) is None


def _opens_groats(person: Person, language: str) -> None:
    words = {
        "ru": ("🛒 Новый заказ", "Для кого заказ?", "Каталог"),
        "en": ("🛒 New order", "For whom?", "Catalogue"),
    }[language]
    if language == "ru":
        acts.opens(person)
    acts.press(person, words[0], words[1])
    acts.press(person, "ООО «Ромашка»", words[2])
    for name in ("Бакалея", "Крупы"):
        acts.press(person, name, f"\n{name}\n")


def _looks_at_buckwheat(person: Person) -> None:
    acts.opens(person)
    acts.press(person, "📦 Каталог", "Выберите или введите")
    acts.say(person, BUCKWHEAT, "Товары по запросу")
    acts.press(person, "Гречка ядрица", "Артикул КР-001")


def _has_photo(stage: Stage, *skus: str) -> str:
    """Give products a photo the bot got before; return its id."""
    photo = _photo_of(stage.petr.send_photo())
    with stage.app.database.unit_of_work() as session:
        session.execute(update(Product).where(Product.sku.in_(skus)).values(photo_file_id=photo))
    return photo


def _photo_of(message: Message) -> str:
    return message.photo.file_id if message.photo is not None else ""


def _photo_id(stage: Stage) -> str | None:
    with stage.app.database.reading() as session:
        return session.scalars(select(Product.photo_file_id).where(Product.sku == BUCKWHEAT)).one()
