"""Messages between a firm and the clients of a case: who may send, how each number is reached, what comes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.casestatus import lifecycle
from sandbox.casestatus.firm import Firm
from sandbox.casestatus.instants import SECOND
from sandbox.casestatus.phones import LineType, Reach
from sandbox.casestatus.records import Case, Client, Message, Receipt, State, User
from sandbox.casestatus.refusals import Entry, Refusal
from sandbox.casestatus.schema import Reader, flag, instant, one_of, optional_text
from sandbox.casestatus.state import Portal

MAX_CHARS: Final = 5000
SLOW_SECONDS: Final = 30
CHANNELS: Final = ("auto", "app", "sms")


def _channel(name: str, value: Any) -> str:
    """A channel; null counts as ``auto``."""
    return "auto" if value is None else str(one_of(*CHANNELS)(name, value))


MESSAGE: Final[Mapping[str, Reader]] = {
    "content": optional_text,
    "sender_email": optional_text,
    "send_as_primary": flag,
    "channel": _channel,
    "external_id": optional_text,
    "scheduled_at": instant,
}


@dataclass(slots=True)
class Outbox:
    """Sends for one firm."""

    portal: Portal
    firm: Firm

    def already_sent(self, case: Case, external_id: str | None) -> Message | None:
        """The message of this case with that external id."""
        if external_id is None:
            return None
        return next((one for one in self.firm.messages_of(case) if one.external_id == external_id), None)

    def send(self, case: Case, given: Mapping[str, Any]) -> Message:
        """Send to the clients of a case, now or when scheduled. Raises Refusal."""
        channel = given.get("channel", "auto")
        sender = self._judge(case, given, channel)
        if case.state is State.CLOSED:
            raise lifecycle.case_closed(case)
        if case.state is State.ONBOARDING:
            raise lifecycle.not_activated()
        stamp = self.firm.stamp()
        clients = [link.client for link in case.links]
        message = Message(
            id=self.portal.next_id(),
            case=case,
            type="outbound",
            content=str(given["content"]),
            sender_name=sender.name,
            sender={"kind": "user", "id": sender.id, "email": sender.email},
            channel=_common_channel(clients, channel),
            created_at=stamp,
            updated_at=stamp,
            external_id=given.get("external_id"),
            receipts=[Receipt(client, "queued", stamp) for client in clients],
        )
        due = given.get("scheduled_at")
        if due is not None and due > self.portal.now():
            self.portal.later(due, lambda: self._deliver(message, channel))
        else:
            self._deliver(message, channel, stamp)
        return self.firm.keep_message(message)

    def _judge(self, case: Case, given: Mapping[str, Any], channel: str) -> User:
        """The sender; all defects of the message at once. Raises Refusal (422)."""
        defects: list[Entry] = []
        content = given.get("content")
        if content is None or not content.strip():
            defects.append(Entry("content_blank", "A message needs words.", "content"))
        elif len(content) > MAX_CHARS:
            message = f"A message has at most {MAX_CHARS} characters."
            defects.append(Entry("content_too_long", message, "content", {"max_chars": MAX_CHARS}))
        email = given.get("sender_email")
        sender = _sender(case, email, as_primary=given.get("send_as_primary", False))
        if sender is None:
            message = "The sender must be active staff of the case."
            staff = [user.email for user in case.staff if user.status == "active"]
            defects.append(Entry("sender_not_on_case", message, "sender_email", {"email": email, "staff": staff}))
        if channel == "sms" and all(link.client.sms_opted_out for link in case.links):
            defects.append(Entry("client_opted_out", "Every client has opted out of text messages.", "channel"))
        if defects or sender is None:
            raise Refusal(422, *defects)
        return sender

    def _deliver(self, message: Message, channel: str, at: int | None = None) -> None:
        """Hand the message to each client's app or phone."""
        stamp = self.firm.stamp() if at is None else at
        message.sent_at = stamp
        reached = []
        for receipt in message.receipts:
            receipt.status, receipt.error = _fate(receipt.client, channel, message.case)
            receipt.status_at = stamp
            if receipt.status != "failed":
                reached.append(receipt.client)
        if reached:
            self.firm.tell_clients(message.case, "message", message.content, stamp, reached)
        if any(receipt.status == "sent" for receipt in message.receipts):
            self.portal.later(stamp + SLOW_SECONDS * SECOND, lambda: self._arrive(message))
        if at is None:
            self._touch(message, stamp)

    def _arrive(self, message: Message) -> None:
        """A slow delivery comes through."""
        stamp = self.firm.stamp()
        for receipt in message.receipts:
            if receipt.status == "sent":
                receipt.status, receipt.status_at = "delivered", stamp
        self._touch(message, stamp)

    def _touch(self, message: Message, stamp: int) -> None:
        message.updated_at = stamp
        self.firm.messages.file(message)


def _sender(case: Case, email: str | None, *, as_primary: bool) -> User | None:
    """Active staff of the case with that e-mail, or the primary attorney when asked for [assumed: 6.12(14)]."""
    if as_primary:
        return case.attorney if case.attorney and case.attorney.status == "active" else None
    wanted = (email or "").casefold()
    return next((user for user in case.staff if user.status == "active" and user.email.casefold() == wanted), None)


def _has_app(client: Client) -> bool:
    return client.reach is not Reach.SLOW_WITHOUT_APP


def _common_channel(clients: list[Client], channel: str) -> str:
    """What the message shows: ``sms`` only when nobody gets it in the app."""
    if channel != "auto":
        return channel
    return "app" if any(_has_app(client) for client in clients) else "sms"


def _fate(client: Client, channel: str, case: Case) -> tuple[str, str | None]:
    """Status and error of a delivery, as the client's number decides [assumed: 6.9]."""
    if case.state is State.CLOSED:
        return "failed", "unreachable"
    by_app = channel == "app" or (channel == "auto" and _has_app(client))
    if by_app:
        return ("delivered", None) if _has_app(client) else ("failed", "unreachable")
    if client.line_type is LineType.LANDLINE:
        return "failed", "landline"
    if client.sms_opted_out:
        return "failed", "opted_out"
    if client.reach is Reach.UNREACHABLE:
        return "failed", "unreachable"
    return ("sent" if client.reach is Reach.SLOW_WITHOUT_APP else "delivered"), None
