"""What a firm's SmartAdvocate holds. Instants are milliseconds since 1970; days are dates without a zone."""

from dataclasses import dataclass, field
from datetime import date

PERSON, ORGANISATION = 1, 2
"""``contactCtg`` [doc-3p]."""
_CATEGORY = 1_000_000


def unique_contact_id(category: int, contact_id: int) -> int:
    """The category digit glued in front of a contact's own id [seen]."""
    return category * _CATEGORY + contact_id


def own_contact_id(identity: int) -> int:
    """A contact's own id, from that or from its unique contact id."""
    return identity % _CATEGORY


@dataclass(slots=True)
class Phone:
    """A number; ``label`` is the type label, on the wire ``name`` [seen]."""

    label: str
    number: str
    primary: bool = False
    texting: bool = False


@dataclass(slots=True)
class Email:
    """An address; on the wire it is in ``name`` [seen]."""

    address: str
    primary: bool = False


@dataclass(slots=True)
class Contact:
    """A person or an organisation (``name`` only)."""

    id: int
    category: int
    first_name: str
    last_name: str
    name: str
    phones: list[Phone]
    emails: list[Email]
    date_of_birth: date | None
    created: int
    modified: int

    @property
    def unique_id(self) -> int:
        """``uniqueContactId``, the ``contactID`` of plaintiffs."""
        return unique_contact_id(self.category, self.id)

    @property
    def display_name(self) -> str:
        """``Last, First``, or the organisation's name [doc]."""
        return self.name or ", ".join(part for part in (self.last_name, self.first_name) if part)

    @property
    def moment(self) -> int:
        """When it last changed."""
        return self.modified


@dataclass(slots=True)
class Party:
    """A plaintiff or another person on a case; ``contact_id`` is the contact's own id."""

    id: int
    contact_id: int
    role: str
    primary: bool = False
    primary_contact: bool = False
    client: bool = False
    removed: bool = False


@dataclass(slots=True)
class StaffRow:
    """A person of the firm in one role on a case."""

    user_id: int
    first_name: str
    last_name: str
    email: str
    role: str
    phone: str | None = None
    unique_contact_id: int = 0
    to_date: str | None = None
    """Shown as ``toDate`` only where it is set: nobody says whether ended assignments are returned [assumed]."""


@dataclass(slots=True)
class SubStatus:
    """A second status: its type (``Records Status``) and value (``Requested``)."""

    id: int
    type_name: str
    name: str
    since: int


@dataclass(slots=True)
class Incident:
    """What happened."""

    day: date | None
    facts: str
    state: str = "Ohio"


@dataclass(slots=True)
class Case:
    """A case, closed when ``closed`` is set."""

    id: int
    number: str
    name: str
    group_id: int
    group: str
    type_id: int
    type: str
    status_id: int
    status: str | None
    status_since: int
    opened: date
    closed: date | None
    incident: Incident | None
    plaintiffs: list[Party]
    others: list[Party]
    defendants: list[str]
    staff: list[StaffRow]
    sub_statuses: list[SubStatus]
    created: int
    modified: int

    @property
    def moment(self) -> int:
        """When it last changed."""
        return self.modified


@dataclass(slots=True)
class Note:
    """A note; ``text`` is HTML [doc]. ``modified`` is None until it is edited [seen]."""

    id: int
    case_id: int
    type_id: int
    text: str
    user_id: int
    author: str
    author_contact_id: int
    noted: int
    """``noteDate``, whole minutes [doc]."""
    created: int
    subject: str = ""
    priority: str = "Normal"
    shared: bool = False
    """``isSharedinCP``: 'Shared in Client Portal' [doc]."""
    shared_with_all: bool = False
    modified: int | None = None

    @property
    def moment(self) -> int:
        """When it last changed."""
        return self.modified or self.created


@dataclass(slots=True)
class Document:
    """A document with its bytes; ``content`` is None where they were more than 1 MiB."""

    id: int
    number: int
    """``caseDocumentID``, counted within the case [assumed]."""
    case_id: int
    name: str
    size: int
    sha256: str
    content: bytes | None
    category_id: int
    created: int
    user_id: int
    dated: int
    sub_category_id: int = 0
    description: str = ""
    comments: str = ""
    folder: str = ""
    direction: int = 1
    shared: bool = False
    deleted: bool = False
    modified: int | None = None
    parts: dict[str, str] = field(default_factory=dict)
    """The text parts of the upload as they came, for assertions."""

    @property
    def moment(self) -> int:
        """When it last changed."""
        return self.modified or self.created
