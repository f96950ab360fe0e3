"""What may be turned in one firm, and what its documents leave open."""

from dataclasses import dataclass
from typing import Literal

from sandbox import switches

TOKEN_SECONDS = 7200
"""``exp - iat`` of the vendor's sample token [doc]."""
MEBIBYTE = 1_048_576
Envelope = Literal["named", "records", "bare"]


@dataclass(slots=True)
class Switches(switches.Switches):
    """Per firm, changed at any moment. Defaults are the vendor's samples, or else the kindest reading."""

    token_seconds: int = TOKEN_SECONDS
    """Life of a token."""
    requests_per_token: int | None = None
    """After so many requests a token answers 401: an expiry in the middle of a run."""
    bad_login_status: int = 400
    """400, or 401."""
    lock_after: int | None = None
    """So many wrong passwords in a row lock a user; None: never."""
    local_offsets: bool = False
    """Instants with the firm's own offset and three digits instead of ``Z`` [seen]."""
    envelope: Envelope = "named"
    """Of ``.../byDatePaged``: ``{"cases": [...], "pageRequest": {...}}``, ``{"records": [...], ...}``, or the array."""
    list_envelope: Envelope = "bare"
    """The same of lists with ``currentPage`` in the query: documents of a case, active cases."""
    none_is_404: bool = False
    """404 instead of ``[]``: CaseInfo without a match, and a case without notes or staff."""
    full_rows: bool = False
    """``case/byDatePaged`` and ``case/ActiveCases`` give whole cases instead of id, number and modified date."""
    note_moves_case: bool = True
    """Inserting or editing a note moves the case's ``modifiedDate``; nobody says (12.5)."""
    document_moves_case: bool = False
    """The same for a document."""
    status_moves_case: bool = True
    """The same for a change of status, description, number or date."""
    staff_moves_case: bool = False
    """The same for a change of the staff."""
    contact_moves_case: bool = False
    """The same for a change of a plaintiff's contact."""
    insert_answer: Literal["note", "object", "id"] = "note"
    """Insert Note answers the stored note, ``{"noteID": ...}``, or the bare number."""
    notes_by_date: bool = False
    """Whether ``POST case/notes/byDatePaged`` exists."""
    json_uploads: bool = False
    """Whether documents may come as JSON with base64 ``content``."""
    max_upload_bytes: int = 50 * MEBIBYTE
    """Larger uploads answer 413."""
    oauth: bool = False
    """Whether the invented OAuth façade exists."""
