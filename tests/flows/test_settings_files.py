"""Settings that come from the map or as a file: the warehouse's place, the picture of signature and seal."""

from __future__ import annotations

import io
import threading

import pytest
from PIL import Image
from sqlalchemy import select

from handlers.facsimile import FETCH_FACSIMILE
from models import Company, OutboxMessage, OutboxState, Role, User, UserRole, Warehouse
from runtime.telegram_client import TelegramClient
from services import company
from tests.faults.far_ends import wait_until
from tests.faults.looks import wait_until_sent
from tests.flows import acts
from tests.flows.stage import Stage


def test_the_warehouse_is_found_on_the_map(stage: Stage) -> None:
    dmitry = stage.dmitry
    acts.opens_settings(dmitry, "🏬 Склад", "Склад на Дубнинской")
    acts.press(dmitry, "📍 Место на карте", "Склад: Москва, Дубнинская улица, 83 (55.88870, 37.55190)")
    dmitry.send_location(55.75, 37.62)
    acts.sees(dmitry, "(55.75000, 37.62000)")
    acts.press(dmitry, "✅ Верно", "✅ Место сохранено.")
    # A mere point is no address to print.
    assert _store(stage) == ("Москва, Дубнинская улица, 83", 55.75, 37.62)
    acts.press(dmitry, "📍 Место на карте", "Введите адрес")
    acts.say(dmitry, "Москва, Тверская улица, 7", "📍 ")
    if "Какой из них?" in dmitry.screen.text or len(dmitry.screen.labels) > 2:
        acts.press(dmitry, dmitry.screen.labels[0], "Отсюда считается")
    acts.press(dmitry, "✅ Верно", "✅ Место сохранено.")
    address, latitude, _ = _store(stage)
    assert address == "Москва, Тверская улица, 7"
    assert latitude != 55.75
    acts.press(dmitry, "📍 Место на карте", "Введите адрес")
    dmitry.send_location(0, 0)
    acts.sees(dmitry, "Такой точки нет")
    assert _store(stage)[1] == latitude


def test_a_rep_moves_no_warehouse_by_a_forged_place(stage: Stage) -> None:
    acts.to_address(stage.anna)
    before = _store(stage)
    stage.anna.send_location(55.8, 37.7)
    acts.sees(stage.anna, "📍")
    acts.offers(stage.anna, "✅ Верно")
    for data in ("ay:{}:1:0", "an:{}:1:0", "az:{}:1", "ag:{}:1"):
        known, unknown = (
            stage.anna.forge(data.format(purpose), message_id=stage.anna.screen.message_id).wait_answered()
            for purpose in ("w", "nothing")
        )
        assert known.toast == unknown.toast
    stage.anna.send("Москва, Тверская улица, 7")
    acts.opens(stage.anna)
    assert _store(stage) == before


def test_a_picture_of_signature_and_seal(stage: Stage) -> None:
    dmitry = stage.dmitry
    acts.opens_settings(dmitry, "📄 Документы", "срок оплаты")
    acts.press(dmitry, "🖋️ Подпись и печать", "Счета выходят без картинки.")
    dmitry.send_photo()
    acts.sees(dmitry, "Telegram портит фотографии")
    dmitry.send_document("печать.png", b"\x89PNG no picture")
    acts.sees(dmitry, "Нужна картинка PNG")
    dmitry.send_document("печать.png", b"x" * (company.MAX_PICTURE_BYTES + 1))
    acts.sees(dmitry, "Нужна картинка PNG")
    assert _company(stage).facsimile_sha256 is None
    dmitry.send_document("печать.png", _png())
    acts.sees(dmitry, "✅ Картинка сохранена.")
    assert _company(stage).facsimile_sha256 is not None
    acts.press(dmitry, "🗑️ Убрать картинку", "✅ Картинка убрана.")
    assert _company(stage).facsimile_sha256 is None


def test_who_is_no_administrator_any_more_sets_no_picture(stage: Stage) -> None:
    dmitry = stage.dmitry
    acts.opens_settings(dmitry, "📄 Документы", "срок оплаты")
    acts.press(dmitry, "🖋️ Подпись и печать", "Счета выходят без картинки.")
    with stage.api.faults.server_error(status=502, method="getFile"):
        dmitry.send_document("печать.png", _png())
        acts.sees(dmitry, "Telegram не отдал файл.")
    with stage.app.database.unit_of_work() as session:
        user = session.scalars(select(User).where(User.telegram_id == dmitry.id)).unique().one()
        user.grants = []
    dmitry.send_document("печать.png", _png())
    dmitry.send("15")
    dmitry.wait_text("Введите код доступа")
    assert _company(stage).facsimile_sha256 is None


def test_who_loses_the_role_while_the_picture_is_fetched_sets_none_and_sees_no_settings(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    dmitry, asked, go_on = stage.dmitry, threading.Event(), threading.Event()
    download = TelegramClient.download

    def fetched_later(client: TelegramClient, file_path: str, limit: int) -> bytes:
        asked.set()
        assert go_on.wait(10)
        return download(client, file_path, limit)

    monkeypatch.setattr(TelegramClient, "download", fetched_later)
    acts.opens_settings(dmitry, "📄 Документы", "срок оплаты")
    acts.press(dmitry, "🖋️ Подпись и печать", "Счета выходят без картинки.")
    dmitry.send_document("печать.png", _png())
    acts.sees(dmitry, "Смотрю картинку")
    assert asked.wait(10)
    with stage.app.database.unit_of_work() as session:
        user = session.scalars(select(User).where(User.telegram_id == dmitry.id)).unique().one()
        user.grants = [UserRole(role=Role.STOREKEEPER)]
    seen = [(message.message_id, message.edits) for message in dmitry.messages]
    go_on.set()
    wait_until(lambda: not _is_fetching(stage))
    wait_until_sent(stage, dmitry)
    assert [(message.message_id, message.edits) for message in dmitry.messages] == seen
    assert _company(stage).facsimile_sha256 is None


def _is_fetching(stage: Stage) -> bool:
    open_states = (OutboxState.WAITING, OutboxState.SENDING)
    fetching = select(OutboxMessage.id).where(
        OutboxMessage.name == FETCH_FACSIMILE, OutboxMessage.state.in_(open_states)
    )
    with stage.app.database.reading() as session:
        return session.scalar(fetching) is not None


def _store(stage: Stage) -> tuple[str | None, float | None, float | None]:
    with stage.app.database.reading() as session:
        store = session.get_one(Warehouse, 1)
        return store.address, store.latitude, store.longitude


def _company(stage: Stage) -> Company:
    with stage.app.database.reading() as session:
        return session.get_one(Company, 1)


def _png() -> bytes:
    out = io.BytesIO()
    Image.new("RGBA", (60, 40), (0, 0, 200, 128)).save(out, "PNG")
    return out.getvalue()
