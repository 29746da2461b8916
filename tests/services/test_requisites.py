from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import requisites
from services.errors import Invalid


def fault_of(check: Any, text: str) -> tuple[str, dict[str, Any]]:
    with pytest.raises(Invalid) as fault:
        check(text)
    return fault.value.code, fault.value.params


@pytest.mark.parametrize(
    "inn", ["7707083893", "7736050003", "7702070139", "7736207543", "500100732259", "5000000000"]
)
def test_a_good_inn(inn: str) -> None:
    # the last one: 2 × 5 = 10, and a remainder of 10 makes the check digit 0
    assert requisites.check_inn(inn) == inn
    assert requisites.check_inn(f" {inn[:4]} {inn[4:7]}-{inn[7:]}\u00a0") == inn


@pytest.mark.parametrize(
    ("inn", "position", "expected", "found"),
    [
        ("7707083894", 10, 3, 4),
        ("500100732258", 12, 9, 8),
        ("500100732249", 11, 5, 4),
    ],
)
def test_the_failed_digit_of_an_inn_is_named(inn: str, position: int, expected: int, found: int) -> None:
    code, params = fault_of(requisites.check_inn, inn)
    assert (code, params) == ("inn_check_digit", {"position": position, "expected": expected, "found": found})


@pytest.mark.parametrize(
    ("inn", "code"),
    [
        ("", "inn_digits"),
        ("770708389Х", "inn_digits"),
        ("٧٧٠٧٠٨٣٨٩٣", "inn_digits"),
        ("77070838931", "inn_length"),
        ("770708389", "inn_length"),
        ("0000000000", "inn_zeros"),
        ("000000000000", "inn_zeros"),
    ],
)
def test_a_bad_inn(inn: str, code: str) -> None:
    assert fault_of(requisites.check_inn, inn)[0] == code


def test_the_length_found_is_told() -> None:
    assert fault_of(requisites.check_inn, "123")[1] == {"length": 3, "expected": "10 / 12"}


@given(st.sampled_from(("7707083893", "500100732259")), st.data())
def test_a_wrong_check_digit_is_always_caught(inn: str, data: st.DataObject) -> None:
    # remainder 10 counts as 0, so a wrong digit in front may slip through; a wrong check digit never does
    place = data.draw(st.integers(len(inn) - (1 if len(inn) == 10 else 2), len(inn) - 1))
    digit = data.draw(st.sampled_from(sorted(set("0123456789") - {inn[place]})))
    assert fault_of(requisites.check_inn, inn[:place] + digit + inn[place + 1 :])[0] == "inn_check_digit"


def test_twelve_digits_are_a_sole_proprietor() -> None:
    assert requisites.is_sole_proprietor("500100732259")
    assert not requisites.is_sole_proprietor("7707083893")


@pytest.mark.parametrize(
    ("text", "kpp"), [("773601001", "773601001"), ("7736 01-001", "773601001"), ("7701az001", "7701AZ001")]
)
def test_a_good_kpp(text: str, kpp: str) -> None:
    assert requisites.check_kpp(text) == kpp


@pytest.mark.parametrize(
    ("kpp", "code"),
    [("77360100", "kpp_length"), ("", "kpp_length"), ("7736А1001", "kpp_form"), ("77360100A", "kpp_form")],
)
def test_a_bad_kpp(kpp: str, code: str) -> None:
    assert fault_of(requisites.check_kpp, kpp)[0] == code


def test_bank_numbers() -> None:
    assert requisites.check_bik("04 4525 225") == "044525225"
    assert fault_of(requisites.check_bik, "04452522")[0] == "bik_length"
    assert fault_of(requisites.check_bik, "04452522x")[0] == "bik_digits"
    assert requisites.check_account("40702 810 1 3825 0123017") == "40702810138250123017"
    assert fault_of(requisites.check_account, "4070281013825012301")[0] == "account_length"
    assert requisites.check_correspondent_account("30101810400000000225") == "30101810400000000225"
    assert (
        fault_of(requisites.check_correspondent_account, "40101810400000000225")[0]
        == "correspondent_account_start"
    )


@pytest.mark.parametrize(
    ("bik", "account", "correspondent", "warnings"),
    [
        ("044525225", "40702810138250123017", "30101810400000000225", []),
        ("044525201", "40802810700020000317", None, []),
        ("044525187", None, "30101810700000000187", []),
        ("044525225", "40702810938000000002", None, ["account_key"]),
        ("044525225", None, "30101810500000000225", ["correspondent_account_key"]),
        ("123456789", None, None, ["bik_start"]),
        ("", "40702810938000000002", "30101810700000000187", []),
        (None, None, None, []),
    ],
)
def test_account_keys_only_warn(
    bik: str | None, account: str | None, correspondent: str | None, warnings: list[str]
) -> None:
    assert requisites.account_warnings(bik, account, correspondent) == warnings


@given(st.integers(0, 19), st.integers(1, 9))
def test_any_wrong_digit_of_an_account_breaks_its_key(place: int, change: int) -> None:
    account = "40702810138250123017"
    digit = str((int(account[place]) + change) % 10)
    wrong = account[:place] + digit + account[place + 1 :]
    assert requisites.account_warnings("044525225", wrong, None) == ["account_key"]


