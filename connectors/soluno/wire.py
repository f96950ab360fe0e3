"""Soluno's people, set-up, contacts and casefiles as they come, and what they become in our own words [assumed]."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_pascal

from connectors.wiring import Identifier, Instant, Money, PlainDate, WireRecord
from domain.books import Balances, BooksUser, Casefile, Contact, Listed, SessionStanding

SOURCE = "soluno"
_OPEN = "Open"


def _day(value: Any) -> date:
    if not isinstance(value, str):
        raise ValueError("is not a day")  # noqa: TRY004  (pydantic turns only ValueError into its own error)
    moment = datetime.fromisoformat(value)
    return moment.astimezone(UTC).date() if moment.tzinfo else moment.date()


Day = Annotated[date, BeforeValidator(_day)]
"""A day, also where an instant is sent: what ends in *On* may be either."""


class SolunoRecord(WireRecord):
    """A record; its fields are in PascalCase [doc]."""

    model_config = ConfigDict(alias_generator=to_pascal)


class ListedRecord(SolunoRecord):
    """A record of a list. ``path`` is where the list is; each calls its ``id`` otherwise."""

    path: ClassVar[str]

    id: Identifier

    @classmethod
    def id_field(cls) -> str:
        """What the list calls the id."""
        return cls.model_fields["id"].alias or ""


class UserOfSession(SolunoRecord):
    """The user that we are."""

    email: str


class Organization(SolunoRecord):
    """The organization that we are in."""

    name: str


class SessionRecord(SolunoRecord):
    """How a session stands."""

    expires_on: Instant
    reauthenticate_by: Instant
    user: UserOfSession
    organization: Organization

    @property
    def standing(self) -> SessionStanding:
        """In our own words."""
        return SessionStanding(self.user.email, self.organization.name, self.reauthenticate_by)


class OpenedRecord(SessionRecord):
    """A session that was just opened."""

    session_token: str = Field(repr=False, min_length=1)


class UserRecord(ListedRecord):
    """A user of the books."""

    path: ClassVar[str] = "/Users"

    id: Identifier = Field(alias="UserId")
    first_name: str | None
    last_name: str | None
    email: str | None
    active: bool
    records_time: bool

    @property
    def user(self) -> BooksUser:
        """In our own words; the e-mail trimmed and in lower case."""
        name = " ".join(part for part in (self.first_name, self.last_name) if part)
        return BooksUser(self.id, name, (self.email or "").strip().lower(), self.active, self.records_time)


class GlAccount(SolunoRecord):
    """An account of the general ledger."""

    gl_account_id: Identifier


class AreaRecord(ListedRecord):
    """An area of practice."""

    path: ClassVar[str] = "/AreasOfPractice"

    id: Identifier = Field(alias="AreaOfPracticeId")
    name: str
    description: str | None
    active: bool

    @property
    def listed(self) -> Listed:
        """In our own words."""
        return Listed(self.id, self.name, self.description or "", self.active)


class ActivityCodeRecord(ListedRecord):
    """What a charge is for."""

    path: ClassVar[str] = "/ActivityCodes"

    id: Identifier = Field(alias="ActivityCodeId")
    name: str
    description: str | None
    gl_account: GlAccount | None
    active: bool

    @property
    def listed(self) -> Listed:
        """In our own words."""
        has_account = self.gl_account is not None
        return Listed(self.id, self.name, self.description or "", self.active, has_gl_account=has_account)


class PostingReferenceRecord(ListedRecord):
    """What names the account that a cost is posted to."""

    path: ClassVar[str] = "/PostingReferences"

    id: Identifier = Field(alias="PostingReferenceId")
    code: str
    description: str | None
    gl_account: GlAccount | None
    active: bool

    @property
    def listed(self) -> Listed:
        """In our own words; its name is its code."""
        has_account = self.gl_account is not None
        return Listed(self.id, self.code, self.description or "", self.active, has_gl_account=has_account)


class BankAccountRecord(ListedRecord):
    """A bank account, *Operating* or *Trust*."""

    path: ClassVar[str] = "/BankAccounts"

    id: Identifier = Field(alias="BankAccountId")
    name: str
    type: str
    gl_account: GlAccount | None
    active: bool

    @property
    def listed(self) -> Listed:
        """In our own words."""
        has_account = self.gl_account is not None
        return Listed(self.id, self.name, active=self.active, kind=self.type, has_gl_account=has_account)


class FeatureRecord(SolunoRecord):
    """A feature of the Settings tab: a switch, or a value."""

    key: str
    enabled: bool | None = None
    value: Any = None


class LockDate(SolunoRecord):
    """The feature that closes the books up to a day."""

    value: PlainDate | None


class ContactRecord(ListedRecord):
    """A client or a vendor; a company has a last name only."""

    path: ClassVar[str] = "/Contacts"

    id: Identifier = Field(alias="ContactId")
    contact_number: Identifier
    kind: str
    first_name: str | None
    last_name: str | None
    display_name: str
    external_reference: str | None

    @property
    def contact(self) -> Contact:
        """In our own words."""
        return Contact(self.id, self.contact_number, self.display_name, self.kind, self.external_reference)

    def is_called(self, name: str) -> bool:
        """Whether this is its name, as *Last, First* or as *First Last*; letter case and the blanks around do not matter."""
        spoken = " ".join(part for part in (self.first_name, self.last_name) if part)
        return name.strip().casefold() in {self.display_name.strip().casefold(), spoken.casefold()}


class ClientOfCasefile(SolunoRecord):
    """Whom a casefile is for."""

    contact_id: Identifier


class CasefileRecord(ListedRecord):
    """A casefile."""

    path: ClassVar[str] = "/Casefiles"

    id: Identifier = Field(alias="CasefileId")
    casefile_number: Identifier
    description: str | None
    status: str
    hold: bool
    client: ClientOfCasefile
    external_reference: str | None

    @property
    def casefile(self) -> Casefile:
        """In our own words."""
        return Casefile(
            self.id,
            self.casefile_number,
            self.status == _OPEN,
            self.hold,
            self.description or "",
            self.client.contact_id,
            self.external_reference,
        )


class BalancesRecord(SolunoRecord):
    """How a casefile stands."""

    trust: Money
    unbilled_costs: Money
    unbilled_fees: Money
    receivable: Money

    @property
    def balances(self) -> Balances:
        """In our own words."""
        return Balances(self.trust, self.unbilled_costs, self.unbilled_fees, self.receivable)
