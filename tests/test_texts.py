"""Both catalogues are whole: every message of the code, translated, with its placeholders and emoji."""

from __future__ import annotations

import re
import string
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from emoji import emoji_list, emojize, is_emoji

from handlers.texts import LANGUAGES, texts_for

ROOT = Path(__file__).parent.parent
# handlers/texts.py and N_ mark a message; t(…), t.plain(…) and t.many(…) use one.
KEYWORDS = {"N_": None, "t": None, "plain": None, "many": (1, 2)}
ALIAS = re.compile(r":[a-z0-9_+'’-]+:")
PLACEHOLDER = re.compile(r"\{[^}]*\}")

Message = str | tuple[str, ...]


@lru_cache
def in_the_code() -> dict[Message, str]:
    """Every message of the code, and where it is first used."""
    found: dict[Message, str] = {}
    rows = extract_from_dir(str(ROOT / "handlers"), method_map=[("**.py", "python")], keywords=KEYWORDS)
    for path, line, message, _, _ in rows:
        found.setdefault(message, f"handlers/{path}:{line}")
    return found


@lru_cache
def catalogue(language: str) -> Catalog:
    with (ROOT / "locales" / language / "LC_MESSAGES" / "bot.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def translated(language: str) -> dict[Message, tuple[str, ...]]:
    """Every message of a catalogue with its form or forms."""
    return {
        message.id if isinstance(message.id, str) else tuple(message.id): _forms(message.string)
        for message in catalogue(language)
        if message.id
    }


def _forms(string: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    return (string,) if isinstance(string, str) else tuple(string or ())


def sources(message: Message) -> tuple[str, ...]:
    return (message,) if isinstance(message, str) else message


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_the_code_is_read() -> None:
    messages = in_the_code()
    assert len(messages) > 200
    assert "Enter the access code your administrator gave you." in messages
    assert any(isinstance(message, tuple) for message in messages)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_of_the_code_is_in_the_catalogue(language: str) -> None:
    known = translated(language)
    assert [f"{where}: {message}" for message, where in in_the_code().items() if message not in known] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_of_the_catalogue_is_in_the_code(language: str) -> None:
    assert [message for message in translated(language) if message not in in_the_code()] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_fuzzy_obsolete_or_empty(language: str) -> None:
    messages = catalogue(language)
    assert [message.id for message in messages if message.id and message.fuzzy] == []
    assert list(messages.obsolete) == []
    assert [message for message, forms in translated(language).items() if not all(forms)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_fills_in_what_its_message_fills_in(language: str) -> None:
    wrong = [
        message
        for message, forms in translated(language).items()
        for form in forms
        if placeholders(form) != placeholders(sources(message)[-1])
    ]
    assert wrong == []


@pytest.mark.parametrize(("language", "forms"), [("ru", 3), ("en", 2)])
def test_what_is_counted_has_all_its_forms(language: str, forms: int) -> None:
    counted = {
        message: found for message, found in translated(language).items() if isinstance(message, tuple)
    }
    assert counted
    assert [message for message, found in counted.items() if len(found) != forms] == []
    assert catalogue(language).num_plurals == forms


@pytest.mark.parametrize(
    ("n", "form"),
    [
        (0, 2),
        (1, 0),
        (2, 1),
        (4, 1),
        (5, 2),
        (11, 2),
        (12, 2),
        (14, 2),
        (21, 0),
        (22, 1),
        (101, 0),
        (111, 2),
        (112, 2),
    ],
)
def test_russian_counts_as_russians_do(n: int, form: int) -> None:
    assert texts_for("ru")._catalogue.plural_index(n) == form


def aliases(text: str) -> list[str]:
    """The emoji a text has by name; a placeholder between colons is none."""
    return ALIAS.findall(PLACEHOLDER.sub("", text))


def emoji_in(text: str) -> list[str]:
    return [found["emoji"].replace("\ufe0f", "") for found in emoji_list(emojize(text, language="alias"))]


def test_every_alias_of_the_code_is_an_emoji() -> None:
    named = [
        (alias, message) for message in in_the_code() for text in sources(message) for alias in aliases(text)
    ]
    assert len(named) > 50
    assert [pair for pair in named if not is_emoji(emojize(pair[0], language="alias"))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_its_emoji_in_place_and_those_of_its_message(language: str) -> None:
    for message, forms in translated(language).items():
        for form in forms:
            assert aliases(form) == [], message
            assert emoji_in(form) == emoji_in(sources(message)[-1]), message


class Tags(HTMLParser):
    """Reads HTML as Telegram does, which refuses what does not close."""

    ALLOWED = frozenset({"b", "i", "code", "a"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        if tag not in self.ALLOWED:
            self.faults.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"/{tag}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_html_that_telegram_takes(language: str) -> None:
    for forms in translated(language).values():
        for form in forms:
            reader = Tags()
            reader.feed(form)
            reader.close()
            assert (reader.faults, reader.open) == ([], []), form


def test_russian_texts_are_russian() -> None:
    # Latin words and no Cyrillic letter: a translation that was forgotten. Addresses and e-mail are no words.
    plain = {
        form: PLACEHOLDER.sub("", ALIAS.sub("", form))
        for forms in translated("ru").values()
        for form in forms
    }
    latin = re.compile(r"[A-Za-z]{2}")
    forgotten = [
        form
        for form, text in plain.items()
        if latin.search(re.sub("(?i)e-mail|pdf|xlsx|<[^>]*>", "", text)) and not re.search("[А-Яа-яЁё]", text)
    ]
    assert forgotten == []


# Labels of the screens this version has, word for word as they were agreed.
LABELS = """
    ✉️ Попросить доступ|✅ Торговый представитель|✅ Кладовщик|⛔ Отклонить
    🛒 Новый заказ|📋 Мои заказы|👥 Клиенты|📦 Каталог|⚙️ Настройки|❓ Помощь
    ➕ Новый клиент|Пропустить
    ➕ Товары|✏️ Позиции|📍 Адрес|📅 Дата|📝 Пометка|✅ Отправить на склад|🗑 Удалить черновик
    🔁 Как в прошлый раз|🔁 Повторить|↩️ К списку|🛒 Корзина · {n} · {amount}
    ✅ Верно|🏬 Самовывоз
    ↩️ Отозвать|⛔ Отменить|📄 Счёт|✉️ Отправить счёт ещё раз|✉️ Отправить счёт
    📥 К загрузке
    🙋 Взять в работу|✅ Подтвердить загрузку|⛔ Отклонить|↩️ Вернуть в очередь|✅ Да, загружено
    👤 Сотрудники
"""


@pytest.mark.parametrize("label", [label.strip() for label in re.split(r"[|\n]", LABELS) if label.strip()])
def test_the_russian_labels_are_the_ones_agreed(label: str) -> None:
    forms = {
        emojize(form, language="alias").replace("\ufe0f", "")
        for forms in translated("ru").values()
        for form in forms
    }
    assert label.replace("\ufe0f", "") in forms


@pytest.mark.parametrize(
    ("message", "russian"),
    [
        (
            "Enter the access code your administrator gave you.",
            "Введите код доступа, который выдал администратор.",
        ),
        ("{distance} km × {rate} = {amount}", "{distance} км × {rate} = {amount}"),
        (
            ":round_pushpin: {address} — {distance} km — {amount}",
            "📍 {address} — {distance} км — {amount}",
        ),
        ("{available} available.", "Доступно {available}."),
        ("Not found.", "Не найдено."),
    ],
)
def test_the_russian_sentences_are_the_ones_agreed(message: str, russian: str) -> None:
    assert translated("ru")[message] == (russian,)
