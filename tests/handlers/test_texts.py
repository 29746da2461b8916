import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.texts import LANGUAGES, Html, escaped, isolated, stack, texts_for


@given(st.text())
def test_people_s_text_is_never_markup(text: str) -> None:
    said = texts_for("ru")("Hello, {name}! Role: {roles}", name=text, roles="<i>")
    assert "<" not in said
    assert "&lt;i&gt;" in said


def test_html_of_ours_stays_html() -> None:
    said = texts_for("ru")("Hello, {name}! Role: {roles}", name=Html("<b>Анна</b>"), roles="a & b")
    assert said == "Здравствуйте, <b>Анна</b>! Роль: a &amp; b"
    assert escaped(Html("<b>")) == "<b>"
    assert escaped("<b>") == "&lt;b&gt;"


def test_what_has_no_markup_is_not_escaped() -> None:
    assert (
        texts_for("en").plain("Hello, {name}! Role: {roles}", name="<A&B>", roles="x")
        == "Hello, <A&B>! Role: x"
    )


@pytest.mark.parametrize("name", ["שוקולד 900", "شاي", "a\u202eb", "чай שחור"])
def test_what_runs_right_to_left_turns_nothing_else_round(name: str) -> None:
    texts = texts_for("en")
    assert (
        texts("Hello, {name}! Role: {roles}", name=name, roles="x") == f"Hello, \u2068{name}\u2069! Role: x"
    )
    label = texts.plain("Hello, {name}! Role: {roles}", name=name, roles="x")
    assert label == f"Hello, \u2068{name}\u2069! Role: x"
    assert escaped(name) == isolated(name) == f"\u2068{name}\u2069"


@pytest.mark.parametrize("name", ["", "Чай «Ёж» №5, 900 г", "日本", "🫖", "é"])
def test_other_names_stay_as_they_are(name: str) -> None:
    assert isolated(name) == name


def test_braces_in_people_s_text_are_text() -> None:
    said = texts_for("ru")("Hello, {name}! Role: {roles}", name="{roles} {0} {", roles="x")
    assert said == "Здравствуйте, {roles} {0} {! Роль: x"


@pytest.mark.parametrize(
    ("language", "n", "said"),
    [
        ("ru", 1, "и ещё 1 позиция"),
        ("ru", 3, "и ещё 3 позиции"),
        ("ru", 11, "и ещё 11 позиций"),
        ("ru", 21, "и ещё 21 позиция"),
        ("en", 1, "and 1 more line"),
        ("en", 2, "and 2 more lines"),
    ],
)
def test_things_are_counted_in_the_reader_s_grammar(language: str, n: int, said: str) -> None:
    assert said in texts_for(language).many("… and {n} more line", "… and {n} more lines", n)


def test_emoji_are_in_place() -> None:
    for language in LANGUAGES:
        label = texts_for(language).plain(":shopping_cart: New order")
        assert label.startswith("🛒 ")
        assert ":" not in label


def test_a_message_no_catalogue_knows_is_said_as_it_is() -> None:
    assert texts_for("ru")(":house: No such {x}", x="<") == "🏠 No such &lt;"


def test_an_unknown_language_is_the_first() -> None:
    assert texts_for("de").language == texts_for("").language == "ru"
    assert texts_for("en").language == "en"


def test_parts_are_stacked_line_by_line() -> None:
    assert stack("a", Html("b")) == "a\nb"


@pytest.mark.parametrize("name", ["مخبز", "ООО שלום", "عبد 5 <b>"])
def test_right_to_left_names_keep_to_themselves(name: str) -> None:
    words = texts_for("ru")
    inside = f"\u2068{name}\u2069"
    assert words.plain("Delete the draft for {name}?", name=name) == f"Удалить черновик для {inside}?"
    assert escaped(name) == inside.replace("<b>", "&lt;b&gt;")


@given(st.text(st.characters(max_codepoint=0x58F)))
def test_other_names_are_left_as_they_are(name: str) -> None:
    assert isolated(name) == name
