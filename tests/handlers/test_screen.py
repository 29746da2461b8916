import html
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from handlers.addresses import Address, MyOrders
from handlers.keyboards import in_rows, pager
from handlers.screen import MAX_TEXT, Button, Screen, View, clipped, fitting, utf16_length
from handlers.texts import Html, escaped, texts_for
from services.paging import Page

RU = View(texts_for("ru"), ZoneInfo("Europe/Moscow"), date(2026, 11, 20))
EN = View(texts_for("en"), ZoneInfo("Europe/Moscow"), date(2026, 11, 20))


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_a_button_carries_data_or_a_link() -> None:
    assert Button("Заказ", Address(17)).to_json() == {"text": "Заказ", "callback_data": "a:17"}
    assert Button("Карта", url="https://osm.example/").to_json() == {
        "text": "Карта",
        "url": "https://osm.example/",
    }
    with pytest.raises(ValueError, match="does nothing"):
        Button("Ничего").to_json()


def test_a_long_label_is_cut_visibly() -> None:
    label = Button("я" * 61, Address(1)).to_json()["text"]
    assert (len(label), label[-2:]) == (60, "я…")
    assert Button("я" * 60, Address(1)).to_json()["text"] == "я" * 60


def test_a_screen_is_the_parameters_of_its_message() -> None:
    params = Screen(Html("<b>Заказ</b>"), [[Button("Да", Address(1))], []]).to_params()
    assert params == {
        "text": "<b>Заказ</b>",
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
        "reply_markup": {"inline_keyboard": [[{"text": "Да", "callback_data": "a:1"}]]},
    }
    assert "reply_markup" not in Screen(Html("a")).to_params()


def test_a_contact_is_asked_for_by_telegram_s_own_button() -> None:
    keyboard = Screen(Html("a"), contact_button="Контакт").to_params()["reply_markup"]["keyboard"]
    assert keyboard == [[{"text": "Контакт", "request_contact": True}]]
    assert Screen(Html("a"), removes_keyboard=True).to_params()["reply_markup"] == {"remove_keyboard": True}


def test_sentences_come_above_the_screen() -> None:
    assert Screen(Html("экран")).under("раз", "два").text == "раз\n\nдва\n\nэкран"


def test_a_screen_with_a_photo_is_a_caption_and_knows_its_words_without_it() -> None:
    button = [[Button("Да", Address(1))]]
    markup = {"inline_keyboard": [[{"text": "Да", "callback_data": "a:1"}]]}
    screen = Screen(Html("<b>Чай</b>\n" + "я" * 1024), button, photo="id")
    caption = {"caption": "<b>Чай</b>\n…", "parse_mode": "HTML"}
    about = {"about": {"instead": screen.to_params()}}
    assert screen.to_params()["text"].endswith("я" * 1024)
    assert screen.to_call() == ("sendPhoto", {"photo": "id", **caption, "reply_markup": markup, **about})
    media = {"type": "photo", "media": "id", **caption}
    redraw = {"message_id": 7, "media": media, "reply_markup": markup, **about}
    assert screen.to_call(7) == ("editMessageMedia", redraw)
    bare = Screen(Html("a"))
    assert bare.to_call() == ("sendMessage", bare.to_params())
    assert bare.to_call(7) == ("editMessageText", {**bare.to_params(), "message_id": 7})


@given(st.text(alphabet="aя😀<& \n", max_size=400), st.integers(-5, 500))
@example("", -1)
def test_people_s_text_is_clipped_to_any_room(text: str, room: int) -> None:
    shown = clipped(text, room)
    if utf16_length(escaped(text)) <= room:
        assert shown == escaped(text)
        return
    assert utf16_length(shown) <= max(room, 0)
    whole = html.unescape(shown)
    assert whole == "" or (whole[-1] == "…" and text.startswith(whole[:-1]))


def test_clipping_ends_behind_a_word() -> None:
    assert clipped("Высший сорт, пакет", 14) == "Высший сорт,…"
    assert clipped("Высшийсорт", 7) == "Высший…"
    assert clipped("а & б", 4) == "а…"


@given(st.lists(st.text(alphabet="aя😀", min_size=0, max_size=300), max_size=60))
def test_a_text_of_any_length_fits_in_whole_lines(lines: list[str]) -> None:
    text = "\n".join(lines)
    shown = fitting(text)
    assert utf16_length(shown) <= MAX_TEXT
    if shown != text:
        *kept, tail = shown.split("\n")
        assert tail == "…"
        assert kept == lines[: len(kept)]


def test_length_is_counted_as_telegram_counts() -> None:
    # An emoji outside the first plane is two UTF-16 units.
    assert utf16_length("a😀я") == len("a😀я".encode("utf-16-le")) // 2 == 4
    assert fitting("😀" * 2048) == "😀" * 2048
    assert fitting("a\n" + "😀" * 2049) == "a\n…"


def test_sums_quantities_and_distances_are_written_as_the_reader_writes() -> None:
    assert plain(RU.money(14_200)) == "142,00 ₽"
    assert plain(EN.money(14_200)) == "RUB 142.00"
    assert plain(RU.money(100, "KZT")) == "1,00 ₸"
    assert (plain(RU.quantity(2_500, "кг")), plain(EN.quantity(2_500, "кг"))) == ("2,5 кг", "2.5 кг")
    assert (RU.distance(14_200), EN.distance(14_250)) == ("14,2", "14.3")


def test_days_and_moments_are_on_the_company_s_clock() -> None:
    assert RU.day(date(2026, 11, 23)) == "пн 23.11.2026"
    assert RU.moment(datetime(2026, 11, 20, 7, 42, tzinfo=UTC)) == "10:42"
    # 21:30 in UTC the day before is half past midnight of today in Moscow.
    assert RU.moment(datetime(2026, 11, 19, 21, 30, tzinfo=UTC)) == "00:30"
    assert RU.moment(datetime(2026, 11, 19, 20, 59, tzinfo=UTC)) == "19.11.2026 23:59"


@pytest.mark.parametrize(
    ("number", "has_next", "leads_to"), [(0, False, []), (0, True, [1]), (1, True, [0, 2]), (2, False, [1])]
)
def test_a_pager_leads_to_the_pages_there_are(number: int, has_next: bool, leads_to: list[int]) -> None:
    rows = pager(RU.t, Page(("x",), number, has_next), MyOrders)
    assert [button.data for row in rows for button in row] == [MyOrders(page) for page in leads_to]


def test_buttons_are_laid_out_in_rows() -> None:
    buttons = [Button(str(number), Address(number)) for number in range(5)]
    assert [len(row) for row in in_rows(buttons)] == [2, 2, 1]
    assert [button for row in in_rows(buttons, 3) for button in row] == buttons
    assert in_rows([]) == []
