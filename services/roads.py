"""The distance by road, asked of an OSRM server; called by a worker, never by a handler."""

from __future__ import annotations

import json
from urllib.error import URLError
from urllib.request import Request, urlopen

from services.money import half_up

PATIENCE_SECONDS = 5.0
MAX_ANSWER = 1_000_000


class RouterDown(Exception):
    """The router did not answer in time, refused, or knows no way; the straight line goes on to count."""


class RoadRouter:
    """An OSRM server by its base URL."""

    def __init__(self, base_url: str, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._base_url = base_url
        self._patience_seconds = patience_seconds

    def metres(self, start: tuple[float, float], end: tuple[float, float]) -> int:
        """Return the driving distance between two (latitude, longitude), in metres rounded to 0.1 km.

        Raises RouterDown. The request is OSRM's route service, profile driving, without geometry.
        """
        points = ";".join(f"{longitude:.6f},{latitude:.6f}" for latitude, longitude in (start, end))
        request = Request(f"{self._base_url}/route/v1/driving/{points}?overview=false")
        try:
            with urlopen(request, timeout=self._patience_seconds) as response:
                answer = json.loads(response.read(MAX_ANSWER))
            metres = int(answer["routes"][0]["distance"])
        except (URLError, OSError, ValueError, KeyError, IndexError, TypeError) as error:
            raise RouterDown(type(error).__name__) from None
        return half_up(metres, 100) * 100
