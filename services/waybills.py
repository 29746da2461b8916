"""Waybills: the paper the goods travel with, made of every load whether or not it can be invoiced yet."""

from __future__ import annotations

from sqlalchemy.orm import Session

from models import Order, User, Waybill
from services import documents


def issue(session: Session, order: Order) -> Waybill:
    """Make the waybill of a loaded order; requisites that are missing are left to be written by hand."""
    return documents.issue(session, Waybill, order)


def void(session: Session, waybill: Waybill, actor: User, reason: str) -> None:
    """Mark a waybill cancelled. Raises what :func:`documents.void` does."""
    documents.void(session, waybill, actor, reason)


def revise(session: Session, waybill: Waybill, actor: User, reason: str) -> Waybill:
    """Cancel a waybill and return its correction. Raises what :func:`documents.void` does."""
    return documents.revise(session, waybill, actor, reason)


def of_order(session: Session, order: Order) -> Waybill | None:
    """Return the order's waybill, the latest revision, if there is one."""
    return documents.latest(session, Waybill, order)
