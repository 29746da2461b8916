"""Telegram's HTML parse mode: text and entities out of markup, refusing what Telegram refuses."""

import re
from dataclasses import dataclass, field
from html import escape
from typing import Any

Entity = dict[str, Any]

_TYPES = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler",
    "span": "spoiler", "code": "code", "pre": "pre", "a": "text_link", "blockquote": "blockquote",
}  # fmt: skip
_TAGS = {
    "bold": "b", "italic": "i", "underline": "u", "strikethrough": "s", "spoiler": "tg-spoiler",
    "code": "code", "pre": "pre", "blockquote": "blockquote", "expandable_blockquote": "blockquote",
}  # fmt: skip
# Only these four names and numbers are decoded; any other "&" stays as it is, without an error.
_CHARACTER = re.compile(r"&(?:(lt|gt|amp|quot)|#([0-9]{1,7})|#x([0-9a-fA-F]{1,6}));?")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_TAG_NAME = re.compile(r"[^\s>]*")
_ATTRIBUTE = re.compile(r"\s*([a-zA-Z0-9_-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([a-zA-Z0-9.-]+)))?")
_LINK = re.compile(r"(?i)(?:(?:https?|tg|ton)://)?[^\s/?#]+\.?[^\s]*")
_MENTION = re.compile(r"tg://user\?id=(\d+)")


class MarkupError(ValueError):
    """The markup doesn't parse; the message is what Telegram says after "can't parse entities: "."""


def utf16_length(text: str) -> int:
    """The length as Telegram counts it: in UTF-16 code units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def parse_html(markup: str) -> tuple[str, list[Entity]]:
    """The text and its entities; raises :class:`MarkupError`."""
    if "<" not in markup and "&" not in markup:
        return markup, []
    return _Parser(markup).parse()


def trim(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Without white space around, as Telegram keeps it, the entities moved and cut accordingly."""
    stripped = text.strip()
    if stripped == text:
        return text, entities
    shift = utf16_length(text) - utf16_length(text.lstrip())
    length = utf16_length(stripped)
    kept = []
    for entity in entities:
        start = max(entity["offset"] - shift, 0)
        end = min(entity["offset"] + entity["length"] - shift, length)
        if end > start:
            kept.append({**entity, "offset": start, "length": end - start})
    return stripped, kept


def bot_commands(text: str) -> list[Entity]:
    """The ``bot_command`` entities Telegram itself finds in what a person types."""
    found = re.finditer(r"(?<![\w/])/[A-Za-z0-9_]{1,32}(?:@\w+)?", text)
    return [
        {"type": "bot_command", "offset": utf16_length(text[: m.start()]), "length": len(m.group())}
        for m in found
    ]


def render_html(text: str, entities: list[Entity]) -> str:
    """The way back: the text with its formatting as tags."""
    units = text.encode("utf-16-le")
    marks: list[tuple[int, int, int, str]] = []
    for order, entity in enumerate(entities):
        opening, closing = _tags(entity)
        start, end = entity["offset"], entity["offset"] + entity["length"]
        # At one place the inner tags close first, then the outer ones open first.
        marks.append((start, 1, order, opening))
        marks.append((end, 0, -order, closing))
    parts, position = [], 0
    for place, _, _, tag in sorted(marks):
        parts += [escape(units[position * 2 : place * 2].decode("utf-16-le"), quote=False), tag]
        position = place
    return "".join(parts) + escape(units[position * 2 :].decode("utf-16-le"), quote=False)


def _tags(entity: Entity) -> tuple[str, str]:
    if entity["type"] == "text_link":
        return f'<a href="{escape(entity["url"])}">', "</a>"
    if entity["type"] == "text_mention":
        return f'<a href="tg://user?id={entity["user"]["id"]}">', "</a>"
    tag = _TAGS.get(entity["type"])
    return (f"<{tag}>", f"</{tag}>") if tag else ("", "")


@dataclass
class _Open:
    name: str
    offset: int
    attributes: dict[str, str]


