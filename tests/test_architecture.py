"""The fences of the code base: which package may import which, and that what is named is also there."""

from __future__ import annotations

import ast
import dataclasses
import enum
import importlib
import pkgutil
import re
import string
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, get_type_hints

import pytest
import telebot

import handlers
from handlers import callbacks, sentences
from handlers.callbacks import MAX_BYTES, Data
from handlers.registry import register_all
from handlers.routing import Router

ROOT = Path(__file__).parent.parent
OURS = ("bot", "settings", "runtime", "demo", "handlers", "services", "models", "migrations")
# Imports go one way. What each may import of ours, besides itself.
BELOW = {
    "bot": {"settings", "runtime", "demo", "handlers", "services", "models", "migrations"},
    "runtime": {"handlers", "services", "models", "migrations"},
    "demo": {"bot", "settings", "runtime", "handlers", "services", "models", "migrations"},
    "handlers": {"services", "models"},
    "services": {"models"},
    "migrations": {"models"},
    "models": set[str](),
    "settings": set[str](),
}
# A library behind a fence, and the modules (by the beginning of their names) that may import it.
FENCES = {
    "telebot": ("bot", "runtime.", "handlers."),
    "geopy": ("services.geo",),
    "smtplib": ("services.mail", "demo."),
    "sqlalchemy": ("models.", "services.", "migrations.", "demo.sample"),
    "alembic": ("migrations.",),
    "aiohttp": ("demo.",),
    "asyncio": ("demo.",),
    "aiosmtpd": ("demo.",),
    "psycopg": (),
    "requests": (),
}
# A router without a front door is a mistake of the wiring.
REACHES_NOBODY = {"no_front_door"}


class Import(NamedTuple):
    """One imported module, and whether it is there for the type checker only."""

    module: str
    line: int
    is_typing: bool


@lru_cache
def modules() -> dict[str, ast.Module]:
    """Every module of ours by its dotted name; a package goes by its own name and a dot."""
    found = {}
    for name in OURS:
        path = ROOT / name
        files = sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]
        for file in files:
            parts = file.relative_to(ROOT).with_suffix("").parts
            dotted = ".".join(parts).removesuffix("__init__")
            found[dotted] = ast.parse(file.read_text("utf-8"))
    return found


def imports_of(tree: ast.Module) -> Iterator[Import]:
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno, id(node) in typing_only)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield Import(node.module or "", node.lineno, id(node) in typing_only)


def all_imports() -> Iterator[tuple[str, Import]]:
    for name, tree in modules().items():
        for one in imports_of(tree):
            yield name, one


def test_imports_go_one_way() -> None:
    upward = []
    for name, one in all_imports():
        package, target = name.partition(".")[0], one.module.partition(".")[0]
        if target in OURS and target != package and target not in BELOW[package] and not one.is_typing:
            upward.append(f"{name}:{one.line} imports {one.module}")
    assert upward == []


@pytest.mark.parametrize("library", FENCES)
def test_a_library_stays_behind_its_fence(library: str) -> None:
    outside = [
        f"{name}:{one.line}"
        for name, one in all_imports()
        if one.module.partition(".")[0] == library
        and not one.is_typing
        and not f"{name}.".startswith(tuple(f"{allowed.rstrip('.')}." for allowed in FENCES[library]))
    ]
    assert outside == []


def test_papers_are_drawn_in_the_pdf_modules_only() -> None:
    outside = [
        f"{name}:{one.line}"
        for name, one in all_imports()
        if one.module.partition(".")[0] == "reportlab" and not name.endswith("_pdf")
    ]
    assert outside == []


def test_the_clock_is_asked_at_the_edges_only() -> None:
    # Services take their "now" from the unit of work, so that one transaction has one.
    asking = re.compile(r"datetime\.(now|utcnow|today)\b|date\.today\b|time\.time\b")
    asked = [
        f"{name}:{node.lineno}"
        for name, tree in modules().items()
        if name.startswith(("services.", "handlers.", "models."))
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and asking.fullmatch(ast.unparse(node.func))
    ]
    assert [place for place in asked if not place.startswith("models.database")] == []


def test_no_service_or_handler_commits() -> None:
    commits = [
        f"{name}:{node.lineno}"
        for name, tree in modules().items()
        if name.startswith(("services.", "handlers."))
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "commit"
    ]
    assert commits == []


# --- error codes and their sentences


class Raised(NamedTuple):
    """An error as it is made: its code, the parameters given with it (None: by ** or ones not known)."""

    where: str
    code: str
    params: frozenset[str] | None


@lru_cache
def raised() -> tuple[Raised, ...]:
    """Every refusal that services and handlers may make."""
    return tuple(_raised())


def _raised() -> Iterator[Raised]:
    # Where the code stands among the arguments: an import's refusal names its column first.
    errors = {
        **dict.fromkeys(("Invalid", "NotFound", "Conflict", "Forbidden", "DomainError", "BadFile"), 0),
        "faults.add": 1,
    }
    for name, tree in modules().items():
        if not name.startswith(("services.", "handlers.")):
            continue
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and ast.unparse(node.func) in errors):
                continue
            place = errors[ast.unparse(node.func)]
            if len(node.args) <= place:
                continue
            names = {keyword.arg for keyword in node.keywords}
            params = None if None in names else frozenset(filter(None, names))
            for code in codes_in(node.args[place], tree):
                yield Raised(f"{name}:{node.lineno}", code, params)


