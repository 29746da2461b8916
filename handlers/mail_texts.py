"""Letters to clients: the administrator's own words, confirmations, a sample, going on after a pause."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.addresses import MailTexts, Requisites, Resume
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.texts import N_, stack
from models import Role
from services import company, confirmation_letter, invoice_letter, letters, mail_texts, requisites
from services.errors import Invalid, NotFound

PARTS = {
    "greeting": N_("greeting"),
    "intro": N_("first sentence of the invoice's letter"),
    "note": N_("own paragraph"),
    "sign_off": N_("farewell"),
    "confirmation_intro": N_("first sentence of the confirmation"),
}
LANGUAGE_NAMES = {"ru": "Русский", "en": "English"}


@dataclass(frozen=True)
class EditText(Data, code="mte"):
    """One part of them: own words are typed."""

    language: str
    part: str


@dataclass(frozen=True)
class ResetText(Data, code="mtr"):
    """Back to the program's words."""

    language: str
    part: str


@dataclass(frozen=True)
class Confirmations(Data, code="mtc"):
    """Switch the confirmation of orders by mail."""

    is_on: bool
    language: str


@dataclass(frozen=True)
class SampleLetter(Data, code="mts"):
    """A letter to look at: the address is typed."""

    language: str


def register(router: Router) -> None:
    """Register the texts."""
    admin = Role.ADMIN
    router.button(MailTexts, texts, admin)
    router.button(EditText, ask_text, admin)
    router.typed(EditText, "text", take_text)
    router.button(ResetText, reset, admin)
    router.button(Confirmations, switch_confirmations, admin)
    router.button(SampleLetter, ask_address, admin)
    router.typed(SampleLetter, "text", send_sample)
    router.button(Resume, resume, admin)


def texts(ctx: Context, data: MailTexts) -> Screen:
    """Show the words of the letters, own ones marked."""
    t, language = ctx.t, _language(data.language)
    own = mail_texts.get(ctx.session, language)
    rows_of_text = [t("<b>Letters to clients</b> · {language}", language=LANGUAGE_NAMES[language])]
    for part, label in PARTS.items():
        mark = "✏️ " if part in own else ""
        words = own.get(part) or _default(language, part) or "—"
        rows_of_text.append(t("{mark}{part}: <i>{words}</i>", mark=mark, part=t.plain(label), words=words))
    firm = company.get(ctx.session)
    is_on = firm.confirms_orders
    state = t("Customers get a confirmation when an order is placed.")
    if not is_on:
        state = t("No confirmation is sent when an order is placed.")
    rows: Rows = [[Button(t.plain(label), EditText(language, part))] for part, label in PARTS.items()]
    switch = N_("Confirm no orders") if is_on else N_(":envelope: Confirm orders by mail")
    rows.append([Button(t.plain(switch), Confirmations(not is_on, language))])
    rows.append([Button(t.plain(":eye: Send me a sample"), SampleLetter(language))])
    rows.append(
        [
            Button(("• " if code == language else "") + LANGUAGE_NAMES[code], MailTexts(code))
            for code in mail_texts.LANGUAGES
        ]
    )
    rows.append([Button(t.plain(":leftwards_arrow_with_hook: Back"), Requisites())])
    return Screen(stack(*rows_of_text, "", state), rows, MailTexts(language))


def ask_text(ctx: Context, data: EditText) -> Screen:
    """Ask for own words, showing the present ones and what they may name."""
    if data.part not in PARTS:
        raise NotFound("mail_text")
    t, language = ctx.t, _language(data.language)
    own = mail_texts.get(ctx.session, language).get(data.part)
    now = own or _default(language, data.part) or "—"
    names = ", ".join(f"{{{names[language != 'ru']}}}" for names in mail_texts.NAMES)
    text = stack(
        t("{part}, now: <i>{words}</i>", part=t.plain(PARTS[data.part]), words=now),
        t("Type your own words. They may name: {names}.", names=names),
    )
    rows: Rows = []
    if own:
        rows.append(
            [Button(t.plain(":leftwards_arrow_with_hook: As it was"), ResetText(language, data.part))]
        )
    rows.append([Button(t.plain(":leftwards_arrow_with_hook: Back"), MailTexts(language))])
    return Screen(text, rows, data)


def take_text(ctx: Context, data: EditText, text: str) -> Screen:
    """Keep own words."""
    if not text.strip():
        raise Invalid("empty")
    mail_texts.put(ctx.session, _language(data.language), data.part, text, ctx.user)
    return texts(ctx, MailTexts(data.language))


def reset(ctx: Context, data: ResetText) -> Screen:
    """Go back to the program's words."""
    mail_texts.put(ctx.session, _language(data.language), data.part, "", ctx.user)
    return texts(ctx, MailTexts(data.language))


def switch_confirmations(ctx: Context, data: Confirmations) -> Screen:
    """Send confirmations from now on, or none."""
    company.confirm_orders(ctx.session, ctx.user, is_on=data.is_on)
    return texts(ctx, MailTexts(data.language))


def ask_address(ctx: Context, data: SampleLetter) -> Screen:
    """Ask where the sample goes."""
    t = ctx.t
    rows = [[Button(t.plain(":leftwards_arrow_with_hook: Back"), MailTexts(data.language))]]
    text = t("Your own address? A letter with a made-up invoice goes there.")
    own = company.get(ctx.session).email
    if own:
        text = stack(text, t("The company's is {email}.", email=own))
    return Screen(text, rows, data)


def send_sample(ctx: Context, data: SampleLetter, text: str) -> Screen:
    """Send the sample."""
    address = requisites.check_email(text)
    language = _language(data.language)
    letters.queue_sample(ctx.session, language, address, ctx.conversation.chat_id, ctx.user)
    said = ctx.t(":envelope: The sample is on its way to {email}.", email=address)
    return texts(ctx, MailTexts(language)).under(said)


def resume(ctx: Context, _data: Resume) -> Screen | None:
    """Try every waiting letter now; new trouble is told anew."""
    woken = letters.resume(ctx.session, ctx.user)
    ctx.toast = ctx.t.plain("No letters wait.")
    if woken:
        ctx.toast = ctx.t.many("{n} letter is tried now.", "{n} letters are tried now.", woken)
    return None


def _default(language: str, part: str) -> str:
    if part == "confirmation_intro":
        return confirmation_letter.default_intro(language)
    return invoice_letter.default_texts(language)[part]


def _language(code: str) -> str:
    return code if code in mail_texts.LANGUAGES else mail_texts.LANGUAGES[0]
