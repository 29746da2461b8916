from pathlib import Path

from demo.bot_api_faults import Call
from demo.bot_api_types import Message
from demo.people import Person
from tests.flows import acts
from tests.flows.stage import Stage, running
from tests.services.documents import scan_picture

WELCOME = "Введите код доступа, который выдал администратор."


def test_the_code_works_once_and_its_message_disappears(stage: Stage) -> None:
    olga, other = stage.stranger, stage.api.person(2001, "Игорь", "igor")
    olga.start()
    assert "+7 495 000-00-00" in acts.sees(olga, WELCOME).text
    typed = olga.send(stage.code.lower().replace("-", " "))
    acts.sees(olga, "Здравствуйте, Ольга! Роль: торговый представитель")
    _waits_until_gone(olga, typed)
    other.start()
    acts.sees(other, WELCOME)
    acts.say(other, stage.code, "Код не подошёл")


def test_the_code_comes_as_a_deep_link(stage: Stage) -> None:
    stage.stranger.start(stage.code)
    acts.sees(stage.stranger, "Роль: торговый представитель")


def test_five_wrong_codes_lock_the_account_and_tell_the_administrator(stage: Stage) -> None:
    acts.opens(stage.dmitry)
    olga = stage.stranger
    olga.start()
    acts.sees(olga, WELCOME)
    for number in range(5):
        _waits_until_gone(olga, olga.send(f"WRONG-{number}"))
    stage.dmitry.wait_text("Пять неверных кодов доступа: Ольга @olga")
    acts.say(olga, stage.code, "Слишком много неверных кодов")


def test_a_request_with_the_own_contact_is_approved(stage: Stage) -> None:
    olga, dmitry = stage.stranger, stage.dmitry
    acts.opens(dmitry)
    _asks(olga)
    olga.send_contact("+79995556677", user_id=4242)
    olga.wait_text("Это чужой контакт")
    olga.send_contact("+79995556677")
    olga.wait_text("Заявка отправлена администратору")
    request = dmitry.wait_text("+79995556677")
    assert "Ольга @olga" in request.text
    dmitry.press("✅ Кладовщик", message=request)
    acts.sees(olga, "Роль: кладовщик")
    dmitry.wait_text("Одобрено")
    acts.press(olga, "📥 К загрузке", "К загрузке ничего нет")


def test_a_request_is_rejected_and_decided_once(stage: Stage) -> None:
    olga, dmitry = stage.stranger, stage.dmitry
    acts.opens(dmitry)
    _asks(olga)
    olga.send_contact()
    request = dmitry.wait_text("Заявка на доступ")
    data = {label: button.data for row in request.buttons for button in row for label in [button.label]}
    dmitry.press("⛔ Отклонить", message=request)
    olga.wait_text("Администратор отклонил заявку")
    late = dmitry.forge(data["✅ Кладовщик"] or "", message_id=request.message_id).wait_answered()
    assert late.toast is not None
    assert late.toast.text == "По этой заявке решение уже принято."


def test_the_administrator_of_the_settings_needs_no_code(stage: Stage) -> None:
    acts.opens(stage.dmitry)
    assert "👤 Сотрудники" in stage.dmitry.screen.labels


def test_an_administrator_issues_a_code_with_a_link_and_a_picture(stage: Stage, tmp_path: Path) -> None:
    dmitry, olga = stage.dmitry, stage.stranger
    acts.opens(dmitry)
    code, picture = acts.issues_code(dmitry, "кладовщик", "Ольга Белова")
    assert scan_picture(picture, tmp_path) == f"https://t.me/{stage.api.username}?start={code}"
    assert "• Ольга Белова · кладовщик · до " in dmitry.screen.text
    assert code not in dmitry.screen.text
    olga.start(code)
    acts.sees(olga, "Здравствуйте, Ольга Белова! Роль: кладовщик")


def test_who_logs_out_is_a_stranger_again(stage: Stage) -> None:
    acts.opens(stage.anna)
    stage.anna.command("/logout")
    acts.sees(stage.anna, "Выйти из бота?")
    acts.press(stage.anna, "✅ Да, выйти", WELCOME)
    stage.anna.command("/orders")
    stage.anna.wait_text("Здесь я этого не ждал")


def test_commands_are_registered_per_role(stage: Stage) -> None:
    olga = stage.stranger
    olga.start(stage.code)
    acts.sees(olga, "Роль: торговый представитель")
    stage.api.calls.wait(lambda calls: any(_is_for_chat(call) for call in calls), "setMyCommands")
    [call] = [call for call in stage.api.calls.find("setMyCommands") if _is_for_chat(call)]
    names = [command["command"] for command in call.params["commands"]]
    assert names == ["start", "cancel", "help", "logout", "new", "orders"]
    default = [call for call in stage.api.calls.find("setMyCommands") if not call.params.get("scope")]
    assert all(
        [command["command"] for command in call.params["commands"]] == ["start", "cancel", "help"]
        for call in default
    )


def test_a_stranger_reaches_nothing_by_forged_buttons_or_commands(stage: Stage) -> None:
    olga = stage.stranger
    olga.start()
    acts.sees(olga, WELCOME)
    for data in ("no", "fc:0", "of:1", "o:1", "mo:0", "lq:0", "l1:1", "sf", "cr", "g:0:0:0", "zzz", ""):
        olga.forge(data).wait_answered()
        acts.sees(olga, WELCOME)
    for command in ("/new", "/orders", "/queue", "/staff"):
        olga.command(command)
        acts.sees(olga, WELCOME)


def test_without_an_administrators_phone_the_welcome_still_reads_well(tmp_path: Path) -> None:
    with running(tmp_path, admin_phone=None) as stage:
        stage.stranger.start()
        acts.sees(stage.stranger, WELCOME)


def _waits_until_gone(person: Person, message: Message) -> None:
    person.wait(lambda who: message not in who.messages)


def _is_for_chat(call: Call) -> bool:
    return "chat_id" in (call.params.get("scope") or {})


def _asks(person: Person) -> None:
    person.start()
    acts.sees(person, WELCOME)
    person.press("✉️ Попросить доступ")
    person.wait_text("свой контакт")
    assert person.keyboard == [["📱 Отправить мой контакт"]]