def codes_in(node: ast.expr, tree: ast.Module) -> Iterator[str]:
    """The strings an expression may be; an f-string's variable takes every value its calls give it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        # A check shared by several fields, as _exact_digits(text, "inn", …), says which field in the code.
        [owner] = [
            function.name
            for function in ast.walk(tree)
            if isinstance(function, ast.FunctionDef) and any(inner is node for inner in ast.walk(function))
        ]
        suffix = str(getattr(node.values[-1], "value", ""))
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == owner:
                field = call.args[1]
                assert isinstance(field, ast.Constant), (
                    f"{owner} is called with a field that isn't written out"
                )
                yield str(field.value) + suffix


def test_every_refusal_has_its_sentence() -> None:
    known = {*sentences.PLAIN, *sentences.FILLED, *sentences.SPECIAL, *REACHES_NOBODY}
    # A day's refusal is the calendar's word; see schedule.WorkingCalendar.refusal.
    assert {"date_past", "date_too_soon", "date_too_far", "date_closed"} <= known
    wordless = sorted({f"{one.code} ({one.where})" for one in raised() if one.code not in known})
    assert wordless == []


def test_the_codes_are_found_where_they_are_raised() -> None:
    codes = {one.code for one in raised()}
    assert {
        "order_moved_on",
        "short",
        "quantity_form",
        "inn_length",
        "bank_name_empty",
        "locked",
        "vat_unknown",
    } <= codes


def test_a_sentence_asks_for_nothing_its_refusal_does_not_say() -> None:
    lacking = []
    for one in raised():
        sentence = sentences.FILLED.get(one.code)
        if sentence is None or one.params is None:
            continue
        wanted = {name for _, name, _, _ in string.Formatter().parse(sentence) if name}
        if wanted - one.params:
            lacking.append(f"{one.where}: {one.code} does not say {sorted(wanted - one.params)}")
    assert lacking == []


def test_no_code_has_two_sentences() -> None:
    tables = (sentences.PLAIN, sentences.FILLED, sentences.SPECIAL)
    codes = [code for table in tables for code in table]
    assert len(codes) == len(set(codes))


# --- buttons, typed steps, notices


@pytest.fixture(scope="module")
def router() -> Router:
    for module in pkgutil.walk_packages(handlers.__path__, "handlers."):
        importlib.import_module(module.name)
    made = Router(telebot.TeleBot("1:token", threaded=False))
    register_all(made)
    return made


def widest(kind: type[Data]) -> Data:
    """A button whose fields take the most room they can in practice: ids of ten digits, pages of four."""
    hints = get_type_hints(kind)
    return kind(*(_widest(field.name, hints[field.name]) for field in dataclasses.fields(kind)))  # type: ignore[arg-type]


def _widest(name: str, kind: Any) -> Any:
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return max(kind, key=lambda member: len(str(member.value)))
    day = date(2026, 12, 31)
    values = {bool: True, str: "correspondent_account", date: day, date | None: day}
    if name == "cursor":
        return -(10**9)
    return values.get(kind, 10**9 if name.endswith("_id") else 9999)


def test_every_button_fits_telegram_s_64_bytes_and_reads_back(router: Router) -> None:
    assert len(callbacks.known()) > 30
    for code, kind in callbacks.known().items():
        data = widest(kind)
        packed = data.pack()
        assert len(packed.encode()) <= MAX_BYTES, code
        assert callbacks.unpack(packed) == data
        assert re.fullmatch(r"[a-z0-9]{1,4}", code), code


def test_every_kind_of_button_has_its_handler(router: Router) -> None:
    unhandled = [kind.__name__ for kind in callbacks.known().values() if kind not in router.kinds()]
    assert unhandled == []


def test_what_is_typed_belongs_to_a_screen_that_is_there(router: Router) -> None:
    lost = [kind.__name__ for kind, _ in router._typed if kind not in router.kinds()]
    assert lost == []


def test_a_card_can_be_pressed_anywhere_and_leads_home(router: Router) -> None:
    for kind in router.kinds():
        assert not (kind.card and not kind.anywhere)
        home = widest(kind).home()
        assert home is None or (isinstance(home, Data) and type(home) in router.kinds())


def test_every_notice_that_is_written_can_be_worded(router: Router) -> None:
    position = {"tell": 2, "tell_chat": 2, "tell_admins": 1, "tell_rep": 2, "_tell": 2}
    named = {}
    for name, tree in modules().items():
        if not name.startswith(("services.", "handlers.", "runtime.", "bot")):
            continue
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func).rpartition(".")[2]
            if called in position and len(node.args) > position[called]:
                value = node.args[position[called]]
                if isinstance(value, ast.Constant):
                    named["notice." + str(value.value)] = f"{name}:{node.lineno}"
    assert len(named) > 10
    assert sorted(f"{notice} ({named[notice]})" for notice in named.keys() - router._notices.keys()) == []
    assert "notice.order_card" in router._notices


def test_every_job_that_is_queued_is_applied(router: Router) -> None:
    from runtime import jobs

    queued = {
        ast.unparse(node.args[2])
        for name, tree in modules().items()
        if name.startswith(("services.", "handlers."))
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "outbox.add_job"
    }
    assert queued
    assert all(callable(handler) for handler in router._jobs.values())
    assert jobs.PROFILE not in router._jobs
