"""Who changed what: the trace, narrowed to a person or a kind of thing, and taken as a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from handlers import keyboards, menu
from handlers.addresses import About, AuditLog, ClientCard, OrderCard, ProductFields, StaffCard
from handlers.callbacks import Data
from handlers.context import Context
from handlers.routing import Router
from handlers.screen import Button, Rows, Screen
from handlers.screens import audit_text, order_text
from handlers.texts import N_
from models import Role
from services import audit, outbox, staffing
from services.audit import Wanted

ABOUT = {
    About.ALL: N_("Everything"),
    About.ORDERS: N_("Orders themselves"),
    About.PAPERS: N_("Papers"),
    About.CUSTOMERS: N_("Customers and points"),
    About.PRODUCTS: N_("Products"),
    About.COMPANY: N_("Company"),
    About.STAFF: N_("Staff"),
    About.VEHICLES: N_("Vehicles"),
    About.FILES: N_("Files"),
}
# Where one thing is asked for it is of the first kind.
SUBJECTS: dict[About, tuple[str, ...]] = {
    About.ALL: (),
    About.ORDERS: ("order",),
    About.PAPERS: ("invoice", "waybill", "outbox", "update"),
    About.CUSTOMERS: ("customer", "outlet", "price_list"),
    About.PRODUCTS: ("product", "category"),
    About.COMPANY: (
        *("company", "warehouse", "tariff", "working_hours"),
        *("holiday", "vat_rate", "mail_texts"),
    ),
    About.STAFF: ("user", "access_code", "access_request", "account", "mailing"),
    About.VEHICLES: ("vehicle",),
    About.FILES: ("catalog", "customers", "receipt"),
}
# The card whose button leads to the changes of one thing.
CARDS: dict[About, Callable[[int], Data]] = {
    About.ORDERS: OrderCard,
    About.CUSTOMERS: ClientCard,
    About.PRODUCTS: lambda product_id: ProductFields(product_id, 0, 0),
    About.STAFF: StaffCard,
}


@dataclass(frozen=True)
class AuditAbout(Data, code="ju"):
    """Choose the kind of thing; the person stays."""

    user_id: int


@dataclass(frozen=True)
class AuditPeople(Data, code="jy"):
    """Choose whose changes, a page of people; the kind of thing stays."""

    about: About
    page: int = 0


@dataclass(frozen=True)
class AuditFile(Data, code="jz"):
    """Send what is listed as XLSX."""

    user_id: int
    about: About
    subject_id: int


def register(router: Router) -> None:
    """Register the trace."""
    admin = Role.ADMIN
    router.command("audit", N_("who changed what"), lambda ctx, _: show(ctx, AuditLog()), admin)
    router.button(AuditLog, show, admin)
    router.button(AuditAbout, choose_about, admin)
    router.button(AuditPeople, choose_person, admin)
    router.button(AuditFile, send_file, admin)


def show(ctx: Context, data: AuditLog) -> Screen:
    """Show a page of the trace, the newest first."""
    t = ctx.t
    page = audit.find(ctx.session, ctx.user, _wanted(data), data.cursor)
    here = replace(data, cursor=page.cursor)
    names = audit.names(ctx.session, page.items)
    person = staffing.get(ctx.session, data.user_id, ctx.user).name if data.user_id else t.plain("anybody")
    rows: Rows = [
        [
            Button(t.plain(":bust_in_silhouette: {name}", name=person), AuditPeople(data.about)),
            Button(t.plain(":label: {about}", about=t.plain(ABOUT[data.about])), AuditAbout(data.user_id)),
        ]
    ]
    rows += keyboards.pager(t, page, lambda cursor: replace(data, cursor=cursor))
    file = AuditFile(data.user_id, data.about, data.subject_id)
    rows.append([Button(t.plain(":bar_chart: XLSX"), file)])
    if data.subject_id and data.about in CARDS:
        card = CARDS[data.about](data.subject_id)
        rows.append([Button(t.plain(":leftwards_arrow_with_hook: Back"), card)])
    rows.append(menu.back(ctx))
    entries = [audit_text.entry(ctx.view, row, names) for row in page.items]
    nothing = [] if entries else [t("Nothing of the kind was changed.")]
    text = order_text.paragraphs(t("<b>Who changed what</b>"), *entries, *nothing)
    return Screen(text, rows, here)


def choose_about(ctx: Context, data: AuditAbout) -> Screen:
    """Offer the kinds of things."""
    t = ctx.t
    if data.user_id:
        staffing.get(ctx.session, data.user_id, ctx.user)
    rows = keyboards.in_rows(
        Button(t.plain(label), AuditLog(user_id=data.user_id, about=about)) for about, label in ABOUT.items()
    )
    rows.append(_back(ctx, AuditLog(user_id=data.user_id)))
    return Screen(t("Changes of what?"), rows, data)


def choose_person(ctx: Context, data: AuditPeople) -> Screen:
    """Offer everybody who ever held a role."""
    t = ctx.t
    page = staffing.find(ctx.session, ctx.user, data.page)
    rows: Rows = [
        [Button(person.name, AuditLog(user_id=person.id, about=data.about))] for person in page.items
    ]
    rows += keyboards.pager(t, page, lambda to: AuditPeople(data.about, to))
    rows.append([Button(t.plain("Anybody"), AuditLog(about=data.about))])
    rows.append(_back(ctx, AuditLog(about=data.about)))
    return Screen(t("Whose changes?"), rows, AuditPeople(data.about, page.number))


def send_file(ctx: Context, data: AuditFile) -> None:
    """Have the file made and sent by a worker."""
    asked = {
        "language": ctx.view.language,
        "person_id": data.user_id or None,
        "subjects": _wanted(data).subjects,
        "subject_id": data.subject_id or None,
    }
    outbox.send_file(ctx.session, ctx.user, "sendDocument", "audit", asked)
    ctx.toast = ctx.t.plain("The file is on its way: up to {n} changes, the newest.", n=audit.MOST_LISTED)


def _back(ctx: Context, to: AuditLog) -> list[Button]:
    return [Button(ctx.t.plain(":leftwards_arrow_with_hook: Back"), to)]


def _wanted(data: AuditLog | AuditFile) -> Wanted:
    subjects = SUBJECTS[data.about][: 1 if data.subject_id else None]
    return Wanted(data.user_id or None, subjects, data.subject_id or None)
