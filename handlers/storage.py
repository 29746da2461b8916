"""What to do about a database that cannot be used: for the log, the console and the administrators."""

from __future__ import annotations

from handlers.texts import N_, Html, Texts
from models.faults import Trouble

SENTENCES = {
    Trouble.FULL: N_(
        "The disk with the database is full. Make room: nothing is lost, the bot goes on by itself."
    ),
    Trouble.UNREADABLE: N_(
        "The disk with the database fails ({detail}). Look at its health, its room and the limits of the"
        " process: nothing is lost, the bot goes on by itself when it can write."
    ),
    Trouble.READ_ONLY: N_(
        "The database can only be read. Let the bot's user write to the file and its folder, and see whether"
        " the disk is mounted read-only: the bot goes on by itself."
    ),
    Trouble.LOCKED: N_(
        "Another program holds the database. Close it (sqlite3, a viewer, a long import): the bot goes on by"
        " itself."
    ),
    Trouble.DAMAGED: N_(
        "The database is damaged ({detail}). Stop the bot, keep the file, and put back the last copy from"
        " DATA_DIR/backups: python bot.py restore FILE"
    ),
    Trouble.NOT_OPENED: N_(
        "The database cannot be opened ({detail}). Check DATABASE_URL and DATA_DIR, and whether the bot's"
        " user may use file and folder."
    ),
    Trouble.SERVER: N_(
        "The database server does not answer, or refuses ({detail}). Check that it runs, and DATABASE_URL:"
        " the bot goes on by itself."
    ),
}


def sentence(t: Texts, trouble: Trouble, detail: str) -> str:
    """Return what is wrong and what to do, as plain text; ``detail`` is the driver's word for it."""
    return t.plain(SENTENCES[trouble], detail=detail)


def message(t: Texts, trouble: Trouble | None, detail: str) -> Html:
    """Return the administrators' message, that it is over for None."""
    if trouble is None:
        return t(":white_check_mark: The database can be used again. What waited is done now.")
    return t(
        ":warning: <b>The bot stands still.</b> {what} Telegram keeps for a day what people send.",
        what=sentence(t, trouble, detail),
    )
