"""A chat printed as the person would see it, for the message of a failed test."""

from collections.abc import Sequence
from typing import Protocol

from demo.bot_api_types import Message, User


class Shown(Protocol):
    """An answer to a press."""

    @property
    def text(self) -> str:
        """What it says."""

    @property
    def alert(self) -> bool:
        """Whether it has to be closed."""


NEWEST = 12


def describe_chat(
    user: User, messages: list[Message], keyboard: list[list[str]], toasts: Sequence[Shown]
) -> str:
    """The newest messages with their buttons, the reply keyboard and the last toasts."""
    lines = [f"──── what {user.first_name} ({user.id}) sees ────"]
    if len(messages) > NEWEST:
        lines.append(f"… {len(messages) - NEWEST} older messages")
    for message in messages[-NEWEST:]:
        lines += _message(message, user.first_name)
    lines += [f"⌨  {_row(row)}" for row in keyboard]
    lines += [f"{'alert' if toast.alert else 'toast'}: {toast.text}" for toast in toasts]
    return "\n".join([*lines, "────"])


def _message(message: Message, name: str) -> list[str]:
    edited = f", edited {message.edits}×" if message.edits else ""
    head = f"#{message.message_id} {'bot' if message.from_bot else name}{edited}: "
    lines = (head + _said(message)).split("\n")
    lines += [f"    {_row([button.label for button in row])}" for row in message.buttons]
    return [lines[0], *(f"    {line.strip()}" for line in lines[1:])]


def _said(message: Message) -> str:
    attached = message.document or message.photo
    file = f"📎 {attached.name}, {len(attached.data)} bytes " if attached else ""
    kinds = ("location", "contact", "sticker", "voice")
    other = "".join(f"<{kind}> " for kind in kinds if kind in message.content)
    return f"{file}{other}{message.text}"


def _row(labels: list[str]) -> str:
    return " ".join(f"[{label}]" for label in labels)
