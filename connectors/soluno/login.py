"""Opens sessions in Soluno by user name and password [doc], and with the answer to the security question where it is due.

:class:`connectors.tokens.TokenKeeper` shares one session between all processes, as a second one would end the first [seed].
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from connectors.errors import ConnectorError, LogInAgain, UnexpectedAnswer
from connectors.http import Answer, Connection, Patience
from connectors.http.hints import answered_at
from connectors.oauth import TOKEN_TIMEOUTS, Grant, GrantRefused
from connectors.passwords import Refusals, digest
from connectors.ports import SharedState
from connectors.soluno.hosts import SYSTEM, Host
from connectors.soluno.interruptions import Interruptions
from connectors.soluno.refused_logins import INVALID_CREDENTIALS, NewDevice, explain
from connectors.soluno.wire import OpenedRecord
from connectors.wiring import parsed

SESSION = "/Session"
CORRELATION_HEADER = "X-Correlation-Id"


@dataclass(frozen=True, slots=True)
class Account:
    """The user that casebridge logs in as. ``organization`` is needed where that user has several books [doc]."""

    user_name: str
    password: str = field(repr=False)
    organization: str = ""
    verification_answer: str = field(default="", repr=False)
    """Given once when casebridge is new to Soluno, if it is there; every month a person has to give it anew."""


class Login:
    """One user of one firm's Soluno.

    Args:
        host: where to log in.
        account: as whom.
        shared: tells the other processes how it went.
        transport: replaces the sockets in tests.
        now: the clock, replaced in tests.
    """

    confirmations: int = 1  # every refusal counts towards a lock-out [assumed]

    def __init__(
        self,
        host: Host,
        account: Account,
        shared: SharedState,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._host, self._account = host, account
        who = (account.user_name.casefold(), account.organization.casefold())
        self.grant = digest(account.password, host.api, *who)
        """Stands for these credentials; hand it to the TokenKeeper as its refresh token."""
        self._refusals = Refusals(SYSTEM, shared, self.grant, now)
        self._interruptions = Interruptions(shared, self.grant, now)
        self._device = f"casebridge-{hashlib.sha256(shared.key.encode()).hexdigest()[:16]}"
        self._answer = ""
        self._connection = Connection(
            SYSTEM,
            host.api,
            explain=self._explain,
            timeouts=TOKEN_TIMEOUTS,
            patience=Patience(attempts=2, total_wait=5.0),
            transport=transport,
            correlation_header=CORRELATION_HEADER,
        )

    def answer_next(self, answer: str) -> None:
        """Send this answer to the security question with the next login: somebody of the firm has given it."""
        self._answer = answer

    async def refresh(self, grant: str) -> Grant:
        """A new session.

        Raises:
            GrantRefused: the credentials are refused, or were a short while ago.
            AnswerQuestion: the security question has to be answered first.
            LogInAgain: a person has to do something in Soluno first, or has given a wrong answer.
            Misconfigured: there is no Soluno at the host, or the organization has to be named.
            Wait: no usable answer, or somebody else uses the login.
        """
        answer, self._answer = self._answer, ""
        await self._refusals.check(grant)
        if not answer:
            await self._interruptions.check()
        try:
            session, life = await self._open(answer)
        except GrantRefused as refused:
            if answer and refused.code == INVALID_CREDENTIALS:
                message = (
                    "Soluno refuses the answer to its security question, or the password with it: run reauthenticate_soluno once "
                    "more with the answer as it stands in the user's profile. After five wrong ones the user is locked."
                )
                raise LogInAgain(message, system=SYSTEM) from refused
            await self._refusals.note(refused)
            raise
        await self._refusals.forget()
        await self._interruptions.note(life, by_person=bool(answer))
        return Grant(session.session_token, life, None)

    async def try_again(self) -> None:
        """Let refused credentials be asked about once more, now: somebody wants to know."""
        await self._refusals.end_pause()

    async def close(self) -> None:
        """Close connections; the session stays, as others use it."""
        await self._connection.aclose()

    async def _open(self, answer: str) -> tuple[OpenedRecord, float]:
        """Log in, once more with the known answer where casebridge is new; what came, and for how many seconds it is good."""
        try:
            return await self._ask(answer)
        except NewDevice:
            if answer or not self._account.verification_answer:
                raise
            return await self._ask(self._account.verification_answer)

    async def _ask(self, answer: str) -> tuple[OpenedRecord, float]:
        account = self._account
        body = {
            "UserName": account.user_name,
            "Password": account.password,
            "OrganizationName": account.organization or None,
            "DeviceId": self._device,
            "VerificationAnswer": answer or None,
        }
        came = await self._connection.request("POST", SESSION, route=SESSION, body=body, repeatable=True)
        session = parsed(SYSTEM, OpenedRecord, came.body)
        life = (session.expires_on - answered_at(came.headers)).total_seconds()
        if life <= 0:
            raise UnexpectedAnswer("Soluno opened a session that is over already.", field="ExpiresOn", system=SYSTEM)
        return session, life

    def _explain(self, answer: Answer) -> ConnectorError:
        return explain(answer, self._account.user_name, self._host.api)
