"""Everything as a file: sent to the administrator who asks, and back again without a change."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from demo.people import Person
from models import AuditEntry
from tests.flows import acts
from tests.flows.stage import Stage


@pytest.mark.parametrize("form", ["CSV", "XLSX"])
@pytest.mark.parametrize(
    ("menu", "screen", "name", "stays"),
    [
        ("📦 Каталог", "Выберите или введите", "Каталог", "53 без изменений"),
        ("👥 Клиенты", "Клиенты. Для поиска", "Клиенты", "6 без изменений"),
    ],
)
def test_an_export_sent_back_changes_nothing(
    stage: Stage, form: str, menu: str, screen: str, name: str, stays: str
) -> None:
    dmitry = stage.dmitry
    data = _exported(dmitry, menu, screen, form)
    assert name in data[0]
    acts.press(dmitry, "↩️ Назад", screen)
    dmitry.send_document(*data)
    text = acts.plain(acts.sees(dmitry, stays).text)
    assert "➕ 0 новых · ✏️ 0 изменятся" in text
    assert "✅ Применить" not in dmitry.screen.labels
    with stage.app.database.reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "export")).one()
        assert (entry.user_id is not None, entry.after) == (True, {"form": form.lower()})


def test_in_english_the_columns_are(stage: Stage) -> None:
    acts.speaks_english(stage.dmitry)
    acts.press(stage.dmitry, "📦 Catalogue", "Choose, or type")
    acts.press(stage.dmitry, "📤 Export", "Which form?")
    stage.dmitry.press("CSV")
    name, data = _file(stage.dmitry, ".csv")
    assert name.startswith("Catalogue ")
    first = data.decode("utf-8-sig").split("\r\n")[0]
    assert first.startswith("sku;name;category;unit;price;vat;packages;weight_kg;")
    assert first.endswith(";is_active;Now in stock")


def _exported(person: Person, menu: str, screen: str, form: str) -> tuple[str, bytes]:
    acts.opens(person)
    acts.press(person, menu, screen)
    acts.press(person, "📤 Экспорт", "В каком виде?")
    person.press(form)
    return _file(person, f".{form.lower()}")


def _file(person: Person, suffix: str) -> tuple[str, bytes]:
    document = person.wait_document(suffix).document
    assert document is not None
    return document.name, document.data
