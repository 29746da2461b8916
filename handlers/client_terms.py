"""What an administrator decides about a customer: whose it is, at which prices, in which language."""

from __future__ import annotations

from dataclasses import dataclass

from handlers import keyboards
from handlers.addresses import ClientCard
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.screens import order_text
from handlers.start import LANGUAGE_NAMES
from handlers.texts import stack
from models import Customer, PriceList, Role
from services import clientele, customers, formats, handover

NOBODY = 0


@dataclass(frozen=True)
class ChooseRep(Data, code="kq"):
    """Choose whose customer it is."""

    customer_id: int
    page: int = 0


@dataclass(frozen=True)
class TakeRep(Data, code="kqr"):
    """The customer is this rep's from now on, 0: nobody's."""

    customer_id: int
    rep_id: int


@dataclass(frozen=True)
class ChoosePrices(Data, code="kp"):
    """Choose the price list, or type a discount."""

    customer_id: int
    page: int = 0


@dataclass(frozen=True)
class SellBy(Data, code="kpl"):
    """Sell by this price list from now on, 0: by the catalogue."""

    customer_id: int
    price_list_id: int


@dataclass(frozen=True)
class ChooseLanguage(Data, code="kg"):
    """Choose the language of the customer's papers."""

    customer_id: int


@dataclass(frozen=True)
class WriteIn(Data, code="kgl"):
    """Issue the customer's papers in this language."""

    customer_id: int
    language: str


def register(router: Router) -> None:
    """Register what only administrators decide."""
    admin = Role.ADMIN
    router.button(ChooseRep, choose_rep, admin)
    router.button(TakeRep, take_rep, admin)
    router.button(ChoosePrices, choose_prices, admin)
    router.typed(ChoosePrices, "text", take_discount)
    router.button(SellBy, sell_by, admin)
    router.button(ChooseLanguage, choose_language, admin)
    router.button(WriteIn, write_in, admin)


def facts(ctx: Context, customer: Customer) -> list[str]:
    """Return the lines a customer's card has for administrators."""
    t = ctx.t
    rep = customers.rep_names(ctx.session, [customer]).get(customer.id)
    language = LANGUAGE_NAMES[clientele.language_of(ctx.session, customer)]
    return [
        t(":bust_in_silhouette: Sales rep: {name}", name=rep or t.plain("nobody")),
        t(":moneybag: Prices: {terms}", terms=_terms(ctx, customer.price_list)),
        t(":speech_balloon: Language of papers: {language}", language=language),
    ]


def buttons(ctx: Context, customer: Customer) -> Rows:
    """Return what an administrator changes on a customer's card."""
    t = ctx.t
    return [
        [
            Button(t.plain(":bust_in_silhouette: Sales rep"), ChooseRep(customer.id)),
            Button(t.plain(":moneybag: Prices"), ChoosePrices(customer.id)),
            Button(t.plain(":speech_balloon: Papers"), ChooseLanguage(customer.id)),
        ]
    ]


def choose_rep(ctx: Context, data: ChooseRep) -> Screen:
    """Offer the active sales reps."""
    customer = customers.get(ctx.session, data.customer_id, ctx.user)
    t = ctx.t
    page = order_text.line_page(clientele.sales_reps(ctx.session, ctx.user), data.page, 8)
    rows: Rows = [
        [Button(_marked(rep.name, is_now=rep.id == customer.sales_rep_id), TakeRep(customer.id, rep.id))]
        for _, rep in page.items
    ]
    rows += keyboards.pager(t, page, lambda to: ChooseRep(customer.id, to))
    if customer.sales_rep_id is not None:
        rows.append([Button(t.plain("Nobody"), TakeRep(customer.id, NOBODY))])
    rows.append([_back(ctx, customer.id)])
    text = t(
        "Whose customer is {name} from now on? Open drafts go along; given to nobody, they stay with who"
        " began them.",
        name=customer.name,
    )
    return Screen(text, rows, ChooseRep(customer.id, page.number))


