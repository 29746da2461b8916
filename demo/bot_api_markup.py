"""Checks what a message is made of — text, caption, keyboards — as Telegram does."""

from typing import Any

from demo import bot_api_entities as entities
from demo.bot_api_params import Params
from demo.bot_api_types import JSON, Rows, bad_request

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
DATA_LIMIT = 64
BUTTON_LIMIT = 100
_ACTIONS = ("callback_data", "url", "web_app", "login_url", "switch_inline_query",
            "switch_inline_query_current_chat", "copy_text", "pay", "callback_game")  # fmt: skip


def read_text(params: Params) -> JSON:
    """``text`` and ``entities`` for a message's content; raises Telegram's refusals."""
    text, found = _formatted(params, "text", "entities")
    if not text:
        raise bad_request("message text is empty")
    if entities.utf16_length(text) > TEXT_LIMIT:
        raise bad_request("message is too long")
    return {"text": text, "entities": found} if found else {"text": text}


def read_caption(params: Params) -> JSON:
    """``caption`` and ``caption_entities``, or nothing when there is no caption."""
    text, found = _formatted(params, "caption", "caption_entities")
    if entities.utf16_length(text) > CAPTION_LIMIT:
        raise bad_request("message caption is too long")
    if not text:
        return {}
    return {"caption": text, "caption_entities": found} if found else {"caption": text}


def _formatted(params: Params, name: str, entities_name: str) -> tuple[str, list[JSON]]:
    text = params.text(name).replace("\r", "")
    mode = params.text("parse_mode").lower()
    if mode == "html":
        try:
            return entities.trim(*entities.parse_html(text))
        except entities.MarkupError as error:
            raise bad_request(f"can't parse entities: {error}") from None
    if mode not in ("", "none"):
        # Telegram knows Markdown too; a bot that writes HTML sends it by mistake only.
        raise bad_request("unsupported parse_mode")
    return entities.trim(text, params.parsed(entities_name) or [])


def read_markup(params: Params) -> tuple[Rows | None, JSON | None]:
    """``reply_markup`` as an inline keyboard or as any other markup; at most one of the two is set."""
    markup = params.parsed("reply_markup")
    if markup is None or markup == {}:
        return None, None
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" in markup:
        return read_inline_keyboard(markup["inline_keyboard"]), None
    if "keyboard" in markup:
        return None, {
            **markup,
            "keyboard": [_reply_row(row) for row in _rows(markup["keyboard"], "keyboard")],
        }
    return None, markup


def read_inline_keyboard(value: Any) -> Rows | None:
    """The checked rows; None when there isn't one button."""
    rows = [[_inline_button(button) for button in row] for row in _rows(value, "inline keyboard")]
    rows = [row for row in rows if row]
    if sum(map(len, rows)) > BUTTON_LIMIT:
        raise bad_request("reply markup is too long")
    return rows or None


def _rows(value: Any, kind: str) -> list[list[Any]]:
    if not isinstance(value, list) or not all(isinstance(row, list) for row in value):
        raise bad_request(f"can't parse {kind}: array of arrays of buttons expected")
    return value


def _inline_button(button: Any) -> JSON:
    if not isinstance(button, dict) or not isinstance(button.get("text"), str):
        raise bad_request('can\'t parse inline keyboard button: Field "text" must be of type String')
    if not any(action in button for action in _ACTIONS):
        raise bad_request(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    if not button["text"].strip():
        raise bad_request("inline keyboard button text must be non-empty")
    data = button.get("callback_data")
    if data is not None and not (isinstance(data, str) and 1 <= len(data.encode()) <= DATA_LIMIT):
        raise bad_request("BUTTON_DATA_INVALID")
    url = button.get("url")
    if url is not None and not (isinstance(url, str) and url.partition("://")[2]):
        raise bad_request("BUTTON_URL_INVALID")
    return button


def _reply_row(row: list[Any]) -> list[JSON]:
    return [_reply_button({"text": button} if isinstance(button, str) else button) for button in row]


def _reply_button(button: Any) -> JSON:
    if not isinstance(button, dict) or not str(button.get("text", "")).strip():
        raise bad_request("can't parse keyboard button: text must be non-empty")
    return button
