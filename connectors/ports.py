"""What connectors ask of the rest of casebridge, and what flows may ask of any case system.

``SharedState`` is state that every process working for the same connection must see at once: request budgets and
tokens. The ledger implements it; connectors only know these protocols (they may import nothing but ``domain``).
All methods are synchronous and may block for a few milliseconds: call them through ``asyncio.to_thread``.
"""

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from domain.case import Case, CasePage, Client, ClientPage, StaffMember
from domain.outbox import Queue
from domain.relay import Correspondent, Letter, Paper, PaperTrace
from domain.replies import CaseReplies, ChangedCases
from domain.token import Token

if TYPE_CHECKING:
    from connectors.http import Counts


class LimitStore(Protocol):
    """Request budgets shared between processes and machines."""

    def change(self, key: str, decide: Callable[[dict[str, Any] | None], dict[str, Any]]) -> dict[str, Any]:
        """Replace the JSON state under ``key`` by ``decide(state)`` atomically; return the new state.

        ``decide`` gets None the first time, may be called again on a conflict, and must be pure.
        """
        ...


class TokenStore(Protocol):
    """Short-lived tokens, encrypted at rest, with one refresher at a time across threads, processes and machines."""

    def load(self, key: str) -> Token | None:
        """The current token, or None."""
        ...

    def hold(self, key: str, owner: str, seconds: float) -> int | None:
        """Become the only refresher for ``seconds``; the fence number, or None while another one holds it."""
        ...

    def save(self, key: str, fence: int, token: Token) -> Token | None:
        """Store ``token`` (its version is set) if ``fence`` is still the newest; None when it was overtaken."""
        ...

    def release(self, key: str, fence: int) -> None:
        """Let the next refresher in; a no-op when already overtaken."""
        ...

    def forget(self, key: str) -> None:
        """Drop the token (disconnect)."""
        ...


def _always() -> None:
    """Nobody else can act for this connection."""


@dataclass(frozen=True, slots=True)
class SharedState:
    """The shared state a connector is given; ``key`` names the connection, e.g. ``clio:harrow-pike``."""

    key: str
    limits: LimitStore
    tokens: TokenStore
    may_send: Callable[[], object] = _always
    """Asked in the moment before anything is sent, repetitions included; raises when another may act for the firm."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which cases to read: exactly one of the three is set (or none: all the connected user sees)."""

    created_since: datetime | None = None
    updated_since: datetime | None = None
    ids: Sequence[str] | None = None
    besides: Collection[str] = ()
    """Ids of cases to read, too, whether or not they moved: for systems whose cases may change without moving."""


KnownClients = Callable[[Mapping[str, str]], Awaitable[Mapping[str, Client]]]
"""Given ``{external id: version}``, those clients whose data of exactly that version we already hold."""


KnownCases = Callable[[Mapping[str, str]], Awaitable[Collection[str]]]
"""Given ``{integration id: fingerprint}``, the ids of those portal cases we hold with exactly that fingerprint."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who we are connected as."""

    user_name: str
    user_email: str
    firm_name: str
    firm_id: str


class CaseSystem(Protocol):
    """What every case system can do for the flows."""

    system: str

    @property
    def counts(self) -> "Counts":
        """What was asked of the system so far."""
        ...

    async def whoami(self) -> Account:
        """The connected user and firm; the probe of a connection."""
        ...

    def cases(
        self, scope: Scope, *, cursor: str | None = None, known_clients: KnownClients | None = None
    ) -> AsyncIterator[CasePage]:
        """Pages of complete cases (contacts and phones included), at most 200 each, resuming after ``cursor``.

        Ids that are gone or invisible are simply absent. Raises ConnectorError.
        """
        ...

    async def case(self, integration_id: str) -> Case:
        """One complete case. Raises NotFound."""
        ...

    def clients_changed(self, since: datetime, *, cursor: str | None = None) -> AsyncIterator[ClientPage]:
        """Clients whose own record moved since ``since``."""
        ...

    def case_url(self, integration_id: str) -> str:
        """Where a person opens the case."""
        ...

    async def close(self) -> None:
        """Close connections."""
        ...


class FindsCases(Protocol):
    """What a case system does whose own search can name the cases to import."""

    async def search(self, words: str) -> list[str]:
        """Ids of the cases that it finds, each once. Raises ConnectorError."""
        ...


