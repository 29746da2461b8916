"""The Bot API over kept-alive connections. No error raised here carries the token or people's text."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
)

CONNECT_SECONDS = 5
READ_SECONDS = 30
POOL_SIZE = 48

NOT_SENT = (ConnectTimeoutError, NameResolutionError, NewConnectionError, ProxyError, MaxRetryError)
JSON_HEADERS = {"Content-Type": "application/json"}


class TelegramError(Exception):
    """Telegram refused a call, and said why."""

    def __init__(self, code: int, description: str, retry_after: int | None = None) -> None:
        super().__init__(f"{code} {description}")
        self.code = code
        self.description = description
        self.retry_after = retry_after


class TelegramUnavailable(Exception):
    """No answer was had. ``may_have_worked`` tells whether the call could have reached Telegram."""

    def __init__(self, reason: str, *, may_have_worked: bool) -> None:
        super().__init__(reason)
        self.may_have_worked = may_have_worked


class Upload(NamedTuple):
    """A file to send: the parameter it goes into, its name and its bytes."""

    field: str
    file_name: str
    content: bytes


class TelegramClient:
    """Calls Bot API methods; safe to share between threads."""

    def __init__(self, token: str, base_url: str, proxy: str | None = None) -> None:
        self._prefix = f"{base_url}/bot{token}/"
        self._files = f"{base_url}/file/bot{token}/"
        self._pool = _make_pool(proxy)

    def call(
        self,
        method: str,
        params: dict[str, Any] | None = None,
        upload: Upload | None = None,
        read_seconds: float = READ_SECONDS,
    ) -> Any:
        """Return the call's ``result``; raises TelegramError or TelegramUnavailable."""
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=read_seconds)
        try:
            if upload is None:
                body = json.dumps(params or {}, ensure_ascii=False, separators=(",", ":")).encode()
                response = self._pool.request(
                    "POST", self._prefix + method, body=body, headers=JSON_HEADERS, timeout=timeout
                )
            else:
                fields = _form_fields(params or {}, upload)
                response = self._pool.request("POST", self._prefix + method, fields=fields, timeout=timeout)
        except HTTPError as error:
            # `from None`: urllib3's own text holds the address, and the address holds the token.
            reason = type(error).__name__
            raise TelegramUnavailable(reason, may_have_worked=not isinstance(error, NOT_SENT)) from None
        return _result_of(response)

    def download(self, file_path: str, limit: int) -> bytes:
        """Return a file's bytes; raises TelegramError when there are more than ``limit``, unread."""
        try:
            response = self._pool.request(
                "GET", self._files + file_path, timeout=READ_SECONDS, preload_content=False
            )
            try:
                content = response.read(limit + 1)
            finally:
                # What is not read to its end leaves no connection that could be used again.
                response.close()
        except HTTPError as error:
            raise TelegramUnavailable(type(error).__name__, may_have_worked=True) from None
        if response.status != 200:
            raise TelegramError(response.status, "file not available")
        if len(content) > limit:
            raise TelegramError(413, "file is too big")
        return content

    def close(self) -> None:
        """Drop the kept connections."""
        self._pool.clear()


def _make_pool(proxy: str | None) -> urllib3.PoolManager:
    # Retrying is the outbox's decision, so urllib3 never does it by itself.
    options: dict[str, Any] = {"maxsize": POOL_SIZE, "retries": False, "num_pools": 4}
    if proxy is None:
        return urllib3.PoolManager(**options)
    if proxy.startswith("socks5"):
        from urllib3.contrib.socks import SOCKSProxyManager

        return SOCKSProxyManager(proxy.replace("socks5://", "socks5h://", 1), **options)
    parsed = urllib3.util.parse_url(proxy)
    headers = urllib3.make_headers(proxy_basic_auth=parsed.auth) if parsed.auth else None
    return urllib3.ProxyManager(parsed._replace(auth=None).url, proxy_headers=headers, **options)


def _form_fields(params: dict[str, Any], upload: Upload) -> dict[str, Any]:
    fields: dict[str, Any] = {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in params.items()
        if value is not None
    }
    fields[upload.field] = (_safe_file_name(upload.file_name), upload.content)
    return fields


def _safe_file_name(name: str) -> str:
    # Such characters would cut the name or add headers in the multipart body.
    return "".join("_" if char in '";\\/' or ord(char) < 32 else char for char in name) or "file"


def _result_of(response: urllib3.BaseHTTPResponse) -> Any:
    try:
        answer = json.loads(response.data)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        # A proxy's or gateway's page: whether Telegram saw the call is not known.
        raise TelegramUnavailable(f"HTTP {response.status}", may_have_worked=True)
    if answer.get("ok"):
        return answer.get("result")
    code = answer.get("error_code")
    code = code if isinstance(code, int) else response.status
    if code >= 500:
        raise TelegramUnavailable(f"HTTP {code}", may_have_worked=True)
    parameters = answer.get("parameters")
    retry_after = parameters.get("retry_after") if isinstance(parameters, dict) else None
    if not isinstance(retry_after, int):
        retry_after = None
    raise TelegramError(code, str(answer.get("description", "")), retry_after)
