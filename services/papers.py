"""Papers as PDFs. A frozen document is drawn from its snapshot when it is wanted, always the same bytes."""

from __future__ import annotations

import hashlib

from sqlalchemy import update
from sqlalchemy.orm import Session

from models import Document
from services import snapshot
from services.loading_sheet import Sheet
from services.snapshot import Snapshot


def read(document: Document) -> Snapshot:
    """Return the document as it was frozen."""
    return snapshot.from_json(document.snapshot)


def render(paper: Snapshot) -> bytes:
    """Return the PDF of a snapshot."""
    # Late: reportlab weighs more in memory than the rest of a small bot's day.
    from services import invoice_pdf

    return invoice_pdf.render_invoice(paper)


def render_sheet(sheet: Sheet, language: str) -> bytes:
    """Return the PDF of a loading sheet."""
    from services import loading_sheet_pdf

    return loading_sheet_pdf.render(sheet, language)


def keep_digest(session: Session, document_id: int, pdf: bytes) -> None:
    """Write the SHA-256 of a document's PDF when it is first drawn."""
    digest = hashlib.sha256(pdf).hexdigest()
    session.execute(
        update(Document)
        .where(Document.id == document_id, Document.pdf_sha256.is_(None))
        .values(pdf_sha256=digest)
    )
