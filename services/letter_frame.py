"""What every letter to a client looks like: the same facts as text and as HTML.

The HTML is one table with its styles inline, which Outlook draws like everybody else; it fits a phone, and
loads nothing from anywhere. Whatever people wrote is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import NamedTuple

from services import formats


class LetterText(NamedTuple):
    """What ``mail.compose`` needs to be told."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Content:
    """What a letter says, before it is text or HTML; nothing is escaped yet.

    ``facts`` are names with their values, the most important first; each of ``groups`` is lines that belong
    together; ``note`` is the administrator's own sentence before the farewell.
    """

    language: str
    subject: str
    greeting: str
    intro: str
    facts: Sequence[tuple[str, str]]
    groups: Sequence[Sequence[str]]
    note: str
    sign_off: str
    seller: str


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return ``text`` with ``{name}`` replaced by its value; braces around anything else stay as they are."""
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def facts(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the pairs that have a value, each on one line."""
    return [(name, formats.one_line(value)) for name, value in pairs if value]


def render(content: Content) -> LetterText:
    """Return the letter as text and as HTML."""
    return LetterText(content.subject.replace(formats.NBSP, " "), _text(content), _html(content))


def _text(content: Content) -> str:
    blocks = [content.greeting, content.intro]
    blocks.append("\n".join(f"{name}: {value}" for name, value in content.facts))
    blocks += ["\n".join(group) for group in content.groups]
    blocks += [content.note, f"{content.sign_off}\n{content.seller}"]
    return "\n\n".join(block for block in blocks if block) + "\n"


_PAGE = """\
<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
</head>
<body style="margin:0;padding:0">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr>
<td align="center" style="padding:24px 16px">
<table role="presentation" width="560" cellpadding="0" cellspacing="0" style="width:100%;max-width:560px">
<tr><td align="left" style="{font}">
{body}
</td></tr>
</table>
</td></tr></table>
</body>
</html>
"""
_FONT = "font-family:Arial,Helvetica,sans-serif;font-size:16px;line-height:24px"
# No ink of its own: a letter is read on white and, at night, on black; Outlook leaves the opacity out.
_LINE = "border-bottom:1px solid #a6a6a6"
_FACT_NAME = f"{_FONT};white-space:nowrap;padding:6px 16px 6px 0;{_LINE}"
_FACT_VALUE = f"{_FONT};padding:6px 0;{_LINE}"


def _html(content: Content) -> str:
    blocks = [_paragraph(content.greeting), _paragraph(content.intro), _fact_table(content.facts)]
    blocks += [_paragraph("\n".join(group)) for group in content.groups]
    if content.note:
        blocks.append(_paragraph(content.note))
    blocks.append(_paragraph(f"{content.sign_off}\n{content.seller}"))
    body = "\n".join(blocks)
    title = escape(content.subject.replace(formats.NBSP, " "))
    return _PAGE.format(language=content.language, title=title, font=_FONT, body=body)


def _paragraph(text: str) -> str:
    lines = "<br>\n".join(escape(line) for line in text.split("\n"))
    return f'<p style="margin:0 0 16px 0">{lines}</p>'


def _fact_table(facts: Sequence[tuple[str, str]]) -> str:
    """Return the facts as rows, the first of them, the sum, in bold."""
    rows = []
    for i, (name, value) in enumerate(facts):
        shown = f"<strong>{escape(value)}</strong>" if i == 0 else escape(value)
        rows.append(
            f'<tr><td valign="top" style="{_FACT_NAME}"><span style="opacity:0.75">{escape(name)}</span></td>'
            f'<td valign="top" style="{_FACT_VALUE}">{shown}</td></tr>'
        )
    opening = (
        '<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:0 0 16px 0">'
    )
    return "\n".join([opening, *rows, "</table>"])
