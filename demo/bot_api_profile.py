"""The methods about the bot and its chats: getMe, getChat, commands, descriptions, webhook."""

import re
from typing import Any

from demo.bot_api_files import get_file
from demo.bot_api_methods import Method, chat_id
from demo.bot_api_params import Params
from demo.bot_api_types import JSON, bad_request
from demo.bot_api_world import World, scope_key

_COMMAND = re.compile(r"/?[a-z0-9_]{1,32}")
_WIDE_SCOPES = {"default", "all_private_chats", "all_group_chats", "all_chat_administrators"}
_CHAT_SCOPES = {"chat", "chat_administrators", "chat_member"}


def get_me(world: World, _params: Params) -> JSON:
    """getMe."""
    abilities = {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
    }
    return world.bot | abilities


def get_chat(world: World, params: Params) -> JSON:
    """getChat, for whoever the bot has met."""
    chat = chat_id(params)
    user = world.users.get(chat)
    if user is not None and not user.started:
        raise bad_request("chat not found")
    return world.chat_json(chat) | {"accent_color_id": 0, "max_reaction_count": 11}


def delete_webhook(world: World, params: Params) -> bool:
    """deleteWebhook; there never is one here, but ``drop_pending_updates`` counts."""
    if params.flag("drop_pending_updates"):
        world.updates.fetch(world.updates.next_id, 1)
    return True


def get_webhook_info(world: World, _params: Params) -> JSON:
    """getWebhookInfo."""
    return {
        "url": "",
        "has_custom_certificate": False,
        "pending_update_count": len(world.updates),
    }


def _scope_key(world: World, params: Params) -> str:
    scope = params.parsed("scope") or {"type": "default"}
    if not isinstance(scope, dict) or scope.get("type") not in _WIDE_SCOPES | _CHAT_SCOPES:
        raise bad_request("can't parse BotCommandScope: Unsupported type specified")
    if scope["type"] in _CHAT_SCOPES:
        world.chat_json(chat_id(Params(scope)))
        scope = {**scope, "chat_id": int(scope["chat_id"])}
    return scope_key(scope, params.text("language_code"))


def set_my_commands(world: World, params: Params) -> bool:
    """setMyCommands for one scope and language."""
    commands = params.parsed("commands")
    if not isinstance(commands, list):
        raise bad_request("can't parse commands: array expected")
    if len(commands) > 100:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    world.commands[_scope_key(world, params)] = [_command(command) for command in commands]
    return True


def _command(value: Any) -> JSON:
    command, description = str(value.get("command", "")), str(value.get("description", ""))
    if not _COMMAND.fullmatch(command):
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= len(description) <= 256:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": command.removeprefix("/"), "description": description}


def get_my_commands(world: World, params: Params) -> list[JSON]:
    """getMyCommands of exactly that scope and language."""
    return world.commands.get(_scope_key(world, params), [])


def delete_my_commands(world: World, params: Params) -> bool:
    """deleteMyCommands of exactly that scope and language."""
    world.commands.pop(_scope_key(world, params), None)
    return True


def set_my_description(world: World, params: Params) -> bool:
    """setMyDescription, up to 512 characters."""
    return _describe(world, params, "description", 512)


def set_my_short_description(world: World, params: Params) -> bool:
    """setMyShortDescription, up to 120 characters."""
    return _describe(world, params, "short_description", 120)


def _describe(world: World, params: Params, name: str, limit: int) -> bool:
    text = params.text(name)
    if len(text) > limit:
        raise bad_request(f"{name.replace('_', ' ')} is too long")
    language = params.text("language_code")
    world.descriptions[f"{name}:{language}" if language else name] = text
    return True


METHODS: dict[str, Method] = {
    "getme": get_me,
    "getchat": get_chat,
    "getfile": get_file,
    "deletewebhook": delete_webhook,
    "getwebhookinfo": get_webhook_info,
    "setmycommands": set_my_commands,
    "getmycommands": get_my_commands,
    "deletemycommands": delete_my_commands,
    "setmydescription": set_my_description,
    "setmyshortdescription": set_my_short_description,
}