def test_names() -> None:
    assert requisites.check_name("  ООО \n«Ромашка» ") == "ООО «Ромашка»"
    assert requisites.check_name("я" * 160) == "я" * 160
    assert fault_of(requisites.check_name, "я" * 161) == ("name_too_long", {"length": 161, "limit": 160})
    assert fault_of(requisites.check_name, "\u200b \n")[0] == "name_empty"
    assert requisites.check_bank_name("б" * 120) == "б" * 120
    assert fault_of(requisites.check_bank_name, "б" * 121)[0] == "bank_name_too_long"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" Anna.K+orders@Example.COM ", "Anna.K+orders@example.com"),
        ("buh@почта.рф", "buh@xn--80a1acny.xn--p1ai"),
        ("a@b-c.museum", "a@b-c.museum"),
        ("a@" + "b" * 63 + ".ru", "a@" + "b" * 63 + ".ru"),
    ],
)
def test_a_good_email(text: str, address: str) -> None:
    assert requisites.check_email(text) == address
    assert requisites.check_emails(text) == address


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a@", "email_form"),
        ("@b.ru", "email_form"),
        ("a.b.ru", "email_form"),
        ("a@b@c.ru", "email_form"),
        ("анна@b.ru", "email_form"),
        ("a b@c.ru", "email_form"),
        (".a@b.ru", "email_form"),
        ("a..b@c.ru", "email_form"),
        ("a@b", "email_form"),
        ("a@b..ru", "email_form"),
        ("a@-b.ru", "email_form"),
        ("a@192.168.0.1", "email_form"),
        ("a@b_c.ru", "email_form"),
        ("a@b.ru>", "email_form"),
        ("<a@b.ru>", "email_form"),
        ("x" * 65 + "@b.ru", "email_form"),
        ("a@" + "b" * 64 + ".ru", "email_form"),
        ("a@b.ru\r\nBcc: c@d.ru", "email_line_break"),
        ("a@b.ru\n", "email_line_break"),
        ("a\x00@b.ru", "email_line_break"),
        ("a@" + ".".join(["b" * 60] * 5) + ".ru", "email_too_long"),
    ],
)
def test_a_bad_email(text: str, code: str) -> None:
    assert fault_of(requisites.check_email, text)[0] == code


def test_several_emails() -> None:
    assert requisites.check_emails("a@b.ru ,c@d.ru,A@B.ru") == "a@b.ru, c@d.ru"
    assert fault_of(requisites.check_emails, "a@b.ru, c@") == ("email_form", {"address": "c@"})
    assert fault_of(requisites.check_emails, "a@b.ru,")[0] == "email_form"
    # What is pasted from a mail program has semicolons.
    assert requisites.check_emails("a@b.ru; c@d.ru") == "a@b.ru, c@d.ru"
    assert fault_of(requisites.check_emails, "a@b.ru,\nc@d.ru")[0] == "email_line_break"
    many = ",".join(f"a{i}@b.ru" for i in range(11))
    assert fault_of(requisites.check_emails, many) == ("emails_too_many", {"limit": 10})


@given(st.text())
def test_whatever_is_typed_an_address_comes_out_clean(text: str) -> None:
    try:
        address = requisites.check_email(text)
    except Invalid:
        return
    assert address.isascii()
    assert address.isprintable()
    assert " " not in address
    assert requisites.check_email(address) == address


def seller(**changes: str | None) -> Any:
    fields = {
        "name": "ООО «Ромашка»",
        "inn": "7707083893",
        "kpp": "773601001",
        "bank_name": "ПАО СБЕРБАНК",
        "bik": "044525225",
        "account": "40702810138250123017",
        "correspondent_account": "30101810400000000225",
    }
    return SimpleNamespace(**{**fields, **changes})


def test_what_an_invoice_lacks() -> None:
    assert requisites.missing_for_invoice(seller()) == []
    assert requisites.missing_for_invoice(seller(kpp=None, bik="")) == ["kpp", "bik"]
    assert requisites.missing_for_invoice(seller(kpp=None, inn="500100732259")) == []
    empty = seller(**dict.fromkeys(vars(seller())))
    assert requisites.missing_for_invoice(empty) == list(vars(seller()))


@pytest.mark.parametrize(
    ("typed", "iban"),
    [
        ("DE89 3704 0044 0532 0130 00", "DE89370400440532013000"),
        ("gb82 west 1234 5698 7654 32", "GB82WEST12345698765432"),
        ("NO93 8601 1117 947", "NO9386011117947"),
    ],
)
def test_iban(typed: str, iban: str) -> None:
    assert requisites.check_iban(typed) == iban


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("DE89370400440532013001", "iban_check"),
        ("DE98370400440532013000", "iban_check"),
        ("40702810138250123017", "iban_form"),
        ("DE8937040044053201300٠", "iban_form"),
        ("DE89", "iban_form"),
        ("", "iban_form"),
    ],
)
def test_a_wrong_iban_is_refused(typed: str, code: str) -> None:
    with pytest.raises(Invalid, match=code):
        requisites.check_iban(typed)


def test_swift() -> None:
    assert requisites.check_swift("cobade ff xxx") == "COBADEFFXXX"
    assert requisites.check_swift("COBADEFF") == "COBADEFF"
    for wrong in ("COBADE", "COBADEFFXX", "C0BADEFF", ""):
        with pytest.raises(Invalid, match="swift_form"):
            requisites.check_swift(wrong)
