"""The rep's list of orders: filters, search, and back to the same place.

Five boxes of buckwheat are 5 394,00 ₽; it is 24,4 km to Profsoyuznaya street, 56: 5 638,00 ₽ in all.
"""

from tests.flows import acts
from tests.flows.stage import Stage


def test_the_list_is_filtered_and_searched(stage: Stage) -> None:
    acts.all_open(stage)
    acts.places_order(stage, stage.anna)
    acts.opens(stage.anna)
    acts.fills_order(stage, stage.anna, "ООО «Продукты у дома»")
    acts.opens(stage.anna)
    acts.press(stage.anna, "📋 Мои заказы", "Ваши заказы.")
    assert _shown(stage) == ["✏️ Черновик · ООО «Продукты у дома»", "📥 №1 · ООО «Ромашка» · 5 638,00 ₽"]
    for label, shown in (
        ("✏️ Черновики", ["✏️ Черновик · ООО «Продукты у дома»"]),
        ("📥 На складе", ["📥 №1 · ООО «Ромашка» · 5 638,00 ₽"]),
        ("⛔ Закрытые", []),
    ):
        acts.press(stage.anna, label, "Ваши заказы." if shown else "Таких нет.")
        acts.offers(stage.anna, f"• {label}")
        assert _shown(stage) == shown
    acts.press(stage.anna, "Все", "Ваши заказы.")
    acts.say(stage.anna, "у дома", "по запросу «у дома»")
    assert _shown(stage) == ["✏️ Черновик · ООО «Продукты у дома»"]
    acts.say(stage.anna, "№1", "по запросу «№1»")
    assert _shown(stage) == ["📥 №1 · ООО «Ромашка» · 5 638,00 ₽"]
    acts.press(stage.anna, "❌ №1", "Ваши заказы.")
    assert len(_shown(stage)) == 2


def _shown(stage: Stage) -> list[str]:
    return [acts.plain(label) for label in stage.anna.screen.labels if "ООО" in label]
