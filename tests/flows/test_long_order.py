"""An order with 200 lines: pages on every card, a PDF over pages, no message too long for Telegram."""

import subprocess
from pathlib import Path

from sqlalchemy import select

from models import Order, Product
from services import auth, catalog, drafts
from services.quantities import Typed
from tests.flows import acts
from tests.flows.stage import Stage

LINES = 200


def test_an_order_with_200_lines_goes_the_whole_way(stage: Stage, tmp_path: Path) -> None:
    acts.all_open(stage)
    acts.fills_order(stage, stage.anna)
    _fill(stage)
    acts.opens(stage.anna)
    acts.press(stage.anna, "📋 Мои заказы", "Ваши заказы")
    acts.press(stage.anna, "✏️ Черновик ·", f"всего {LINES} позиций")
    acts.press(stage.anna, "Вперёд", "16. ")
    acts.press(stage.anna, "✅ Отправить на склад", "Заказ №1 отправлен на склад")
    shown = acts.card(stage.boris, 1, f"всего {LINES} позиций")
    assert "📅" in shown.text
    acts.on_card(stage.boris, 1, "Вперёд ➡️", "16. ")
    acts.loads(stage.boris, 1)
    letter = stage.mailbox.wait_letters(1)[0]
    assert not [call for call in stage.api.calls.find() if call.status == 400]
    pdf = tmp_path / "invoice.pdf"
    pdf.write_bytes(letter.attachments["Счет_1.pdf"])
    text = subprocess.run(
        ["pdftotext", "-layout", str(pdf), "-"], capture_output=True, check=True
    ).stdout.decode()
    pages = text.strip("\f").split("\f")
    assert len(pages) > 3
    assert all("Товары (работы, услуги)" in page for page in pages[:-1])
    # 200 kinds of goods and the delivery
    assert f"Всего наименований {LINES + 1}" in acts.plain(text)


def _fill(stage: Stage) -> None:
    """Put another 199 products with the longest names there may be into the draft."""
    with stage.app.database.unit_of_work() as session:
        anna = auth.find_user(session, stage.anna.user.id)
        assert anna is not None
        draft = session.scalars(select(Order)).one()
        shelf = catalog.add_category(session, "Длинные названия")
        session.flush()
        for number in range(1, LINES):
            name = f"Товар {number} " + "с очень длинным названием " * 10
            product = Product(
                sku=f"Д-{number}",
                name=name[:300],
                category_id=shelf.id,
                unit="шт",
                price=10_00 + number,
                on_hand=0,
                reserved=0,
                search_text=name.casefold(),
            )
            session.add(product)
            session.flush()
            product.on_hand = 5_000
            session.flush()
            drafts.set_quantity(session, draft, product, Typed((1_000, "шт", 1_000)))
