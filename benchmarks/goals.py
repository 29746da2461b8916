"""What was to be reached, and whether it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Goal:
    """One figure and its limit: at least that much, or at most."""

    name: str
    figure: float
    limit: float
    is_floor: bool = False
    # Of figure and limit.
    digits: int = 2
    unit: str = ""

    @property
    def is_reached(self) -> bool:
        """Whether the figure, as it is printed, keeps to the limit."""
        shown = round(self.figure, self.digits)
        return shown >= self.limit if self.is_floor else shown <= self.limit

    def __str__(self) -> str:
        sign = "≥" if self.is_floor else "≤"
        verdict = "reached" if self.is_reached else "missed"
        return f"| {self.name} | {self._shown(self.figure)} | {sign} {self._shown(self.limit)} | {verdict} |"

    def _shown(self, figure: float) -> str:
        return f"{figure:.{self.digits}f}{self.unit}"


def table(goals: Sequence[Goal]) -> list[str]:
    """Return the goals line by line, as a table of Markdown."""
    return ["| goal | measured | limit | |", "| --- | ---: | ---: | --- |", *map(str, goals)]
