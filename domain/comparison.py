"""Comparing a draft with the portal's case, field by field, so that only what differs is written and reported."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace

from domain.outcome import Change
from domain.phones import mask, mask_within
from domain.portal import Draft, DraftClient, PortalCase, PortalClient, PortalState

_DRAFT_FIELDS = {
    "attorney": "attorney_email",
    "additional_attorneys": "additional_attorney_emails",
    "paralegals": "paralegal_emails",
    "state": "closed",
}
"""Reported fields whose name in :class:`domain.portal.Draft` is another one."""

_LONGEST = 120
"""Characters of a text that a report shows."""


def compare(draft: Draft, portal_case: PortalCase, *, leave_alone: Container[str] = frozenset()) -> tuple[Change, ...]:
    """The changes that would make the portal's case equal to the draft; none for a case closed on both sides.

    A practice area, stage or language the draft does not state is no difference; an empty description or date is.
    Clients the firm added by hand in the portal are no difference either. E-mails are compared without letter case.

    Args:
        draft: The case as it should be.
        portal_case: The case as the portal holds it.
        leave_alone: Fields not looked at, by their names in reports: ``clients``, ``additional_attorneys``.
    """
    closed = portal_case.state is PortalState.CLOSED
    if closed and draft.closed:
        return ()
    changes: list[Change] = []
    _compare_texts(draft, portal_case, changes)
    _compare_people(draft, portal_case, leave_alone, changes)
    if "clients" not in leave_alone:
        _compare_clients(draft.clients, portal_case.clients, changes)
    if closed != draft.closed:
        changes.append(state_change(portal_case, closing=draft.closed))
    return tuple(changes)


def state_change(portal_case: PortalCase, *, closing: bool) -> Change:
    """The change from the portal case's state to closed, or to open."""
    return Change("state", portal_case.state.value, "closed" if closing else "open")


def changed_fields(changes: Iterable[Change]) -> frozenset[str]:
    """Names of the draft's fields to send so that ``changes`` happen.

    A new practice area takes its stage along: the portal judges a stage inside its practice area [assumed].
    """
    reported = {change.field.partition("[")[0] for change in changes}
    fields = {_DRAFT_FIELDS.get(field, field) for field in reported}
    if "practice_area" in fields:
        fields.add("stage")
    return frozenset(fields)


def notifies(changes: Iterable[Change], portal_case: PortalCase | None, *, notify_clients: bool) -> bool:
    """Whether writing ``changes`` reaches the client: a stage change or the closing of an active case [assumed].

    A case that is reopened may become active by it, so its stage change counts too.
    """
    if portal_case is None or not notify_clients:
        return False
    if portal_case.state is PortalState.ACTIVE:
        return any(change.field in ("stage", "state") for change in changes)
    return portal_case.state is PortalState.CLOSED and any(change.field == "stage" for change in changes)


def kept_clients(draft: Draft, portal_case: PortalCase) -> tuple[PortalClient, ...]:
    """The portal's clients that the firm added by hand and the case system does not know."""
    return _match(draft.clients, portal_case.clients).kept


def clients_to_send(draft: Draft, portal_case: PortalCase) -> tuple[DraftClient, ...]:
    """The draft's clients and those kept from the portal: a list that is sent replaces the portal's whole list.

    A language the case system does not state stays as the portal has it; a kept primary client stays the primary one.
    """
    match = _match(draft.clients, portal_case.clients)
    kept_primary = any(client.primary for client in match.kept)
    ours = [
        replace(
            client,
            preferred_language=client.preferred_language or (found.preferred_language if found else None),
            primary=client.primary and not kept_primary,
        )
        for client, found in match.pairs
    ]
    return (*ours, *(_as_draft(client) for client in match.kept))


@dataclass(frozen=True, slots=True)
class _Match:
    """Which client of the draft is which client of the portal."""

    pairs: list[tuple[DraftClient, PortalClient | None]]
    kept: tuple[PortalClient, ...]
    gone: tuple[PortalClient, ...]


def _match(ours: Sequence[DraftClient], theirs: Sequence[PortalClient]) -> _Match:
    """Match by external id, then by number, as the portal itself does [assumed, casestatus.md 6.5]."""
    left = list(theirs)
    pairs: list[tuple[DraftClient, PortalClient | None]] = []
    unmatched: list[int] = []
    for client in ours:
        found = next((other for other in left if other.external_id == client.external_id != None), None)  # noqa: E711
        if found is not None:
            left.remove(found)
        else:
            unmatched.append(len(pairs))
        pairs.append((client, found))
    for position in unmatched:
        client = pairs[position][0]
        found = next((other for other in left if client.cell_phone and other.cell_phone == client.cell_phone), None)
        if found is not None:
            left.remove(found)
            pairs[position] = (client, found)
    kept = tuple(other for other in left if other.external_id is None)
    gone = tuple(other for other in left if other.external_id is not None)
    return _Match(pairs, kept, gone)


