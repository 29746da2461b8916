"""The administrator's catalogue and customers: added, changed field by field, moved, hidden."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from demo.people import Person
from models import AuditEntry, Category, Customer, PriceList, Product, User, VatKind
from tests.flows import acts
from tests.flows.stage import Stage

BUCKWHEAT = "КР-001"
ROMASHKA = "ООО «Ромашка»"


def test_a_product_is_added_step_by_step_and_sold(stage: Stage) -> None:
    dmitry = stage.dmitry
    _opens_catalogue(dmitry)
    acts.press(dmitry, "Бакалея", "Бакалея\nВыберите")
    acts.press(dmitry, "Крупы", "Крупы\nВыберите")
    acts.press(dmitry, "➕ Товар", "Артикул нового товара?")
    acts.say(dmitry, BUCKWHEAT, "Товар с артикулом «КР-001» уже есть.")
    acts.say(dmitry, "кр-001", "Товар с артикулом «КР-001» уже есть.")
    acts.say(dmitry, "КР-777", "КР-777: название?")
    acts.say(dmitry, "Булгур <мелкий>", "в чём считать?")
    acts.say(dmitry, "=SUM(1)<i>", "Единица — это буквы")
    acts.press(dmitry, "кг", "цена за 1 кг?")
    acts.say(dmitry, "-5", "Здесь не может быть меньше нуля.")
    acts.say(dmitry, "0", "Цена должна быть больше нуля.")
    text = acts.say(dmitry, "120,50", "Булгур <мелкий> — в каталоге.").text
    assert "цена: 120,50 ₽" in acts.plain(text)
    assert "категория: Бакалея / Крупы" in text
    product = _product(stage, "КР-777")
    assert (product.unit, product.price, product.vat_kind, product.on_hand) == (
        "кг",
        12050,
        VatKind.STANDARD,
        0,
    )
    assert _traces(stage, "product", product.id) == ["create"]
    acts.opens(stage.anna)
    acts.press(stage.anna, "📦 Каталог", "Выберите или введите")
    acts.say(stage.anna, "булгур", "по запросу «булгур»")
    acts.offers(stage.anna, "Булгур")


def test_a_product_from_the_top_is_asked_for_its_shelf(stage: Stage) -> None:
    dmitry = stage.dmitry
    _opens_catalogue(dmitry)
    acts.press(dmitry, "➕ Товар", "Артикул нового товара?")
    acts.say(dmitry, "КР-778", "КР-778: название?")
    acts.say(dmitry, "Киноа", "В какую категорию?")
    acts.press(dmitry, "Бакалея", "Сейчас: Бакалея")
    acts.press(dmitry, "Крупы", "Сейчас: Бакалея / Крупы")
    acts.press(dmitry, "✅ Сюда: Крупы", "в чём считать?")
    acts.say(dmitry, "Пач.", "цена за 1 пач?")
    acts.say(dmitry, "99", "Киноа — в каталоге.")
    assert _product(stage, "КР-778").unit == "пач"


@pytest.mark.parametrize(
    ("field", "typed", "shown", "kept"),
    [
        ("название", "  Гречка\nновая ", "Гречка новая", ("name", "Гречка новая")),
        ("цена", "99,90", "цена: 99,90 ₽", ("price", 9990)),
        ("цена", "12 500,50 ₽", "цена: 12 500,50 ₽", ("price", 1_250_050)),
        ("вес, кг", "0,905", "вес, кг: 0,905", ("weight_grams", 905)),
        ("минимум", "1 кор", "минимум: 12 шт (1 кор)", ("minimum", 12_000)),
        ("кратность", "6", "кратность: 6 шт", ("multiple", 6_000)),
        ("мало при", "2 кор", "мало при: 24 шт (2 кор)", ("low_stock", 24_000)),
        (
            "описание",
            "=1+2\n<b>жирно</b>",
            "описание: =1+2\n<b>жирно</b>",
            ("description", "=1+2\n<b>жирно</b>"),
        ),
    ],
)
def test_every_field_is_changed_with_its_check_and_leaves_a_trace(
    stage: Stage, field: str, typed: str, shown: str, kept: tuple[str, object]
) -> None:
    dmitry = stage.dmitry
    _opens_fields(dmitry)
    acts.press(dmitry, f"✏️ {field}", f"Поле «{field}», сейчас:")
    assert shown in acts.plain(acts.say(dmitry, typed, "✅ Сохранено.").text)
    name, value = kept
    product = _product(stage, BUCKWHEAT)
    assert getattr(product, name) == value
    with stage.app.database.reading() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert entry is not None
        assert (entry.subject, entry.subject_id, entry.after) == ("product", str(product.id), {name: value})


@pytest.mark.parametrize(
    ("field", "typed", "answer"),
    [
        ("название", "х" * 301, "помещается 300 символов"),
        ("цена", "дорого", "Это не число."),
        ("цена", "0,00", "Цена должна быть больше нуля."),
        ("упаковки", "@кор=12", "Единица — это буквы"),
        ("цена", "1,234", "После запятой — не больше 2 цифр."),
        ("цена", "1000000000", "Слишком много: не больше 100 000 000."),
        ("упаковки", "кор", "Упаковки пишутся так: кор=12, пал=480."),
        ("упаковки", "кор=12, кор=6", "Упаковка «кор» указана дважды."),
        ("упаковки", "кор=0", "Сколько в одной упаковке «кор»?"),
        ("упаковки", "шт=12", "«шт» — основная единица"),
        ("вес, кг", "-1", "Здесь не может быть меньше нуля."),
        ("минимум", "5 ведро", "не считают в «ведро»"),
        ("минимум", "2,5", "целыми"),
    ],
)
def test_bad_input_is_explained_and_changes_nothing(
    stage: Stage, field: str, typed: str, answer: str
) -> None:
    dmitry = stage.dmitry
    before = _product(stage, BUCKWHEAT).version
    _opens_fields(dmitry)
    acts.press(dmitry, f"✏️ {field}", f"Поле «{field}», сейчас:")
    acts.say(dmitry, typed, answer)
    assert _product(stage, BUCKWHEAT).version == before


def test_a_sku_is_changed_and_nobody_else_has_it_in_whatever_case(stage: Stage) -> None:
    dmitry = stage.dmitry
    _opens_fields(dmitry)
    acts.press(dmitry, "✏️ Артикул", "Поле «Артикул», сейчас: КР-001")
    acts.say(dmitry, "кр-002", "Товар с артикулом «КР-002» уже есть.")
    acts.say(dmitry, "кр-001", "Артикул: кр-001")
    acts.press(dmitry, "✏️ Артикул", "Поле «Артикул», сейчас: кр-001")
    acts.say(dmitry, "Ёж-1", "Артикул: Ёж-1")
    acts.opens(stage.anna)
    acts.press(stage.anna, "📦 Каталог", "Выберите или введите")
    acts.say(stage.anna, "еж-1", "Товары по запросу «еж-1»")
    acts.offers(stage.anna, "Гречка")
    acts.say(stage.anna, "кр-001", "ничего не найдено")
    assert _traces(stage, "product", _product(stage, "Ёж-1").id) == ["update", "update"]


def test_the_card_and_its_fields_take_a_photo_and_say_vat_and_weight(stage: Stage) -> None:
    dmitry = stage.dmitry
    _opens_catalogue(dmitry)
    acts.say(dmitry, BUCKWHEAT, "по запросу")
    text = acts.press(dmitry, "Гречка", "Пришлите фото").text
    assert "НДС: 10%\nвес, кг: 0,92" in text
    acts.press(dmitry, "✏️ Изменить", "категория: Бакалея / Крупы")
    dmitry.send_photo()
    acts.sees(dmitry, "✅ Фото")
    acts.offers(dmitry, "✏️ название")
    assert _product(stage, BUCKWHEAT).photo_file_id is not None


def test_packages_vat_and_shelf_are_changed_and_emptied(stage: Stage) -> None:
    dmitry = stage.dmitry
    _opens_fields(dmitry)
    acts.press(dmitry, "✏️ упаковки", "Поле «упаковки», сейчас: кор=12, пал=480")
    acts.say(dmitry, "мешок=2,5; пал=480", "упаковки: мешок=2,5, пал=480")
    acts.press(dmitry, "✏️ упаковки", "Поле «упаковки», сейчас: мешок=2,5")
    acts.press(dmitry, "🗑️ Оставить пустым", "упаковки: —")
    acts.press(dmitry, "✏️ НДС", "Какой НДС?")
    acts.press(dmitry, "без НДС", "НДС: без НДС")
    acts.press(dmitry, "✏️ категория", "В какую категорию?")
    acts.press(dmitry, "Напитки", "Сейчас: Напитки")
    acts.press(dmitry, "✅ Сюда: Напитки", "категория: Напитки")
    product = _product(stage, BUCKWHEAT)
    assert product.vat_kind is VatKind.EXEMPT
    assert len(_traces(stage, "product", product.id)) == 4


def test_two_administrators_do_not_overwrite_each_other(stage: Stage) -> None:
    dmitry = stage.dmitry
    _opens_fields(dmitry)
    acts.press(dmitry, "✏️ цена", "Поле «цена», сейчас: ")
    _is_dearer(stage, 7777)
    text = acts.say(dmitry, "99", "Пока вы смотрели, товар изменили.").text
    assert "сейчас: 77,77 ₽" in acts.plain(text)
    assert _product(stage, BUCKWHEAT).price == 7777
    acts.say(dmitry, "99", "✅ Сохранено.")
    assert _product(stage, BUCKWHEAT).price == 9900


def test_neither_hiding_nor_moving_overwrites_another_administrator(stage: Stage) -> None:
    dmitry, changed = stage.dmitry, "Пока вы смотрели, товар изменили."
    _opens_fields(dmitry)
    _is_dearer(stage, 7777)
    toast = dmitry.press("🙈 Скрыть").wait_answered().toast
    assert toast is not None
    assert changed in toast.text
    dmitry.wait(lambda who: "77,77 ₽" in acts.plain(who.screen.text), complaint="the old price")
    acts.press(dmitry, "✏️ категория", "В какую категорию?")
    acts.press(dmitry, "Напитки", "Сейчас: Напитки")
    _is_dearer(stage, 8888)
    acts.press(dmitry, "✅ Сюда: Напитки", changed)
    assert "88,88 ₽" in acts.plain(dmitry.screen.text)
    product = _product(stage, BUCKWHEAT)
    assert (product.is_active, _traces(stage, "product", product.id)) == (True, [])
    acts.press(dmitry, "🙈 Скрыть", "Снят с продажи")


def test_a_hidden_product_is_gone_for_the_reps_and_comes_back(stage: Stage) -> None:
    dmitry, anna = stage.dmitry, stage.anna
    _opens_fields(dmitry)
    acts.press(dmitry, "🙈 Скрыть", "Снят с продажи")
    acts.opens(anna)
    acts.press(anna, "📦 Каталог", "Выберите или введите")
    acts.say(anna, BUCKWHEAT, "ничего не найдено")
    acts.press(dmitry, "↩️ Назад", "Снят с продажи")
    acts.press(dmitry, "↩️ К списку", "по запросу")
    acts.press(dmitry, "🙈 Гречка", "Снят с продажи")
    acts.press(dmitry, "✏️ Изменить", "категория: ")
    dmitry.press("👁")
    dmitry.wait(lambda who: "Снят с продажи" not in who.screen.text)
    acts.say(anna, BUCKWHEAT, "Товары по запросу")
    acts.offers(anna, "Гречка")


def test_shelves_are_added_renamed_ordered_moved_and_hidden(stage: Stage) -> None:
    dmitry = stage.dmitry
    _opens_catalogue(dmitry)
    acts.press(dmitry, "➕ Категория", "Название новой категории?")
    acts.say(dmitry, "бакалея", "Категория «бакалея» здесь уже есть.")
    acts.say(dmitry, "Чай / Кофе", "Косая черта с пробелами разделяет категории.")
    acts.say(dmitry, "Чай/кофе", "Категория «Чай/кофе» добавлена.")
    acts.press(dmitry, "✏️ Категория", "▸ Чай/кофе")
    first, *_, last = _shelf_lines(dmitry)
    assert last == "▸ Чай/кофе"
    acts.press(dmitry, "⬆️ Выше", "▸ Чай/кофе")
    dmitry.wait(lambda who: _shelf_lines(who)[-2] == "▸ Чай/кофе", complaint="not moved up")
    acts.press(dmitry, "⬇️ Ниже", "▸ Чай/кофе")
    dmitry.wait(lambda who: _shelf_lines(who)[-1] == "▸ Чай/кофе", complaint="not moved down")
    acts.press(dmitry, "✏️ название", "Категория называется «Чай/кофе»")
    acts.say(dmitry, "Горячее", "▸ Горячее")
    acts.press(dmitry, "📂 Переместить", "В какую категорию?")
    acts.press(dmitry, first.removeprefix("• "), "Сейчас:")
    acts.press(dmitry, "✅ Сюда:", f"Категория: {first.removeprefix('• ')} / Горячее")
    acts.press(dmitry, "🙈 Скрыть", "Скрыта: её товары видны только в поиске.")
    with stage.app.database.reading() as session:
        shelf = session.scalars(select(Category).where(Category.name == "Горячее")).one()
        assert (shelf.parent_id is not None, shelf.is_active) == (True, False)
    assert _traces(stage, "category", shelf.id) == ["create", *["update"] * 5]


def test_a_shelf_is_not_put_onto_one_below_it(stage: Stage) -> None:
    dmitry = stage.dmitry
    _opens_catalogue(dmitry)
    acts.press(dmitry, "Бакалея", "Бакалея\nВыберите")
    acts.press(dmitry, "✏️ Категория", "Категория: Бакалея")
    acts.press(dmitry, "📂 Переместить", "В какую категорию?")
    assert "Бакалея" not in dmitry.screen.labels
    with stage.app.database.reading() as session:
        top = session.scalars(select(Category).where(Category.name == "Бакалея")).one()
        below = session.scalars(select(Category).where(Category.parent_id == top.id)).first()
        assert below is not None
    press = dmitry.forge(f"aht:s:{top.id}:{below.id}", message_id=dmitry.screen.message_id).wait_answered()
    assert press.toast is not None
    assert press.toast.text == "Категорию нельзя вложить в саму себя или в то, что ниже неё."


def test_a_customer_gets_another_rep_a_discount_and_a_language(stage: Stage) -> None:
    dmitry = stage.dmitry
    acts.opens(stage.klara)
    acts.opens(dmitry)
    acts.press(dmitry, "👥 Клиенты", "Клиенты. Для поиска")
    acts.say(dmitry, "ромашка", "по запросу «ромашка»")
    acts.press(dmitry, f"{ROMASHKA} · Анна", "Представитель: Анна")
    acts.press(dmitry, "👤 Представитель", "Чей теперь клиент")
    assert "• Анна" in dmitry.screen.labels
    acts.press(dmitry, "Клара", "Представитель: Клара")
    stage.klara.wait_text(f"Теперь ваш клиент — {ROMASHKA}, передал Дмитрий. Открытые черновики: 0.")
    text = acts.press(dmitry, "💰 Цены", "сейчас: как в каталоге").text
    assert "Выберите прайс-лист" not in text
    assert "Введите скидку в процентах: если 5, клиент платит на 5 % меньше" in acts.plain(text)
    acts.say(dmitry, "+5", "Наценок нет.")
    acts.say(dmitry, "сто", "Введите скидку в процентах")
    acts.say(dmitry, "101", "Введите скидку в процентах")
    acts.say(dmitry, "7,5 %", "Цены: скидка 7,5 %")
    acts.press(dmitry, "💰 Цены", "Выберите прайс-лист или введите скидку")
    acts.press(dmitry, "• скидка 7,5 %", "Цены: скидка 7,5 %")
    acts.press(dmitry, "💬 Язык", "На каком языке счета")
    acts.press(dmitry, "English", "Язык документов: English")
    with stage.app.database.reading() as session:
        customer = session.scalars(select(Customer).where(Customer.name == ROMASHKA)).one()
        assert customer.price_list is not None
        assert (customer.price_list.discount, customer.language) == (750, "en")
        assert len(session.scalars(select(PriceList)).all()) == 1
    assert _traces(stage, "customer", customer.id) == ["update"] * 3
    acts.opens(stage.anna)
    acts.press(stage.anna, "👥 Клиенты", "Ваши клиенты")
    assert ROMASHKA not in stage.anna.screen.labels
    acts.press(dmitry, "💰 Цены", "сейчас: скидка 7,5 %")
    acts.press(dmitry, "Цены каталога", "Цены: как в каталоге")


def test_an_administrator_enters_a_customer_for_a_rep_or_for_nobody_yet(stage: Stage) -> None:
    dmitry = stage.dmitry
    acts.opens(dmitry)
    acts.press(dmitry, "👥 Клиенты", "Клиенты. Для поиска")
    acts.press(dmitry, "➕ Новый клиент", "Название нового клиента")
    acts.say(dmitry, "ООО «Полынь»", "E-mail для счетов")
    acts.press(dmitry, "Пропустить", "ИНН клиента")
    acts.say(dmitry, "7731004518", "КПП клиента")
    acts.say(dmitry, "773101001", "Телефон клиента")
    acts.press(dmitry, "Пропустить", "Чей это клиент — ООО «Полынь»?")
    refused = dmitry.press("Анна").wait_answered()
    assert refused.toast is not None
    assert refused.toast.text.startswith("Этот ИНН уже у клиента ООО «Ромашка».")
    acts.press(dmitry, "Клара", "✅ Клиент ООО «Полынь» добавлен.")
    assert "Представитель: Клара" in acts.sees(dmitry, "КПП: 773101001").text
    acts.press(dmitry, "↩️ К списку", "Клиенты. Для поиска")
    acts.press(dmitry, "➕ Новый клиент", "Название нового клиента")
    acts.say(dmitry, "Ларёк", "E-mail для счетов")
    for question in ("ИНН клиента", "Телефон клиента", "Чей это клиент"):
        acts.press(dmitry, "Пропустить", question)
    acts.press(dmitry, "Пока никто", "Представитель: никто")
    with stage.app.database.reading() as session:
        entered = session.scalars(select(Customer).where(Customer.name.in_(["ООО «Полынь»", "Ларёк"])))
        reps = {customer.name: customer.sales_rep_id for customer in entered}
        assert reps["Ларёк"] is None
        assert session.get_one(User, reps["ООО «Полынь»"]).name == "Клара"
    acts.opens(stage.klara)
    acts.press(stage.klara, "👥 Клиенты", "Ваши клиенты")
    acts.offers(stage.klara, "ООО «Полынь»")


def test_for_everybody_else_there_are_no_such_buttons(stage: Stage) -> None:
    acts.all_open(stage)
    with stage.app.database.reading() as session:
        product = session.scalars(select(Product).where(Product.sku == BUCKWHEAT)).one()
        customer = session.scalars(select(Customer).where(Customer.name == ROMASHKA)).one()
    buttons = [
        *(
            "aep:0",
            f"aeh:{product.id}:1:0:1",
            f"aew:{product.id}:1:0:exempt:1",
            "ahn:0",
            "ahh:1:1",
            "ahs:1:1",
        ),
        *("ahs:1:1", "aht:s:1:0", "ai:catalog", "ax:catalog", "axf:customers:csv", f"kqr:{customer.id}:0"),
        *(f"kpl:{customer.id}:0", f"kgl:{customer.id}:en", f"ae:{product.id}:1:0", "nrt:0", "no-such-button"),
    ]
    for person in (stage.anna, stage.boris):
        acts.opens(person)
        answers = set()
        for data in buttons:
            press = person.forge(data, message_id=person.screen.message_id).wait_answered()
            answers.add(press.toast.text if press.toast else None)
        assert answers == {"Эта кнопка устарела. Вот где вы сейчас."}
    with stage.app.database.reading() as session:
        assert session.get_one(Product, product.id).version == product.version
        assert session.get_one(Customer, customer.id).version == customer.version
    acts.press(stage.anna, "📦 Каталог", "Выберите или введите")
    assert not [label for label in stage.anna.screen.labels if label.startswith(("➕", "📥", "📤", "✏️"))]
    stage.anna.send_document("каталог.csv", "Артикул;Цена\nКР-001;1\n".encode())
    acts.sees(stage.anna, "Выберите или введите")
    assert not [message for message in stage.anna.received if "Читаю" in message.text]


def test_in_english_too(stage: Stage) -> None:
    acts.speaks_english(stage.dmitry)
    acts.press(stage.dmitry, "📦 Catalogue", "Choose, or type")
    acts.press(stage.dmitry, "➕ Product", "SKU of the new product?")
    acts.say(stage.dmitry, "EN-1", "EN-1: name?")
    acts.say(stage.dmitry, "Oats", "On which shelf?")
    acts.press(stage.dmitry, "Бакалея", "Now: Бакалея")
    acts.press(stage.dmitry, "✅ Here: Бакалея", "what is it counted in?")
    acts.press(stage.dmitry, "шт", "price of 1 шт?")
    acts.say(stage.dmitry, "12.50", "Oats is in the catalogue.")
    acts.press(stage.dmitry, "✏️ price", "price, now: RUB 12.50")
    acts.say(stage.dmitry, "x", "This is not a number.")


def _is_dearer(stage: Stage, price: int) -> None:
    """Another administrator changes the price meanwhile."""
    dearer = update(Product).where(Product.sku == BUCKWHEAT)
    with stage.app.database.unit_of_work() as session:
        session.execute(dearer.values(price=price, version=Product.version + 1))


def _opens_catalogue(person: Person) -> None:
    acts.opens(person)
    acts.press(person, "📦 Каталог", "Выберите или введите")


def _opens_fields(person: Person) -> None:
    _opens_catalogue(person)
    acts.say(person, BUCKWHEAT, "по запросу")
    acts.press(person, "Гречка", "Пришлите фото")
    acts.press(person, "✏️ Изменить", "категория: Бакалея / Крупы")


def _shelf_lines(person: Person) -> list[str]:
    text = person.screen.text
    return [line for line in text.split("\n") if line.startswith(("• ", "▸ "))]


def _product(stage: Stage, sku: str) -> Product:
    with stage.app.database.reading() as session:
        return session.scalars(select(Product).where(Product.sku == sku)).one()


def _traces(stage: Stage, subject: str, subject_id: int) -> list[str]:
    with stage.app.database.reading() as session:
        query = select(AuditEntry.action).where(
            AuditEntry.subject == subject, AuditEntry.subject_id == str(subject_id)
        )
        return list(session.scalars(query.order_by(AuditEntry.id)))
