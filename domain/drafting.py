"""Drafting a case: how the portal should hold it, and everything that stands against it, all at once."""

from collections.abc import Container, Sequence
from dataclasses import dataclass

from domain.case import Case, CaseState, Client, StaffMember
from domain.firm import FirmRules
from domain.mapping import PortalIndex
from domain.outcome import Defect
from domain.phones import PhoneChoice, choose_phone
from domain.portal import Draft, DraftClient
from domain.reasons import client_words, defect, missing_name


@dataclass(frozen=True, slots=True)
class Drafted:
    """A case as the portal should hold it. With defects, the fields at fault are None or missing from the draft."""

    draft: Draft
    defects: tuple[Defect, ...]
    warnings: tuple[str, ...]
    phones: tuple[PhoneChoice, ...]
    """How each client's number was chosen, in the draft's order of clients."""
    clients_hidden: bool = False
    """True when the connected user may not see a client: the draft's clients then mean nothing."""

    @property
    def phone(self) -> PhoneChoice:
        """How the primary client's number was chosen."""
        return self.phones[0] if self.phones else PhoneChoice()


def draft(case: Case, rules: FirmRules, index: PortalIndex, *, landlines: Container[str] = ()) -> Drafted:
    """Judge ``case`` against the portal's directory and draft it.

    Defects come in the portal's order: practice area, stage, attorney, clients [assumed, casestatus.md 6.2].
    Additional attorneys and paralegals that cannot be found are warnings and are left off.

    Args:
        case: The case as its case system has it.
        rules: The firm's settings.
        index: The portal's directory.
        landlines: E.164 numbers the portal has refused as landlines before.
    """
    placement = index.place(case.practice_area, case.stage)
    defects = list(placement.defects)
    warnings: list[str] = []

    attorney = case.attorney
    if attorney is None and rules.fallback_to_originating_attorney:
        attorney = case.originating_attorney
    attorney_email = index.attorney(attorney.email) if attorney else None
    if attorney_email is None:
        defects.append(index.attorney_defect(attorney))
    attorneys = _found_attorneys(case.additional_attorneys, attorney_email, rules, index, warnings)
    paralegals = _found_paralegals(case.paralegals, rules, index, warnings)

    clients_hidden = any(client.redacted for client in case.clients)
    clients, phones = _draft_clients(case, rules, landlines, [] if clients_hidden else defects)
    readable_id = _text(case.readable_id)
    if readable_id is None:
        defects.append(defect("readable_id_required", system=rules.case_system, field="readable_id"))

    drafted = Draft(
        source=case.system,
        integration_id=case.integration_id,
        readable_id=readable_id,
        practice_area=placement.practice_area,
        stage=placement.stage,
        attorney_email=attorney_email,
        additional_attorney_emails=attorneys,
        paralegal_emails=paralegals,
        clients=clients,
        description=_text(case.description),
        case_date=case.case_date,
        closed=case.state is CaseState.CLOSED,
        closed_on=case.closed_on,
        source_updated_at=case.updated_at,
    )
    return Drafted(drafted, tuple(defects), tuple(warnings), phones, clients_hidden)


def _found_attorneys(
    members: Sequence[StaffMember], primary: str | None, rules: FirmRules, index: PortalIndex, warnings: list[str]
) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for member in members:
        email = index.attorney(member.email)
        if email is None:
            warnings.append(_left_off("additional_attorney_not_found", member, rules))
        elif email != primary:
            found[email] = None
    return tuple(found)


def _found_paralegals(
    members: Sequence[StaffMember], rules: FirmRules, index: PortalIndex, warnings: list[str]
) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for member in members:
        email = index.paralegal(member.email)
        if email is None:
            warnings.append(_left_off("paralegal_not_found", member, rules))
        else:
            found[email] = None
    return tuple(found)


def _left_off(code: str, member: StaffMember, rules: FirmRules) -> str:
    who = _text(member.email) or _text(member.name) or "A member of staff without name and address"
    return defect(code, system=rules.case_system, email=who).sentence


def _draft_clients(
    case: Case, rules: FirmRules, landlines: Container[str], defects: list[Defect]
) -> tuple[tuple[DraftClient, ...], tuple[PhoneChoice, ...]]:
    if not case.clients:
        defects.append(defect("client_required", system=rules.case_system, field="clients"))
        return (), ()
    clients: list[DraftClient] = []
    phones: list[PhoneChoice] = []
    for client in case.clients:
        choice = choose_phone(client.phones, landlines=landlines)
        drafted = _draft_client(client, choice, primary=not clients)
        missing = missing_name(drafted)
        if not missing and any(_same_person(drafted, other) for other in clients):
            continue
        if missing or choice.e164 is None:
            defects.extend(_client_defects(drafted, len(clients), missing, choice, rules))
        clients.append(drafted)
        phones.append(choice)
    return tuple(clients), tuple(phones)


def _same_person(one: DraftClient, other: DraftClient) -> bool:
    """Whether the portal takes both for one: the same number under the same name, letter case aside [assumed]."""
    if one.cell_phone is None or one.cell_phone != other.cell_phone:
        return False
    return client_words(one, 0).casefold().split() == client_words(other, 0).casefold().split()


def _draft_client(client: Client, choice: PhoneChoice, *, primary: bool) -> DraftClient:
    company = _text(client.company_name)
    return DraftClient(
        external_id=client.external_id,
        first_name=None if company else _text(client.first_name),
        last_name=None if company else _text(client.last_name),
        company_name=company,
        cell_phone=choice.e164,
        email=_text(client.email),
        preferred_language=_text(client.preferred_language),
        primary=primary,
    )


def _client_defects(
    client: DraftClient, position: int, missing: str, choice: PhoneChoice, rules: FirmRules
) -> list[Defect]:
    field = f"clients[{position}]"
    who = client_words(client, position)
    defects = []
    if missing:
        facts = {"client": who, "missing": missing}
        defects.append(defect("client_name_required", system=rules.case_system, field=field, **facts))
    if choice.e164 is not None:
        return defects
    phone_field = f"{field}.cell_phone"
    if choice.reason and choice.best:
        facts = {"client": who, "value": choice.best.number, "reason": choice.reason}
        defects.append(defect("client_cell_phone_invalid", system=rules.case_system, field=phone_field, **facts))
    else:
        defects.append(defect("client_cell_phone_missing", system=rules.case_system, field=phone_field, client=who))
    return defects


def _text(text: str | None) -> str | None:
    """The text without surrounding space, None when nothing is left."""
    return (text.strip() or None) if text else None
