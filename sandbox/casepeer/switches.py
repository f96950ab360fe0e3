"""What may be turned in one firm, and what the contract leaves open."""

from dataclasses import dataclass
from typing import Literal

from sandbox import switches

MEBIBYTE = 1_048_576


@dataclass(slots=True)
class Switches(switches.Switches):
    """Per firm, changed at any moment. Defaults are the proposed contract (6 of the vendor's notes)."""

    login_page: Literal["never", "redirect", "page"] = "never"
    """``redirect``: every call is sent on to ``/login/``, which is 200 and HTML [seen]; ``page``: that page at once."""
    empty_dates: bool = False
    """A day that is absent is an empty string instead of null; both were seen."""
    bare_arrays: bool = False
    """Lists that are short (statuses, users, categories, case search) are arrays without an envelope [seen]."""
    next_host: str | None = None
    """``next`` and ``previous`` name this host (``http://elsewhere.example``) instead of the firm's own."""
    rows_move_while_paging: int = 0
    """Once a page of cases, costs or trust ledgers is answered, so many of its first rows are touched and move to the end."""
    duplicate_at_boundary: bool = False
    """A page of cases, costs or trust ledgers begins with the last row of the page before it."""
    link_moves_case: bool = True
    """Connecting and disconnecting a case changes its ``version`` and ``updated_at``; nobody says."""
    note_moves_case: bool = False
    """The same for a note. It changes ``last_touched`` in any case."""
    document_moves_case: bool = False
    """The same for a document."""
    client_moves_case: bool = True
    """The same for a change of the client, who is shown in the case."""
    notes_as_html: bool = False
    """A note that was written in plain text is read back as HTML."""
    checks_partner_key: str | None = None
    """Where a partner's key is tried before it is enabled (Case Status's ``.../v1/api``); None: it is not tried."""
    max_upload_bytes: int = 100 * MEBIBYTE
    """Larger documents answer 413."""
    push_secret: str = "sandbox-hint"  # noqa: S105 - the sandbox's own
    """The value of ``X-CASEpeer-Sandbox-Secret``; hints tell of changes of connected cases and of queued messages."""
