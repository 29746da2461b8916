import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo import bot_api_entities as entities


@pytest.mark.parametrize(
    ("markup", "text", "found"),
    [
        ("<b>Заказ</b> №17", "Заказ №17", [("bold", 0, 5)]),
        ("🛒 <b>Корзина</b>", "🛒 Корзина", [("bold", 3, 7)]),
        ("<b>a<i>b</i></b>c", "abc", [("bold", 0, 2), ("italic", 1, 1)]),
        ("a & b &amp;amp; &lt;c&gt; &#1071; &#x42F; &nbsp;", "a & b &amp; <c> Я Я &nbsp;", []),
        ("<B>a</>", "a", [("bold", 0, 1)]),
        ("<b></b>x", "x", []),
        ("<a href='https://ya.ru/?a=1&amp;b'>x</a>", "x", [("text_link", 0, 1)]),
        ("<a href='nowhere'>x</a>", "x", []),
        ("<span class=\"tg-spoiler\">x</span>", "x", [("spoiler", 0, 1)]),
        ("<tg-spoiler>y</tg-spoiler>", "y", [("spoiler", 0, 1)]),
        ("<blockquote expandable>x</blockquote>", "x", [("expandable_blockquote", 0, 1)]),
        ("<pre>a\n b</pre><code>c</code><s>d</s><u>e</u>", "a\n bcde",
         [("pre", 0, 4), ("code", 4, 1), ("strikethrough", 5, 1), ("underline", 6, 1)]),
    ],
)  # fmt: skip
def test_parses(markup: str, text: str, found: list[tuple[str, int, int]]) -> None:
    got, parsed = entities.parse_html(markup)
    assert got == text
    assert [(entity["type"], entity["offset"], entity["length"]) for entity in parsed] == found


def test_link_keeps_its_address() -> None:
    _, [link] = entities.parse_html('<a href="https://ya.ru/?a=1&amp;b=2">карта</a>')
    assert link["url"] == "https://ya.ru/?a=1&b=2"
    _, [mention] = entities.parse_html('<a href="tg://user?id=7">Анна</a>')
    assert (mention["type"], mention["user"]["id"]) == ("text_mention", 7)


@pytest.mark.parametrize(
    ("markup", "why"),
    [
        ("5 <6", "Unclosed start tag at byte offset 2"),
        ("5 < 6 > 4", 'Unsupported start tag "" at byte offset 2'),
        ("Я <h1>x</h1>", 'Unsupported start tag "h1" at byte offset 3'),
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("<a href=>x</a>", 'Unclosed start tag "a" at byte offset 0'),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
def test_refuses(markup: str, why: str) -> None:
    with pytest.raises(entities.MarkupError) as refused:
        entities.parse_html(markup)
    assert str(refused.value) == why


def test_trims_and_moves_the_entities() -> None:
    text, found = entities.trim(*entities.parse_html(" \n<b>🛒 x </b>\n"))
    assert (text, found) == ("🛒 x", [{"type": "bold", "offset": 0, "length": 4}])
    assert entities.trim(*entities.parse_html("a<b> </b>")) == ("a", [])


@given(st.text())
def test_text_survives_escaping(text: str) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert entities.parse_html(escaped) == (text, [])


@given(
    st.lists(
        st.tuples(st.sampled_from(["b", "i", "u", "code", "tg-spoiler"]), st.text(min_size=1)), max_size=6
    )
)
def test_rendering_is_the_way_back(pieces: list[tuple[str, str]]) -> None:
    markup = "".join(f"<{tag}>{_escape(text)}</{tag}>" for tag, text in pieces)
    assert entities.render_html(*entities.parse_html(markup)) == markup


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def test_nested_tags_come_back_nested() -> None:
    markup = '<b>a<i>b</i></b><a href="https://ya.ru/x">c</a>'
    assert entities.render_html(*entities.parse_html(markup)) == markup
