"""A call's parameters, however they were sent: query, form, JSON or multipart."""

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from demo.bot_api_types import ApiError, bad_request

MAX_BODY = 64 * 1024 * 1024
# The name is quoted or, as pyTelegramBotAPI writes it, bare up to the next semicolon.
_FIELD = re.compile(r';\s*(name|filename)=(?:"((?:\\.|[^"\\])*)"|([^;]*))')
_TRUE = {"true", "1", "yes", "y", "t"}


@dataclass(frozen=True)
class Upload:
    """A file sent with the call."""

    name: str
    mime_type: str
    data: bytes = field(repr=False)

    def __str__(self) -> str:
        return f"<{self.name}, {len(self.data)} bytes>"


class Params(dict[str, Any]):
    """Typed reading of what is always text on the wire and sometimes JSON."""

    def text(self, name: str, default: str = "") -> str:
        """The value as text."""
        value = self.get(name, default)
        return value if isinstance(value, str) else default if value is None else json.dumps(value)

    def integer(self, name: str, default: int = 0) -> int:
        """The value as a whole number; what isn't one counts as ``default``, as at Telegram."""
        try:
            return int(self.get(name, default))
        except (TypeError, ValueError):
            return default

    def number(self, name: str) -> float | None:
        """The value as a number, or None."""
        try:
            return float(self[name])
        except (KeyError, TypeError, ValueError):
            return None

    def flag(self, name: str) -> bool:
        """The value as a truth value."""
        value = self.get(name, False)
        return value.strip().lower() in _TRUE if isinstance(value, str) else bool(value)

    def parsed(self, name: str) -> Any:
        """The structured value, parsed if it came as text; None when absent or empty."""
        value = self.get(name)
        if not isinstance(value, str):
            return value
        if not value.strip():
            return None
        try:
            return json.loads(value)
        except ValueError:
            kind = name.replace("_", " ")
            raise bad_request(f"can't parse {kind} JSON object") from None

    def brief(self) -> dict[str, Any]:
        """For the call log: uploads by name and size only."""
        return {name: str(value) if isinstance(value, Upload) else value for name, value in self.items()}


async def read_params(request: web.BaseRequest) -> Params:
    """Query and body together; the body wins."""
    params = Params(request.query)
    if not request.body_exists:
        return params
    content_type = request.content_type
    if (request.content_length or 0) > MAX_BODY:
        raise ApiError(413, "Request Entity Too Large")
    body = await request.content.read()
    if content_type == "multipart/form-data":
        params.update(_multipart(body, request.headers["Content-Type"]))
    elif content_type == "application/json":
        params.update(_json_object(body))
    elif content_type == "application/x-www-form-urlencoded":
        params.update(parse_qsl(body.decode(), keep_blank_values=True))
    return params


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body or b"{}")
    except ValueError:
        raise bad_request("can't parse JSON object") from None
    if not isinstance(value, dict):
        raise bad_request("object expected as body")
    return value


def _multipart(body: bytes, content_type: str) -> dict[str, Any]:
    """The fields of a multipart body; read here because aiohttp refuses bare file names, Telegram doesn't."""
    boundary = content_type.partition("boundary=")[2].partition(";")[0].strip().strip('"')
    fields: dict[str, Any] = {}
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary.encode())[1:]:
        if part.startswith(b"--"):
            return fields
        head, blank, data = part.partition(b"\r\n\r\n")
        if not blank:
            break
        headers = _headers(head.decode("utf-8", "replace"))
        names = _names(headers.get("content-disposition", ""))
        mime_type = headers.get("content-type", "application/octet-stream")
        is_file = "filename" in names
        value = Upload(names["filename"], mime_type, data) if is_file else data.decode()
        fields[names.get("name", "")] = value
    raise bad_request("can't parse multipart body")


def _headers(head: str) -> dict[str, str]:
    lines = (line.partition(":") for line in head.split("\r\n") if line)
    return {name.strip().lower(): value.strip() for name, _, value in lines}


def _names(disposition: str) -> dict[str, str]:
    found = _FIELD.findall(disposition)
    return {key: re.sub(r"\\(.)", r"\1", quoted) or bare.strip() for key, quoted, bare in found}
