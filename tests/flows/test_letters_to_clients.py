"""Letters as the administrator and the rep have them: own words, a sample, confirmations, another address."""

from tests.flows import acts
from tests.flows.stage import Stage


def opens_texts(stage: Stage) -> None:
    acts.press(stage.dmitry, "🏢 Компания", "название:")
    acts.press(stage.dmitry, "✉️ Письма клиентам", "Письма клиентам · Русский")


def test_own_words_reach_the_client_and_a_sample_the_administrator(stage: Stage) -> None:
    dmitry = stage.dmitry
    acts.all_open(stage)
    opens_texts(stage)
    acts.press(dmitry, "свой абзац", "В нём можно назвать: {номер}, {дата}, {сумма}, {заказ}")
    acts.say(dmitry, "Долг {долг}", "Подстановки «долг» нет. Можно: {номер}")
    acts.say(dmitry, "Заказ {заказ}: <b>склад</b> закрыт 31.12.", "✏️ свой абзац: Заказ {заказ}")
    acts.press(dmitry, "👁️ Прислать образец", "Ваш адрес?")
    acts.say(dmitry, "dmitry@", "Это не e-mail")
    acts.say(dmitry, "dmitry@severveter.example", "Образец отправляется на dmitry@severveter.example")
    [sample] = stage.mailbox.wait_letters(1)
    assert sample.recipients == ("dmitry@severveter.example",)
    assert sample.subject.startswith("Счёт № ОБРАЗЕЦ от")
    assert "Заказ ОБРАЗЕЦ: <b>склад</b> закрыт 31.12." in sample.text
    assert list(sample.attachments) == ["Счет_ОБРАЗЕЦ.pdf"]
    dmitry.wait_text("Образец письма отправлен на dmitry@severveter.example")
    # A sample takes no number: the first invoice is number one.
    number = acts.places_order(stage, stage.anna)
    acts.loads(stage.boris, number)
    letter = stage.mailbox.wait_letters(2)[1]
    assert "Счёт № 1 от" in letter.subject
    assert f"Заказ {number}: <b>склад</b> закрыт 31.12." in letter.text


def test_an_order_is_confirmed_to_the_client_when_that_is_switched_on(stage: Stage) -> None:
    acts.all_open(stage)
    opens_texts(stage)
    acts.press(stage.dmitry, "✉️ Подтверждать заказы письмом", "Клиент получает подтверждение")
    number = acts.places_order(stage, stage.anna)
    [letter] = stage.mailbox.wait_letters(1)
    assert letter.subject.startswith(f"Заказ № {number} от ")
    text = acts.plain(letter.text)
    assert "60 шт, 5 394,00 ₽" in text
    assert "Сумма: 5 638,00 ₽" in text
    acts.opens(stage.anna)
    acts.press(stage.anna, "📋 Мои заказы", "Ваши заказы")
    acts.press(stage.anna, f"📥 №{number}", "(подтверждение): отправлено")


def test_the_rep_mails_the_invoice_to_another_address_this_once(stage: Stage) -> None:
    anna = stage.anna
    acts.all_open(stage)
    number = acts.places_order(stage, anna)
    acts.loads(stage.boris, number)
    anna.wait_text("счёт отправлен на")
    acts.opens(anna)
    acts.press(anna, "📋 Мои заказы", "Ваши заказы")
    acts.press(anna, f"🚚 №{number}", "Счёт №1")
    acts.press(anna, "✉️ На другой адрес", "Только в этот раз")
    acts.say(anna, "shop@", "Это не e-mail")
    acts.say(anna, "shop@romashka.example", "Счёт отправляется на shop@romashka.example")
    other = stage.mailbox.wait_letters(2)[1]
    assert other.recipients == ("shop@romashka.example",)
    assert sorted(other.attachments) == ["Накладная_1.pdf", "Счет_1.pdf"]
