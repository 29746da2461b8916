"""Every feature, one line each."""

from __future__ import annotations

from handlers import (
    access,
    choosing,
    clients,
    dates,
    delivery_step,
    goods,
    loading,
    my_orders,
    notices,
    ordering,
    outlets,
    places,
    repeating,
    requisites,
    sending,
    staff,
    start,
)
from handlers.routing import Router

FEATURES = (
    start,
    access,
    choosing,
    goods,
    places,
    delivery_step,
    dates,
    ordering,
    sending,
    repeating,
    my_orders,
    clients,
    outlets,
    loading,
    notices,
    staff,
    requisites,
)


def register_all(router: Router) -> None:
    """Register every feature's screens, buttons, commands and notices."""
    for feature in FEATURES:
        feature.register(router)
