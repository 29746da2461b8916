"""Every feature, one line each."""

from __future__ import annotations

from handlers import (
    access,
    analytics,
    calendars,
    choosing,
    clients,
    dates,
    delivery_step,
    digests,
    goods,
    load_quantities,
    loading,
    loading_sheet,
    mail_texts,
    my_orders,
    notices,
    order_list,
    ordering,
    outlets,
    places,
    product,
    repeating,
    requisites,
    sending,
    staff,
    start,
    stock,
    stock_changes,
    taking,
    uploads,
    vehicle_orders,
    vehicles,
    warehouse,
)
from handlers.routing import Router

FEATURES = (
    start,
    access,
    choosing,
    goods,
    product,
    taking,
    places,
    delivery_step,
    calendars,
    dates,
    ordering,
    sending,
    repeating,
    order_list,
    my_orders,
    analytics,
    clients,
    outlets,
    warehouse,
    loading,
    load_quantities,
    loading_sheet,
    vehicle_orders,
    vehicles,
    notices,
    digests,
    staff,
    requisites,
    mail_texts,
    uploads,
    stock,
    stock_changes,
)


def register_all(router: Router) -> None:
    """Register every feature's screens, buttons, commands and notices."""
    for feature in FEATURES:
        feature.register(router)
