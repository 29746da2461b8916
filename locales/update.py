"""Brings the catalogues up to the code: `make texts`.

New messages are added to every bot.po, gone ones dropped; emoji aliases in translations become the emoji
themselves, so that a running bot need not load the table of all emoji there are. English says what the code
says, so only its plurals are ever typed.
"""

from __future__ import annotations

from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po
from emoji import emojize

HERE = Path(__file__).parent
CODE = HERE.parent / "handlers"
LANGUAGES = ("ru", "en")
KEYWORDS = {"t": None, "plain": None, "many": (1, 2), "N_": None}


def main() -> None:
    """Rewrite every catalogue."""
    messages = sorted(extracted(), key=str)
    for language in LANGUAGES:
        path = HERE / language / "LC_MESSAGES" / "bot.po"
        with path.open("rb") as file:
            known = read_po(file, locale=language)
        updated = Catalog(locale=language, project="TradingStoreBot", version="0", fuzzy=False)
        updated.creation_date = known.creation_date
        missing = 0
        for message in messages:
            text = translated(
                known.get(message if isinstance(message, str) else message[0]), message, language
            )
            missing += not text
            updated.add(message, text)
        with path.open("wb") as file:
            write_po(file, updated, width=100)
        print(f"{language}: {len(messages)} messages, {missing} to translate")


def extracted() -> set[str | tuple[str, ...]]:
    """Return the messages of the code; a plural one is a pair."""
    return {
        message if isinstance(message, str) else tuple(message)
        for _, _, message, _, _ in extract_from_dir(CODE, [("**.py", "python")], keywords=KEYWORDS)
    }


def translated(found: Message | None, message: str | tuple[str, ...], language: str) -> str | tuple[str, ...]:
    """Return the translation with its emoji in place; English falls back on the message itself."""
    text = found.string if found is not None and found.string else ""
    if not text and language == "en":
        text = message
    if isinstance(text, str):
        return emojize(text, language="alias")
    return tuple(emojize(form, language="alias") for form in text)


if __name__ == "__main__":
    main()
