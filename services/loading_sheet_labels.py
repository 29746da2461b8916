"""The fixed words of the loading sheet in each language."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Labels:
    """The fixed words of the sheet in one language; ``{…}`` are filled in."""

    title: str
    footer: str
    warehouse: str
    day: str
    window: str
    whole_day: str
    vehicle: str
    capacity: str
    driver: str
    orders: str
    weight: str
    kilograms: str
    at_least: str
    overload: str
    left_out: str
    by_product: str
    by_order: str
    sku: str
    name: str
    quantity: str
    packages: str
    kg: str
    loaded: str
    total: str
    order: str
    is_loaded: str
    pickup: str
    note: str
    gave: str
    took: str
    nothing: str


RUSSIAN = Labels(
    title="Лист загрузки",
    footer="Лист загрузки · {what} · стр. {page} из {pages}",
    warehouse="Склад",
    day="День",
    window="Окно",
    whole_day="весь день",
    vehicle="Машина",
    capacity="{plate}, до {capacity}",
    driver="Водитель",
    orders="Заказов",
    weight="Общий вес",
    kilograms="{weight} кг",
    at_least="не меньше {weight} кг (вес части товаров не указан)",
    overload="ПЕРЕГРУЗ: {weight} из {capacity}",
    left_out="Не вошло заказов: {count}. Выберите одно окно или машину.",
    by_product="Товары",
    by_order="Заказы",
    sku="Артикул",
    name="Товар",
    quantity="Кол-во",
    packages="В упаковках",
    kg="Вес, кг",
    loaded="Загр.",
    total="Итого",
    order="№ {number} · {customer}",
    is_loaded="загружен",
    pickup="Самовывоз",
    note="Пометка: {note}",
    gave="Загрузил",
    took="Принял",
    nothing="На это время заказов нет.",
)

ENGLISH = Labels(
    title="Loading sheet",
    footer="Loading sheet · {what} · page {page} of {pages}",
    warehouse="Warehouse",
    day="Day",
    window="Window",
    whole_day="the whole day",
    vehicle="Vehicle",
    capacity="{plate}, up to {capacity}",
    driver="Driver",
    orders="Orders",
    weight="Total weight",
    kilograms="{weight} kg",
    at_least="at least {weight} kg (some products' weight is not known)",
    overload="OVERLOAD: {weight} of {capacity}",
    left_out="Orders left out: {count}. Choose one window or vehicle.",
    by_product="Goods",
    by_order="Orders",
    sku="SKU",
    name="Product",
    quantity="Quantity",
    packages="In packages",
    kg="Weight, kg",
    loaded="Loaded",
    total="Total",
    order="No. {number} · {customer}",
    is_loaded="loaded",
    pickup="Pick-up",
    note="Note: {note}",
    gave="Loaded by",
    took="Received by",
    nothing="No orders for this time.",
)

LABELS = {"ru": RUSSIAN, "en": ENGLISH}
