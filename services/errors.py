"""The one error type of the house: a code and parameters, turned into the user's sentence in one place."""

from __future__ import annotations

from typing import Any


class DomainError(Exception):
    """Something a person can be told in a sentence; ``code`` selects it, ``params`` fill it."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        return f"{self.code} {self.params}" if self.params else self.code


class Invalid(DomainError):
    """What was typed or chosen breaks a rule; nothing was changed."""


class NotFound(DomainError):
    """It does not exist, or it is not the actor's: the two are not told apart."""


class Conflict(DomainError):
    """The state has moved on: somebody else was faster, or the button is stale."""


class Forbidden(DomainError):
    """The actor's roles do not allow it."""
