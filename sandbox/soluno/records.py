"""What a firm's books are made of, beside the entries: people, set-up, contacts and casefiles. Instants are unix seconds."""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

OPERATING, TRUST = "Operating", "Trust"
Kind = Literal["Client", "Vendor"]
KINDS: tuple[Kind, ...] = ("Client", "Vendor")
FIRM_TASK_CODES = frozenset({"adm", "mkt", "cle"})
"""Work for the firm itself; no casefile may have one as its default task [help]."""


@dataclass(slots=True)
class User:
    """Somebody of the firm; a timekeeper must be one even if he never logs in [help]."""

    id: int
    initials: str
    first_name: str
    last_name: str
    email: str
    active: bool = True
    records_time: bool = False
    partner: bool = False

    @property
    def extension(self) -> str:
        """What is put behind account numbers to part income by fee earner; the initials by default [help]."""
        return self.initials


@dataclass(frozen=True, slots=True)
class GlAccount:
    """An account of the general ledger."""

    id: int
    number: str
    name: str


@dataclass(slots=True)
class Area:
    """An area of practice, such as ``PI``, *Personal Injury*."""

    id: int
    name: str
    description: str
    active: bool = True


@dataclass(slots=True)
class ActivityCode:
    """What a charge is for; CASEpeer needs *COPP* and *Property Damage*, each with an account [seed]."""

    id: int
    name: str
    description: str
    gl_account: GlAccount | None
    active: bool = True


@dataclass(slots=True)
class PostingReference:
    """Names the account that an advanced client cost is posted to [assumed]."""

    id: int
    code: str
    description: str
    gl_account: GlAccount
    active: bool = True


@dataclass(slots=True)
class BankAccount:
    """Of the firm (``Operating``) or of its clients (``Trust``)."""

    id: int
    name: str
    type: str
    gl_account: GlAccount
    active: bool = True
    next_cheque: int = 1001


@dataclass(slots=True)
class Contact:
    """A client or a vendor; a company has a last name only."""

    id: int
    number: str
    kind: str
    first_name: str | None
    last_name: str
    email: str | None
    moment: int
    reference: str | None = None
    version: int = 1

    @property
    def display_name(self) -> str:
        """``Last, First``."""
        return ", ".join(part for part in (self.last_name, self.first_name) if part)


@dataclass(slots=True)
class Casefile:
    """A file. ``operating_retainer``: to charge a cost to it needs a tick, as the screen asks for [help]."""

    id: int
    number: str
    description: str
    open_date: date
    area_id: int
    client_id: int
    responsible_id: int
    assigned_ids: list[int]
    moment: int
    default_task: str = "bw"
    lead_ids: list[int] = field(default_factory=list)
    reference: str | None = None
    closed: bool = False
    hold: bool = False
    operating_retainer: bool = False
    version: int = 1
