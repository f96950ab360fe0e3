"""What the firm's people, and the hub through the API, do to the records."""

import hashlib
from datetime import date
from typing import Any

from sandbox.casepeer.bookkeeping import Bookkeeping
from sandbox.casepeer.records import ROLES, Case, Client, Document, Link, Message, Note, Phone
from sandbox.casepeer.settlement import DEFAULT_COPP


class CasepeerFirm(Bookkeeping):
    """One firm. ``at`` is unix seconds; None is the sandbox's now.

    A change of a case counts its ``version`` up. What does so beside the change itself is up to the switches.
    """

    def set_up_keys(self, partner_api_key: str | None = None) -> None:
        """The administrator has entered the partner's key (by default the firm's own, ``csk-SLUG``) and enabled it."""
        partner_api_key = partner_api_key or f"csk-{self.slug}"
        self.keys.set_up(partner_api_key, enabled=True, at=self.seconds(), user_id=self.keys.admin.user_id)

    def connection(self, base_url: str) -> dict[str, Any]:
        """What there is to connect with: host, api_base, key, admin_key, partner_api_key (None until it is entered)."""
        host, keys = f"{base_url.rstrip('/')}/casepeer/{self.slug}", self.keys
        given = {"key": keys.integration.value, "admin_key": keys.admin.value, "partner_api_key": keys.partner_api_key}
        return {"host": host, "api_base": f"{host}/api/v1"} | given

    def update_case(self, case_id: int, *, at: float | None = None, **values: Any) -> Case:
        """Change a case in CASEpeer itself; ``CASE_VALUES`` of this module are what there is to change.

        ``update_case(7, status="Demand")``, ``update_case(7, closed=True)``, ``update_case(7, team={"lead_attorney":
        user_id})``: roles that are not named stay, None empties one. Raises KeyError for an unknown case or person,
        ValueError for an unknown value.
        """
        case, now = self.case_there(case_id), self.seconds(at)
        fields: dict[str, Any] = {}
        for name, value in values.items():
            if name not in CASE_VALUES:
                message = f"A case has no {name!r} to change; there are {', '.join(CASE_VALUES)}."
                raise ValueError(message)
            fields |= self._case_fields(case, name, value, now)
        self.cases.change(case, **fields)
        self.touch(case, now)
        return case

    def add_case(self, like: int, *, at: float | None = None) -> Case:
        """A new case of the same client that is like another one, not connected, without notes, documents and costs."""
        made = self.case_there(like)
        values: dict[str, Any] = {name: getattr(made, name) for name in Case.__slots__}
        case_id = self.cases.next_id()
        values |= {"id": case_id, "file_number": f"N-{case_id}", "team": dict(made.team), "linked_cases": []}
        self.charges.change(case_id, copp={"amount": DEFAULT_COPP})
        return self.cases.add(Case(**values | {"version": 1, "updated": self.seconds(at), "link": None}))

    def link_cases(self, first: int, second: int, *, at: float | None = None) -> None:
        """Two cases of this firm become companions: each names the other. Raises KeyError."""
        now = self.seconds(at)
        one, another = self.case_there(first), self.case_there(second)
        for case, other in ((one, another), (another, one)):
            self.cases.change(case, linked_cases=sorted({*case.linked_cases, other.id}))
            self.touch(case, now)

    def connect_case(self, case_id: int, external_id: str, *, at: float | None = None) -> Case:
        """Link a case with its twin in Case Status; for the same twin only the time of the sync changes.

        There is no hint: who makes the link knows of it [assumed].
        """
        case, now = self.case_there(case_id), self.seconds(at)
        if case.link is not None and case.link.external_id == external_id:
            case.link.synced_at = now
            return case
        self.cases.change(case, link=Link(external_id, connected_at=now, synced_at=now))
        self.connected.add(case_id)
        if self.switches.link_moves_case:
            self._count_up(case, now)
        return case

    def disconnect_case(self, case_id: int, *, at: float | None = None) -> Case:
        """Clear the link of a case, if it has one."""
        case, now = self.case_there(case_id), self.seconds(at)
        if case.link is not None:
            self.cases.change(case, link=None)
            self.connected.discard(case_id)
            if self.switches.link_moves_case:
                self._count_up(case, now)
        return case

    def update_client(self, client_id: int, *, at: float | None = None, **values: Any) -> Client:
        """Change a client: ``first_name``, ``last_name``, ``email``, ``phones`` (``[{"kind": "cell", "number": ...}]``).

        Raises KeyError, or AttributeError for an unknown field.
        """
        client, now = self.clients.get(client_id), self.seconds(at)
        if client is None:
            raise KeyError(client_id)
        if "phones" in values:
            values["phones"] = [Phone(**phone) for phone in values["phones"]]
        self.clients.change(client, moment=now, **values)
        for case_id in self.cases_of(client_id):
            self._moved(self.case_there(case_id), now, moves=self.switches.client_moves_case)
        return client

    def write_note(
        self,
        case_id: int,
        text: str,
        *,
        category: str = "Client",
        author: str = "",
        external_ref: str = "",
        at: float | None = None,
    ) -> Note:
        """Put a note on a case; ``author`` is by default the firm's administrator."""
        case, now = self.case_there(case_id), self.seconds(at)
        author = author or self.seed.staff.admin.name
        note = self.notes.add(Note(self.notes.next_id(), case_id, category, text, author, now, external_ref))
        self.cases.change(case, last_touched=self.stamps.today(now))
        self._moved(case, now, moves=self.switches.note_moves_case)
        return note

    def file_document(self, case_id: int, name: str, content: bytes, *, at: float | None = None) -> Document:
        """Somebody of the firm files a document in CASEpeer itself."""
        self.case_there(case_id)
        document = Document(
            id=self.documents.next_id(),
            case_id=case_id,
            name=name,
            created=self.seconds(at),
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            content=content,
        )
        return self.keep_document(document)

    def keep_document(self, document: Document) -> Document:
        """Take in a new document."""
        self._moved(self.case_there(document.case_id), document.created, moves=self.switches.document_moves_case)
        return self.documents.add(document)

    def queue_message(
        self, case_id: int, text: str, *, author_id: int | None = None, at: float | None = None
    ) -> Message:
        """Staff use *Send Message to Case Status* on a case; by default its case manager does, or the administrator."""
        case, now = self.case_there(case_id), self.seconds(at)
        if author_id is None:
            author_id = case.team.get("case_manager", self.seed.staff.admin.id)
        message = Message(self.next_message_id(), case_id, text, author_id, now)
        self.outbox[message.id] = message
        self._hint("message.queued", case_id, now, message_id=message.id)
        return message

    def touch(self, case: Case, now: int) -> None:
        """The case has changed: the next version, and a hint if it is connected."""
        self._count_up(case, now)
        if case.link is not None:
            self._hint("case.updated", case.id, now, version=case.version)

    def _case_fields(self, case: Case, name: str, value: Any, now: int) -> dict[str, Any]:
        """The fields of a case that follow from one value to change."""
        match name:
            case "status":
                return self._status_fields(case, None if value is None else self.statuses.first_name(value), now)
            case "closed":
                return self._status_fields(case, self.statuses.closing[0] if value else self._first_stage(case), now)
            case "incident":
                return {"incident": date.fromisoformat(value)}
            case "team":
                return {"team": self._team(case, value)}
            case _:
                return {name: value}

    def _status_fields(self, case: Case, first_name: str | None, now: int) -> dict[str, Any]:
        still_open = self.statuses.is_open(first_name)
        return {"status": first_name, "closed": None if still_open else case.closed or self.stamps.today(now)}

    def _first_stage(self, case: Case) -> str:
        areas = self.seed.practice_areas
        return next((area for area in areas if area.name == case.case_type), areas[0]).stages[0].name

    def _team(self, case: Case, wanted: dict[str, int | None]) -> dict[str, int]:
        for role, user_id in wanted.items():
            if role not in ROLES or (user_id is not None and user_id not in self.people):
                raise KeyError(f"{role}: {user_id}")
        return {role: user_id for role, user_id in (case.team | wanted).items() if user_id is not None}

    def _count_up(self, case: Case, now: int) -> None:
        self.cases.change(case, version=case.version + 1, updated=now, last_touched=self.stamps.today(now))

    def _moved(self, case: Case, now: int, *, moves: bool) -> None:
        if moves:
            self.touch(case, now)

    def _hint(self, event: str, case_id: int, now: int, **what: int) -> None:
        """A hint names what has changed and tells nothing of it, so that whoever hears it reads it anew [assumed]."""
        self.pusher.push({"event": event, "case_id": case_id, **what, "occurred_at": self.stamps.instant(now)})


CASE_VALUES = ("status", "closed", "case_type", "file_number", "incident", "language", "description", "team")
"""What :meth:`CasepeerFirm.update_case` takes; ``incident`` is a day as ISO text."""
