"""What people changed, in words; every action and every subject of the code has some."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest

from handlers import audit_log, settings_table
from handlers.screen import View
from handlers.screens import audit_text
from handlers.texts import texts_for
from models import AuditEntry, DocumentKind
from services import clientele, company, exports, mail_texts, staffing, vehicles
from services.audit import Name, Names
from services.catalog_rows import ProductValues
from services.customer_rows import CustomerValues
from services.settings_table import SETTINGS

ROOT = Path(__file__).parent.parent.parent
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
NAMES: Names = {
    ("user", 4): Name("Дмитрий"),
    ("user", 1): Name("Анна"),
    ("product", 7): Name("Гречка <ядрица>", "шт"),
    ("order", 5): Name("17"),
    ("vehicle", 2): Name("А123ВС77"),
    ("document", 9): Name("Д-5"),
}


def view(language: str = "ru") -> View:
    return View(texts_for(language), ZoneInfo("Europe/Moscow"), NOW.date())


def entry(action: str, subject: str, subject_id: str | None, before: Any, after: Any) -> AuditEntry:
    return AuditEntry(
        at=NOW, user_id=4, action=action, subject=subject, subject_id=subject_id, before=before, after=after
    )


def said(row: AuditEntry, language: str = "ru") -> list[str]:
    return [line.replace("\u00a0", " ") for line in audit_text.entry(view(language), row, NAMES)]


def test_a_price_before_and_after() -> None:
    row = entry("update", "product", "7", {"price": 8990}, {"price": 9500})
    assert said(row) == [
        "<b>12:00</b> Дмитрий изменил(а) товар «Гречка &lt;ядрица&gt;»",
        "• цена: 89,90 ₽ → 95,00 ₽",
    ]
    assert said(row, "en")[1] == "• price: RUB 89.90 → RUB 95.00"


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        ({"low_stock": 2500}, {"low_stock": None}, "• минимальный остаток: 2,5 шт → —"),
        ({"is_active": True}, {"is_active": False}, "• в продаже: да → нет"),
        ({"vat_kind": "standard"}, {"vat_kind": "exempt"}, "• НДС: основная ставка → без НДС"),
        ({"weight_grams": 900}, {"weight_grams": 1250}, "• вес: 0,9 кг → 1,25 кг"),
        ({"packages": {"кор": 12000}}, {"packages": {}}, "• упаковки: кор = 12 → —"),
        ({"discount": 500}, {"discount": 750}, "• скидка: 5 % → 7,5 %"),
        ({"photo_file_id": None}, {"photo_file_id": "AgAC"}, "• фото: — → есть"),
        ({"sales_rep_id": 1}, {"sales_rep_id": 99}, "• представитель: Анна → №99"),
        ({"shoe_size": 41}, {"shoe_size": 42}, "• shoe_size: 41 → 42"),
        ({"name": "a"}, {"name": "<b>"}, "• название: a → &lt;b&gt;"),
    ],
)
def test_fields_in_words(before: Any, after: Any, line: str) -> None:
    assert said(entry("update", "product", "7", before, after))[1:] == [line]


@pytest.mark.parametrize(
    ("row", "lines"),
    [
        (
            entry("roles", "user", "1", {"roles": ["sales_rep"]}, {"roles": ["sales_rep", "storekeeper"]}),
            [
                "Дмитрий изменил(а) роль сотрудника Анна",
                "• роль: торговый представитель → торговый представитель, кладовщик",
            ],
        ),
        (
            entry("log_out", "user", "1", {"roles": ["admin"]}, {"roles": []}),
            ["Дмитрий: выход из бота", "• роль: администратор → —"],
        ),
        (
            entry(
                "unlock",
                "account",
                "77",
                {"locked_until": "2026-11-20T09:30:00+00:00"},
                {"locked_until": None},
            ),
            ["Дмитрий разрешил(а) снова вводить код: аккаунт 77", "• закрыт до: 12:30 → —"],
        ),
        (
            entry("decide", "access_request", "3", {"state": "pending"}, {"state": "approved"}),
            ["Дмитрий рассмотрел(а) заявку на доступ №3", "• состояние: не рассмотрена → принят"],
        ),
    ],
)
def test_staff_in_words(row: AuditEntry, lines: list[str]) -> None:
    assert said(row) == [f"<b>12:00</b> {lines[0]}", *lines[1:]]


def test_what_did_not_change_is_left_out() -> None:
    row = entry("update", "product", "7", {"sku": "1", "price": 1}, {"sku": "1", "price": 1})
    assert len(said(row)) == 1


def test_orders_put_into_a_vehicle_and_out_of_it() -> None:
    row = entry("assign", "vehicle", "2", {"5": None, "6": 2}, {"5": 2, "6": 3})
    assert said(row) == [
        "<b>12:00</b> Дмитрий выбрал(а) для заказов машину А123ВС77",
        "• заказ №17: — → А123ВС77",
        "• заказ №6: А123ВС77 → №3",
    ]


def test_a_reason_alone_has_no_arrow() -> None:
    row = entry("void", "invoice", "9", None, {"reason": "ошибка"})
    assert said(row) == ["<b>12:00</b> Дмитрий аннулировал(а) счёт №Д-5", "• причина: ошибка"]


def test_files_taken_and_sent() -> None:
    row = entry("export", "catalog", None, None, {"form": "csv"})
    assert said(row) == ["<b>12:00</b> Дмитрий выгрузил(а) каталог в файл", "• вид файла: csv"]
    row = entry("import", "customers", None, None, {"added": 2})
    assert said(row) == ["<b>12:00</b> Дмитрий загрузил(а) клиентов из файла", "• добавлено: 2"]


def test_what_nobody_has_put_into_words_is_shown_as_it_is() -> None:
    row = entry("teleport", "moon", "3", None, {"to": [1, 2]})
    row.user_id = None
    assert said(row) == ["<b>12:00</b> Программа: teleport, moon 3", "• to: [1, 2]"]


def test_many_fields_are_cut() -> None:
    after = {f"field{number}": number for number in range(9)}
    assert said(entry("create", "product", "7", None, after))[-1] == "… и ещё 3 поля"


RECORDING = {"audit.record", "audit.record_many"}


def recorded() -> Iterator[tuple[str, str, str]]:
    """Every action and subject that is given to audit.record or record_many, and where."""
    for path in sorted((ROOT / "services").rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        for function in functions:
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and ast.unparse(node.func) in RECORDING:
                    actions, subjects = (_values(function, node.args[place]) for place in (2, 3))
                    where = f"{path.relative_to(ROOT)}:{node.lineno}"
                    assert actions, f"{where}: no action that can be read off the code"
                    assert subjects, f"{where}: no subject that can be read off the code"
                    yield from ((action, subject, where) for action in actions for subject in subjects)


def _values(function: ast.FunctionDef, node: ast.expr) -> set[str]:
    """The strings an argument may be: a constant, either side of a condition, a name given one of these."""
    if ast.unparse(node) == "document.kind.value":
        return {DocumentKind.INVOICE.value, DocumentKind.WAYBILL.value}
    if ast.unparse(node) == "setting.subject":
        return {setting.subject for setting in SETTINGS.values()}
    if ast.unparse(node) == "what":
        return set(get_args(exports.What))
    if isinstance(node, ast.Constant):
        return {str(node.value)}
    if isinstance(node, ast.IfExp):
        return _values(function, node.body) | _values(function, node.orelse)
    if isinstance(node, ast.Name):
        given = [one for one in ast.walk(function) if isinstance(one, ast.Assign)]
        values = [one.value for one in given if ast.unparse(one.targets[0]) == node.id]
        return set().union(*(_values(function, value) for value in values)) if values else set()
    return set()


def test_every_action_has_words() -> None:
    found = list(recorded())
    assert {"create", "update", "archive", "unarchive", "void"} <= {action for action, _, _ in found}
    assert [f"{where}: {action}" for action, _, where in found if action not in audit_text.ACTIONS] == []


def test_every_subject_has_words_and_a_place_among_the_filters() -> None:
    offered = {subject for subjects in audit_log.SUBJECTS.values() for subject in subjects}
    for _, subject, where in recorded():
        assert subject in audit_text.SUBJECTS, where
        assert subject in offered, where


# Where the names of the fields are no words in the function that records them, and what they may be.
DYNAMIC: dict[str, Iterable[str]] = {
    "assortment._set_shelf": ("name", "parent_id", "position", "is_active"),
    "catalog.add_product": ProductValues.__annotations__,
    "catalog_rows.update_products": ProductValues.__annotations__,
    "clientele.change_outlet": clientele.OUTLET_FIELDS,
    "company.set_requisite": company._CHECKS,
    "customer_rows.update_customers": CustomerValues.__annotations__,
    "customers._enter": CustomerValues.__annotations__,
    "company.confirm_orders": ("confirms_orders",),
    "handover._give": ("sales_rep_id",),
    "handover._move_draft": ("sales_rep_id",),
    "handover.give_all": ("sales_rep", "customers", "drafts"),
    "mail_texts.put": mail_texts.PARTS,
    "settings_table.change": SETTINGS,
    "settings_table.set_place": ("address", "latitude", "longitude"),
    "staffing.change": staffing.FIELDS,
    "vat_table.add": ("starts_on", "percent"),
    "vat_table.remove": ("starts_on", "percent"),
    "vehicles.add": vehicles.FIELDS,
    "vehicles.assign": (),  # numbers of orders
    "vehicles.change": vehicles.FIELDS,
}


def fields_recorded() -> Iterator[tuple[str, str]]:
    """Every field that is given to audit.record or record_many, with where; names that vary from DYNAMIC."""
    paths = [*sorted((ROOT / "services").rglob("*.py")), *sorted((ROOT / "handlers").rglob("*.py"))]
    for path in paths:
        functions = [
            one for one in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(one, ast.FunctionDef)
        ]
        for function in functions:
            where = f"{path.stem}.{function.name}"
            for node in ast.walk(function):
                if not isinstance(node, ast.Call) or ast.unparse(node.func) not in RECORDING:
                    continue
                # Both sides as one, or the facts before and after.
                given = [*node.args[4 if ast.unparse(node.func) == "audit.record_many" else 5 :]]
                given += [keyword.value for keyword in node.keywords]
                for one in given:
                    found = _keys(function, one)
                    if found is None:
                        assert where in DYNAMIC, f"{where}: fields that cannot be read off the code"
                        found = set(DYNAMIC[where])
                    yield from ((field, where) for field in found)


def _keys(function: ast.FunctionDef, node: ast.expr) -> set[str] | None:
    """The keys of what a dict may be; None when they cannot be read off the function."""
    if isinstance(node, ast.Constant) and node.value is None:
        return set()
    if isinstance(node, ast.Dict):
        keys = [key.value if isinstance(key, ast.Constant) else None for key in node.keys]
        return {str(key) for key in keys} if None not in keys else None
    if isinstance(node, ast.IfExp):
        sides = [_keys(function, node.body), _keys(function, node.orelse)]
        return set().union(*(keys or set() for keys in sides)) if None not in sides else None
    if not isinstance(node, ast.Name):
        return None
    values = list(_given(function, node.id))
    found = [_keys(function, value) for value in values]
    return set().union(*(keys or set() for keys in found)) if found and None not in found else None


def _given(function: ast.FunctionDef, name: str) -> Iterator[ast.expr]:
    """What a name is given in a function, alone or as one of several."""
    for node in ast.walk(function):
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == name and node.value is not None:
            yield node.value
        if isinstance(node, ast.Assign):
            target = node.targets[0]
            if ast.unparse(target) == name:
                yield node.value
            elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = zip(target.elts, node.value.elts, strict=True)
                yield from (value for one, value in pairs if ast.unparse(one) == name)


def test_every_field_has_words() -> None:
    found = list(fields_recorded())
    assert {"price", "bik", "roles", "confirms_orders", "latitude", "rate_per_km"} <= {
        field for field, _ in found
    }
    known = {*audit_text.FIELDS, *settings_table.TABLE}
    assert sorted({f"{where}: {field}" for field, where in found if field not in known}) == []


def test_a_field_is_called_by_what_it_belongs_to() -> None:
    row = entry("unblock", "user", "1", {"is_active": False}, {"is_active": True})
    assert said(row) == ["<b>12:00</b> Дмитрий разблокировал(а) сотрудника Анна", "• доступ к боту: нет → да"]
    row = entry("update", "mail_texts", "ru", {"note": None}, {"note": "С 1 мая"})
    assert said(row)[0].endswith("изменил(а) тексты писем (Русский)")
    assert said(row)[1] == "• свой абзац: — → С 1 мая"
    row = entry("update", "vat_rate", "standard", None, {"starts_on": "2027-01-01", "percent": 24})
    assert said(row) == [
        "<b>12:00</b> Дмитрий изменил(а) ставку НДС основная ставка",
        "• действует с: 01.01.2027",
        "• процент: 24 %",
    ]
