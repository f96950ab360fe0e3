"""One firm of the portal: its people, practice areas, cases and clients, and every way to look them up."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sandbox.casestatus.idempotency import IdempotencyStore
from sandbox.casestatus.naming import NameIndex
from sandbox.casestatus.records import Case, Client, File, Message, Notice, PracticeArea, Stage, User
from sandbox.casestatus.refusals import not_found
from sandbox.casestatus.register import Register


@dataclass(frozen=True, slots=True)
class FirmSettings:
    """What a firm agreed with the portal at set-up."""

    id: int
    name: str
    time_zone: str = "America/New_York"
    integration_source: str = "clio"
    require_practice_area: bool = True
    require_stage: bool = True
    slug: str = ""


class Firm:
    """Everything of one firm, in memory. ``stamp`` gives the instant of a change, never the same one twice."""

    def __init__(self, settings: FirmSettings, stamp: Callable[[], int]) -> None:
        self.settings = settings
        self.stamp = stamp
        self.api_enabled = True
        self.users: Register[User] = Register()
        self.practice_areas: Register[PracticeArea] = Register()
        self.cases: Register[Case] = Register()
        self.messages: Register[Message] = Register()
        self.files: Register[File] = Register()
        self.clients: dict[int, Client] = {}
        self.notices: list[Notice] = []
        self.idempotency = IdempotencyStore()
        self.clients_by_phone: dict[str, Client] = {}
        self.clients_by_external: dict[tuple[str, str], Client] = {}
        self._users_by_email: dict[str, User] = {}
        self._by_integration: dict[tuple[str, str], Case] = {}
        self._sources: set[str] = set()
        self._by_readable: dict[str, Case] = {}
        self._messages_of: dict[int, list[Message]] = {}
        self._files_of: dict[int, list[File]] = {}
        self._area_names: NameIndex[PracticeArea] = NameIndex(())
        self._stage_names: dict[int, NameIndex[Stage]] = {}

    @property
    def id(self) -> int:
        """The portal's number of the firm."""
        return self.settings.id

    def user_with_email(self, email: str) -> User | None:
        """By account e-mail, whole, ignoring letter case [assumed: 6.4]."""
        return self._users_by_email.get(email.casefold())

    def keep_user(self, user: User) -> User:
        """Take in a new or changed user."""
        former = self.users.get(user.id)
        if former is not None:
            self._users_by_email = {mail: one for mail, one in self._users_by_email.items() if one is not user}
        self._users_by_email[user.email.casefold()] = user
        user.updated_at = self.stamp()
        self.users.file(user)
        return user

    def practice_area_named(self, name: str) -> PracticeArea | None:
        """The practice area with this display name or mapping; a display name goes before a mapping."""
        found = self._area_names.find(name)
        return found[0] if found else None

    def closest_practice_area(self, name: str) -> str | None:
        """See :meth:`sandbox.casestatus.naming.NameIndex.closest`."""
        return self._area_names.closest(name)

    def stage_names(self, area: PracticeArea) -> NameIndex[Stage]:
        """The names of an area's stages."""
        return self._stage_names[area.id]

    def keep_practice_area(self, area: PracticeArea) -> PracticeArea:
        """Take in a new or changed practice area; cases that show its names are written out anew."""
        area.updated_at = self.stamp()
        self.practice_areas.file(area)
        areas = list(self.practice_areas)
        displayed = [(one, (one.display_name,)) for one in areas]
        self._area_names = NameIndex([*displayed, *((one, one.integration_mappings) for one in areas)])
        self._stage_names[area.id] = stage_index(area.stages)
        for case in self.cases:
            if case.practice_area is area:
                case.body = None
        return area

    def cases_in(self, stage: Stage) -> int:
        """How many cases stand in a stage, closed ones included, deleted ones not."""
        return sum(1 for case in self.cases if case.stage is stage and case.deleted_at is None)

    def case(self, identity: int) -> Case:
        """The case of that id. Raises Refusal (404)."""
        case = self.cases.get(identity)
        if case is None or case.deleted_at is not None:
            raise not_found("case", identity)
        return case

    def case_with_integration_id(self, source: str, integration_id: str) -> Case | None:
        """By the case system's own id."""
        return self._by_integration.get((source, integration_id))

    def cases_with_integration_id(self, integration_id: str) -> list[Case]:
        """By the id that any case system gave it."""
        found = (self._by_integration.get((source, integration_id)) for source in self._sources)
        return [case for case in found if case is not None]

    def case_with_readable_id(self, readable_id: str) -> Case | None:
        """By the client-facing id, among cases not deleted."""
        return self._by_readable.get(readable_id)

    def keep_case(self, case: Case) -> Case:
        """Take in a new case."""
        self.cases.file(case)
        self._by_readable[case.readable_id] = case
        if case.integration_id is not None:
            self._by_integration[case.source, case.integration_id] = case
            self._sources.add(case.source)
        return case

    def rename_case(self, case: Case, readable_id: str) -> None:
        """Give a case another readable id."""
        del self._by_readable[case.readable_id]
        case.readable_id = readable_id
        self._by_readable[readable_id] = case

    def touch(self, case: Case) -> None:
        """Note that a case changed."""
        case.updated_at = self.stamp()
        case.body = None
        self.cases.file(case)

    def delete_case(self, case: Case) -> None:
        """Somebody deletes a case in the portal: its ids are free again, reports still show it."""
        self.touch(case)
        case.deleted_at = case.updated_at
        self._by_readable.pop(case.readable_id, None)
        if case.integration_id is not None:
            self._by_integration.pop((case.source, case.integration_id), None)

    def client(self, identity: int) -> Client:
        """The client of that id. Raises Refusal (404)."""
        client = self.clients.get(identity)
        if client is None:
            raise not_found("client", identity)
        return client

    def messages_of(self, case: Case) -> list[Message]:
        """A case's messages as they came in."""
        return self._messages_of.get(case.id, [])

    def keep_message(self, message: Message) -> Message:
        """Take in a new message."""
        self.messages.file(message)
        self._messages_of.setdefault(message.case.id, []).append(message)
        return message

    def files_of(self, case: Case) -> list[File]:
        """A case's files as they came in."""
        return self._files_of.get(case.id, [])

    def keep_file(self, file: File) -> File:
        """Take in a new file."""
        self.files.file(file)
        self._files_of.setdefault(file.case.id, []).append(file)
        return file

    def tell_clients(self, case: Case, kind: str, text: str, at: int, clients: Iterable[Client] | None = None) -> None:
        """Note that clients of a case (default: all) were told something."""
        told = [link.client for link in case.links] if clients is None else clients
        identities = tuple(client.id for client in told)
        self.notices.append(Notice(kind, self.id, case.id, case.integration_id, identities, at, text))


def stage_index(stages: list[Stage]) -> NameIndex[Stage]:
    """The names of some stages: display name and mappings alike."""
    return NameIndex((stage, (stage.display_name, *stage.integration_mappings)) for stage in stages)
