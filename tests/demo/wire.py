"""Raw calls, past every library."""

from typing import Any

import urllib3

from demo.bot_api import BotApi

# No retries: a test of a cut connection must see the cut.
HTTP = urllib3.PoolManager(retries=False, timeout=10)


def call(api: BotApi, method: str, **params: Any) -> dict[str, Any]:
    """The whole answer of a method, sent as JSON."""
    answer = HTTP.request("POST", f"{api.url}/bot{api.token}/{method}", json=params)
    body: dict[str, Any] = answer.json()
    assert body["ok"] == (answer.status == 200)
    assert body.get("error_code", 200) == answer.status
    return body


def refusal(api: BotApi, method: str, **params: Any) -> str:
    """Why the call was refused."""
    body = call(api, method, **params)
    assert not body["ok"], body
    return str(body["description"])


def result(api: BotApi, method: str, **params: Any) -> Any:
    """What the call returned."""
    body = call(api, method, **params)
    assert body["ok"], body
    return body["result"]


def keyboard(*labels: str, data: str = "x") -> dict[str, Any]:
    """An inline keyboard of one column."""
    return {"inline_keyboard": [[{"text": label, "callback_data": data}] for label in labels]}