def take_rep(ctx: Context, data: TakeRep) -> Screen:
    """Give the customer to a rep."""
    handover.give_customer(ctx.session, data.customer_id, data.rep_id or None, ctx.user)
    return _card(ctx, data.customer_id)


def choose_prices(ctx: Context, data: ChoosePrices) -> Screen:
    """Offer the price lists; a discount may be typed."""
    customer = customers.get(ctx.session, data.customer_id, ctx.user)
    t = ctx.t
    page = clientele.price_lists(ctx.session, ctx.user, data.page)
    rows: Rows = [
        [
            Button(
                _marked(_terms(ctx, terms), is_now=terms.id == customer.price_list_id),
                SellBy(customer.id, terms.id),
            )
        ]
        for terms in page.items
    ]
    rows += keyboards.pager(t, page, lambda to: ChoosePrices(customer.id, to))
    if customer.price_list_id is not None:
        rows.append([Button(t.plain("Catalogue prices"), SellBy(customer.id, NOBODY))])
    rows.append([_back(ctx, customer.id)])
    how = t(
        "Type a discount in percent: with 5 the customer pays 5 % less than in the catalogue."
        " It is kept as a price list, and can be chosen here for other customers then."
    )
    if page.items:
        how = t("Choose a price list, or type a discount in percent: with 5 the customer pays 5 % less.")
    text = stack(
        t("Prices for {name}, now: {terms}", name=customer.name, terms=_terms(ctx, customer.price_list)),
        how,
        t("Orders already sent keep their prices."),
    )
    return Screen(text, rows, ChoosePrices(customer.id, page.number))


def take_discount(ctx: Context, data: ChoosePrices, text: str) -> Screen:
    """Sell at the typed discount from now on."""
    clientele.set_discount(ctx.session, data.customer_id, text, ctx.user)
    return _card(ctx, data.customer_id)


def sell_by(ctx: Context, data: SellBy) -> Screen:
    """Sell by a price list from now on."""
    clientele.set_price_list(ctx.session, data.customer_id, data.price_list_id or None, ctx.user)
    return _card(ctx, data.customer_id)


def choose_language(ctx: Context, data: ChooseLanguage) -> Screen:
    """Offer the languages papers can be in."""
    customer = customers.get(ctx.session, data.customer_id, ctx.user)
    t = ctx.t
    now = clientele.language_of(ctx.session, customer)
    row = [
        Button(_marked(LANGUAGE_NAMES[code], is_now=code == now), WriteIn(customer.id, code))
        for code in clientele.LANGUAGES
    ]
    text = t("Invoices, waybills and letters for {name} in which language?", name=customer.name)
    return Screen(text, [row, [_back(ctx, customer.id)]], data)


def write_in(ctx: Context, data: WriteIn) -> Screen:
    """Issue papers in this language from now on."""
    clientele.set_language(ctx.session, data.customer_id, data.language, ctx.user)
    return _card(ctx, data.customer_id)


def _marked(label: str, *, is_now: bool) -> str:
    return f"• {label}" if is_now else label


def _terms(ctx: Context, terms: PriceList | None) -> str:
    """Return «скидка 5 %», «Опт · скидка 5 %» with a name, or that the catalogue counts."""
    if terms is None:
        return ctx.t.plain("as in the catalogue")
    if not terms.discount:
        return terms.name
    percent = formats.percent_of_hundredths(terms.discount, ctx.view.language)
    discount = ctx.t.plain("discount {percent}", percent=percent)
    return discount if terms.name.startswith(formats.MINUS) else f"{terms.name} · {discount}"


def _card(ctx: Context, customer_id: int) -> Screen:
    return ctx.open(ClientCard(customer_id)).under(ctx.t(":white_check_mark: Saved."))


def _back(ctx: Context, customer_id: int) -> Button:
    return Button(ctx.t.plain(":leftwards_arrow_with_hook: Back"), ClientCard(customer_id))