class KeepsTwins(Protocol):
    """What a case system does in which each case is connected to its case in the portal, its twin."""

    async def case_and_twin(self, integration_id: str) -> tuple[Case, str | None]:
        """One complete case, and the name of its twin; None when it is connected to none.

        Raises NotFound, UnexpectedAnswer.
        """
        ...

    def twin_of(self, portal_id: int) -> str:
        """How the case system names a case of the portal."""
        ...

    async def connect(self, integration_id: str, portal_id: int) -> None:
        """Note at the case which case of the portal is its twin.

        Raises:
            FixData: it is closed, or connected to another one.
        """
        ...


class CaseFiles(Protocol):
    """What a case system must do for the relays: keep letters and papers with a case, and find them by their markers."""

    system: str

    @property
    def counts(self) -> "Counts":
        """What was asked of the system so far."""
        ...

    async def check(self, *, letters: bool, papers: bool) -> None:
        """See that the firm has set up what filing letters or papers needs. Raises Misconfigured, naming what is missing."""
        ...

    async def staff(self) -> Sequence[StaffMember]:
        """The firm's users, to find senders and recipients among."""
        ...

    async def file_letter(self, letter: Letter) -> str:
        """File a letter; the id of its record.

        Raises:
            AnswerLost: it may have been filed: look it up before repeating.
            FixData: refused; surely not filed.
        """
        ...

    async def find_letter(self, marker: str, case_id: str) -> str | None:
        """The id of the record with this marker, None when there is none.

        ``case_id`` is the case it was to be filed with; systems that can look for a marker everywhere do so, as somebody
        may have moved the record.

        Raises:
            NotFound: the case is hidden, so that nobody can tell.
        """
        ...

    async def file_paper(self, paper: Paper, content: AsyncIterable[bytes], *, resuming: bool) -> str:
        """File a document, its bytes streamed; the id of its record.

        Args:
            paper: what it is.
            content: its bytes; iterated once more when they have to be sent again.
            resuming: True when an earlier try may have left something half done, to be gone on with or cleared away.

        Raises:
            AnswerLost: it may have been filed: look it up before repeating.
            FixData: refused; surely not filed. Its ``status`` is 413 when the document is too large.
        """
        ...

    async def find_paper(self, trace: PaperTrace) -> str | None:
        """The id of the complete document that leaves this trace, None when there is none; see :meth:`find_letter`.

        Raises:
            FixData: there is one with its marker, but not of its size.
            NotFound: the case is hidden, so that nobody can tell.
        """
        ...

    async def clear_unfinished(self, before: datetime) -> int:
        """Remove what uploads of ours have left unfinished since before then; how many there were."""
        ...

    def case_url(self, integration_id: str) -> str:
        """Where a person opens the case."""
        ...

    async def close(self) -> None:
        """Close connections."""
        ...


class Replies(Protocol):
    """What a case system must do for messages out of it: say where there may be some for clients, and what there is."""

    system: str

    @property
    def counts(self) -> "Counts":
        """What was asked of the system so far."""
        ...

    @property
    def told_by(self) -> str:
        """What tells that something is meant for clients, as the firm has it set up now."""
        ...

    async def check(self) -> None:
        """See that the firm has set up what replies need. Raises Misconfigured, naming what is missing."""
        ...

    def changed(self, since: datetime) -> AsyncIterator[ChangedCases]:
        """Cases on which something may have been written since then; at least one page, be it empty.

        What this cannot tell of is found by reading each case from time to time. Raises ConnectorError.
        """
        ...

    async def of_case(self, case_id: str) -> CaseReplies:
        """Everything on a case that is meant for its clients now; nothing that we filed there.

        Raises:
            NotFound: there is no such case, or it is hidden from the connected user.
        """
        ...

    async def author_email(self, case_id: str, author: Correspondent) -> str | None:
        """The e-mail of somebody who wrote on this case; None when the case system does not say."""
        ...

    async def close(self) -> None:
        """Close connections."""
        ...


@runtime_checkable
class Outbox(Protocol):
    """What a case system must do for messages out of it where it keeps them in a queue: show that, and hear what became of each."""

    system: str

    @property
    def counts(self) -> "Counts":
        """What was asked of the system so far."""
        ...

    async def check(self) -> None:
        """See that the queue may be read. Raises NotPermitted."""
        ...

    async def queued(self) -> Queue:
        """Everything that waits. Raises ConnectorError."""
        ...

    async def sent(self, message_id: str, remote_id: str) -> bool:
        """Say that a message was sent, as ``remote_id``; it leaves the queue. Repeating it changes nothing.

        False: the message is gone, or was settled otherwise before, and stays as it is there. Raises ConnectorError.
        """
        ...

    async def failed(self, message_id: str, reason: str) -> bool:
        """Say why a message was not sent, for its author; else as :meth:`sent`."""
        ...

    async def close(self) -> None:
        """Close connections."""
        ...