def _compare_texts(draft: Draft, portal_case: PortalCase, changes: list[Change]) -> None:
    if draft.readable_id != portal_case.readable_id:
        changes.append(Change("readable_id", portal_case.readable_id or "", draft.readable_id or ""))
    if draft.description != portal_case.description and (draft.description or portal_case.description):
        changes.append(_change("description", _shown(portal_case.description), _shown(draft.description), "text"))
    if draft.practice_area != portal_case.practice_area and draft.practice_area is not None:
        changes.append(Change("practice_area", portal_case.practice_area or "", draft.practice_area))
    if draft.stage != portal_case.stage and draft.stage is not None:
        changes.append(Change("stage", portal_case.stage or "", draft.stage))
    if draft.case_date != portal_case.case_date:
        before, after = (date.isoformat() if date else "" for date in (portal_case.case_date, draft.case_date))
        changes.append(Change("case_date", before, after))


def _compare_people(draft: Draft, portal_case: PortalCase, leave_alone: Container[str], changes: list[Change]) -> None:
    if not _same_email(draft.attorney_email, portal_case.attorney_email):
        changes.append(Change("attorney", portal_case.attorney_email or "", draft.attorney_email or ""))
    lists = (
        ("additional_attorneys", draft.additional_attorney_emails, portal_case.additional_attorney_emails),
        ("paralegals", draft.paralegal_emails, portal_case.paralegal_emails),
    )
    for field, ours, theirs in lists:
        if field not in leave_alone and ours != theirs and _plain_set(ours) != _plain_set(theirs):
            changes.append(Change(field, ", ".join(theirs), ", ".join(ours)))


def _compare_clients(ours: Sequence[DraftClient], theirs: Sequence[PortalClient], changes: list[Change]) -> None:
    match = _match(ours, theirs)
    kept_primary = any(client.primary for client in match.kept)
    for client, found in match.pairs:
        if found is None:
            changes.append(Change(f"clients[{_name(client)}]", "", _name_and_number(client)))
        else:
            _compare_client(client, found, changes, judge_primary=not kept_primary)
    changes.extend(Change(f"clients[{_name(other)}]", _name_and_number(other), "") for other in match.gone)


def _compare_client(client: DraftClient, found: PortalClient, changes: list[Change], *, judge_primary: bool) -> None:
    if found.external_id is not None and found.external_id != client.external_id:
        # One person under two contacts of the case system: the portal keeps one client for both, by number. What the
        # two contacts write differently must not go back and forth every night; only another name is a difference.
        if _name(client).casefold() != _name(found).casefold():
            changes.append(Change(f"clients[{_name(client)}].name", _name(found), _name(client)))
        return
    where = f"clients[{_name(client)}]"
    if (client.first_name, client.last_name, client.company_name) != (
        found.first_name or None,
        found.last_name or None,
        found.company_name or None,
    ):
        changes.append(_change(f"{where}.name", _name(found), _name(client), "spelling"))
    if client.cell_phone != found.cell_phone:
        before, after = mask(found.cell_phone or ""), mask(client.cell_phone or "")
        changes.append(_change(f"{where}.cell_phone", before, after, "number"))
    if not _same_email(client.email, found.email):
        changes.append(Change(f"{where}.email", found.email or "", client.email or ""))
    if client.preferred_language and client.preferred_language != found.preferred_language:
        changes.append(Change(f"{where}.language", found.preferred_language or "", client.preferred_language))
    if judge_primary and client.primary != found.primary:
        changes.append(Change(f"{where}.primary", _yes(found.primary), _yes(client.primary)))


def _change(field: str, before: str, after: str, what: str) -> Change:
    """A change of values of which only a part is shown: what looks the same is said to be another one."""
    return Change(field, before, f"{after} (another {what})" if after == before else after)


def _as_draft(client: PortalClient) -> DraftClient:
    return DraftClient(
        external_id=client.external_id,
        first_name=client.first_name,
        last_name=client.last_name,
        company_name=client.company_name,
        cell_phone=client.cell_phone,
        email=client.email,
        preferred_language=client.preferred_language,
        primary=client.primary,
    )


def _same_email(one: str | None, other: str | None) -> bool:
    return one == other or (one or "").strip().lower() == (other or "").strip().lower()


def _plain_set(emails: Iterable[str]) -> frozenset[str]:
    return frozenset(email.strip().lower() for email in emails)


def _name(client: DraftClient | PortalClient) -> str:
    return client.company_name or " ".join(filter(None, (client.first_name, client.last_name))) or "no name"


def _name_and_number(client: DraftClient | PortalClient) -> str:
    return f"{_name(client)} {mask(client.cell_phone or '')}".strip()


def _yes(flag: bool) -> str:  # noqa: FBT001
    return "yes" if flag else "no"


def _shown(text: str | None) -> str:
    """A free text as a report shows it: one line, phones masked, cut when long."""
    line = mask_within(" ".join((text or "").split()))
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