@dataclass
class _Parser:
    markup: str
    position: int = 0
    length: int = 0
    parts: list[str] = field(default_factory=list)
    stack: list[_Open] = field(default_factory=list)
    entities: list[Entity] = field(default_factory=list)

    def parse(self) -> tuple[str, list[Entity]]:
        while self.position < len(self.markup):
            here = self.markup[self.position]
            if here == "<":
                closing = self.markup.startswith("</", self.position)
                self.close() if closing else self.open()
            elif here == "&":
                self.character()
            else:
                self.plain()
        if self.stack:
            raise MarkupError(f'Can\'t find end tag corresponding to start tag "{self.stack[-1].name}"')
        self.entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
        return "".join(self.parts), self.entities

    def add(self, text: str) -> None:
        self.parts.append(text)
        self.length += utf16_length(text)

    def plain(self) -> None:
        stop = min(
            (at for at in (self.markup.find(c, self.position) for c in "<&") if at >= 0),
            default=len(self.markup),
        )
        self.add(self.markup[self.position : stop])
        self.position = stop

    def character(self) -> None:
        found = _CHARACTER.match(self.markup, self.position)
        named, decimal, hexadecimal = found.groups() if found else (None, None, None)
        code = int(decimal) if decimal else int(hexadecimal, 16) if hexadecimal else 0
        if named:
            self.add(_NAMED[named])
        elif 0 < code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF:
            self.add(chr(code))
        else:
            self.add("&")
            self.position += 1
            return
        assert found is not None
        self.position = found.end()

    def byte_offset(self) -> int:
        return len(self.markup[: self.position].encode())

    def open(self) -> None:
        start = self.position + 1
        name_match = _TAG_NAME.match(self.markup, start)
        assert name_match is not None
        name, end = name_match.group().lower(), name_match.end()
        if end >= len(self.markup):
            raise MarkupError(f"Unclosed start tag at byte offset {self.byte_offset()}")
        if name not in _TYPES:
            raise MarkupError(f'Unsupported start tag "{name}" at byte offset {self.byte_offset()}')
        attributes, end = self.attributes(name, end)
        if name == "span" and attributes.get("class") != "tg-spoiler":
            place = self.byte_offset()
            raise MarkupError(f'Tag "span" must have class "tg-spoiler" at byte offset {place}')
        self.stack.append(_Open(name, self.length, attributes))
        self.position = end

    def attributes(self, name: str, position: int) -> tuple[dict[str, str], int]:
        found: dict[str, str] = {}
        while True:
            rest = self.markup[position:].lstrip()
            position = len(self.markup) - len(rest)
            if rest.startswith(">"):
                return found, position + 1
            attribute = _ATTRIBUTE.match(self.markup, position)
            if attribute is None:
                raise MarkupError(f'Unclosed start tag "{name}" at byte offset {self.byte_offset()}')
            key, *values = attribute.groups()
            found[key.lower()] = _decode(next((value for value in values if value is not None), ""))
            position = attribute.end()

    def close(self) -> None:
        place = self.byte_offset()
        end = self.markup.find(">", self.position)
        if end < 0:
            raise MarkupError(f"Unclosed end tag at byte offset {place}")
        name = self.markup[self.position + 2 : end].strip().lower()
        if not self.stack:
            raise MarkupError(f"Unexpected end tag at byte offset {place}")
        opened = self.stack.pop()
        if name and name != opened.name:
            raise MarkupError(
                f'Unmatched end tag at byte offset {place}, expected "</{opened.name}>", found "</{name}>"'
            )
        self.position = end + 1
        self.entity(opened)

    def entity(self, opened: _Open) -> None:
        length = self.length - opened.offset
        if not length:
            return  # Telegram drops empty ones silently.
        entity: Entity = {"offset": opened.offset, "length": length, "type": _TYPES[opened.name]}
        if opened.name == "a":
            text = "".join(self.parts).encode("utf-16-le")[opened.offset * 2 :].decode("utf-16-le")
            if not _link(entity, opened.attributes.get("href") or text):
                return
        if opened.name == "blockquote" and "expandable" in opened.attributes:
            entity["type"] = "expandable_blockquote"
        self.entities.append(entity)


def _link(entity: Entity, url: str) -> bool:
    """Fill in where the link leads; false when Telegram would show it as plain text."""
    mention = _MENTION.fullmatch(url)
    if mention:
        entity |= {
            "type": "text_mention",
            "user": {"id": int(mention.group(1)), "is_bot": False, "first_name": ""},
        }
        return True
    if not _LINK.fullmatch(url) or ("://" not in url and "." not in url):
        return False
    entity["url"] = url if "://" in url else f"http://{url}/"
    return True


def _decode(value: str) -> str:
    parser = _Parser(value.replace("<", "&lt;"))
    return parser.parse()[0]
