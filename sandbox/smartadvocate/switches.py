"""What may be turned in one firm, and what its documents leave open."""

from dataclasses import dataclass
from typing import Any, Literal

TOKEN_SECONDS = 7200
"""``exp - iat`` of the vendor's sample token [doc]."""
MEBIBYTE = 1_048_576
Envelope = Literal["named", "records", "bare"]


@dataclass(slots=True)
class Switches:
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
    push_url: str | None = None
    """Where notes are announced; None: nowhere."""
    push_secret: str = "sandbox-push"  # noqa: S105 - the sandbox's own
    """The value of ``X-SA-Sandbox-Secret``."""
    push_duplicate: bool = False
    """Every push is sent twice."""
    push_reorder: bool = False
    """A push waits for the next one, which goes first."""
    push_drop: bool = False
    """Pushes are made and lost."""

    def turn(self, wanted: dict[str, Any]) -> None:
        """Change some. Raises ValueError for a name there is not."""
        for name in wanted:
            if name not in self.__slots__:
                message = f"There is no switch {name!r}; there are {', '.join(self.__slots__)}."
                raise ValueError(message)
        for name, value in wanted.items():
            setattr(self, name, value)
