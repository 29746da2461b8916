"""Files going out and coming back: sendDocument, sendPhoto, getFile."""

import io
from typing import Any

from PIL import Image, UnidentifiedImageError

from demo.bot_api_params import Params, Upload
from demo.bot_api_types import JSON, ApiError, Document, StoredFile, bad_request
from demo.bot_api_world import World, as_document

SEND_LIMIT = 50 * 1024 * 1024
PHOTO_LIMIT = 10 * 1024 * 1024
DOWNLOAD_LIMIT = 20 * 1024 * 1024


def read_document(world: World, params: Params) -> tuple[JSON, Document]:
    """The content of a document message and the file itself."""
    stored = _stored(world, params, "document", SEND_LIMIT)
    return {"document": document_json(stored)}, as_document(stored)


def read_photo(world: World, params: Params) -> tuple[JSON, Document]:
    """The content of a photo message and the file itself."""
    stored = _stored(world, params, "photo", PHOTO_LIMIT)
    return {"photo": [photo_json(stored)]}, as_document(stored)


def read_media(world: World, media: JSON) -> tuple[JSON, Document]:
    """The content an ``InputMediaPhoto`` or ``InputMediaDocument`` names by the id of a file sent before."""
    kind = str(media.get("type", ""))
    if kind not in ("photo", "document"):
        raise bad_request("can't parse InputMedia: type must be photo or document here")
    stored = _sent_before(world, kind, media["media"])
    content: JSON = (
        {"photo": [photo_json(stored)]} if kind == "photo" else {"document": document_json(stored)}
    )
    return content, as_document(stored)


def document_json(stored: StoredFile) -> JSON:
    """The Bot API's ``Document``."""
    return _file_json(stored) | {"file_name": stored.name, "mime_type": stored.mime_type}


def photo_json(stored: StoredFile) -> JSON:
    """The Bot API's ``PhotoSize``."""
    width, height = _picture_size(stored.data)
    return _file_json(stored) | {"width": width, "height": height}


def get_file(world: World, params: Params) -> JSON:
    """getFile, up to 20 MB."""
    stored = world.files.get(params.text("file_id"))
    if stored is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    if len(stored.data) > DOWNLOAD_LIMIT:
        raise bad_request("file is too big")
    return _file_json(stored) | {"file_path": stored.path}


def find_by_path(world: World, path: str) -> StoredFile | None:
    """The file that ``/file/bot<token>/<path>`` names."""
    return next((stored for stored in world.files.values() if stored.path == path), None)


def _file_json(stored: StoredFile) -> JSON:
    return {
        "file_id": stored.file_id,
        "file_unique_id": stored.unique_id,
        "file_size": len(stored.data),
    }


def _stored(world: World, params: Params, kind: str, limit: int) -> StoredFile:
    value = params.get(kind)
    if isinstance(value, str) and value.startswith("attach://"):
        value = params.get(value.removeprefix("attach://"))
    if isinstance(value, Upload):
        return _keep(world, kind, value, limit)
    if not value:
        raise bad_request(f"there is no {kind} in the request")
    return _sent_before(world, kind, value)


def _keep(world: World, kind: str, upload: Upload, limit: int) -> StoredFile:
    if not upload.data:
        raise bad_request("file must be non-empty")
    if len(upload.data) > limit:
        raise ApiError(413, "Request Entity Too Large")
    if kind == "photo":
        _picture_size(upload.data)
    return world.store_file(kind, upload.name or kind, upload.mime_type, upload.data)


def _sent_before(world: World, kind: str, file_id: Any) -> StoredFile:
    stored = world.files.get(str(file_id))
    if stored is None:
        raise bad_request("wrong file identifier/HTTP URL specified")
    if stored.kind != kind:
        raise bad_request("type of file mismatch")
    return stored


def _picture_size(data: bytes) -> tuple[int, int]:
    try:
        with Image.open(io.BytesIO(data)) as picture:
            return picture.size
    except (UnidentifiedImageError, OSError):
        raise bad_request("IMAGE_PROCESS_FAILED") from None
