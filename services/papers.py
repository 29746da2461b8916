"""Papers as PDFs. A frozen document is drawn from its snapshot when it is wanted, always the same bytes."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, replace

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import Document, Picture
from services import snapshot
from services.loading_sheet import Sheet as LoadingSheet
from services.snapshot import Snapshot

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that a document is drawn from, read in one go so that drawing needs no transaction."""

    # None for one that is no document: a sample.
    document_id: int | None
    paper: Snapshot
    facsimile: bytes | None = None


def read(document: Document) -> Snapshot:
    """Return the document as it was frozen, and whether it was cancelled since."""
    paper = snapshot.from_json(document.snapshot)
    return replace(paper, is_cancelled=True) if document.cancelled_at else paper


def sheet(session: Session, document: Document) -> Sheet:
    """Return what the document is drawn from."""
    paper = read(document)
    picture = session.get_one(Picture, paper.facsimile) if paper.facsimile else None
    return Sheet(document.id, paper, picture.content if picture else None)


def render(paper: Snapshot, facsimile: bytes | None = None) -> bytes:
    """Return the PDF of a snapshot, stamped with the facsimile (PNG) if there is one."""
    # Late: reportlab weighs more in memory than the rest of a small bot's day.
    if paper.kind == "waybill":
        from services.waybill_pdf import render_waybill

        return render_waybill(paper)
    from services.invoice_pdf import render_invoice

    return render_invoice(paper, facsimile)


def render_sheet(sheet: LoadingSheet, language: str) -> bytes:
    """Return the PDF of a loading sheet."""
    from services import loading_sheet_pdf

    return loading_sheet_pdf.render(sheet, language)


def keep_digest(session: Session, document_id: int, pdf: bytes) -> None:
    """Write the SHA-256 of a document's PDF when it is first drawn; compare it from then on.

    A different one is logged: the paper in the customer's hands is not what would be drawn
    today. A cancelled document bears a stamp and is not compared.
    """
    digest = hashlib.sha256(pdf).hexdigest()
    session.execute(
        update(Document)
        .where(Document.id == document_id, Document.pdf_sha256.is_(None), Document.cancelled_at.is_(None))
        .values(pdf_sha256=digest)
        .execution_options(synchronize_session=False)
    )
    row = session.execute(
        select(Document.pdf_sha256, Document.cancelled_at).where(Document.id == document_id)
    ).one()
    if row.pdf_sha256 != digest and row.cancelled_at is None:
        log.warning("document %s is drawn other than it was issued: %s", document_id, digest)
