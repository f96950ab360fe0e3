"""The firm's directory over HTTP: the key check, users, practice areas with their stages."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from sandbox.casestatus.answers import Answer, json_answer
from sandbox.casestatus.call import Call
from sandbox.casestatus.firm import stage_index
from sandbox.casestatus.listing import cursor_list
from sandbox.casestatus.records import ROLES, USER_STATUSES, PracticeArea, Stage, User
from sandbox.casestatus.refusals import Entry, Refusal, invalid_parameter, not_found, refuse
from sandbox.casestatus.rendering import me_json, practice_area_json, user_json
from sandbox.casestatus.schema import Reader, one_of, optional_text, read, text, texts

LEAST_STAGES, MOST_STAGES = 2, 12

_USER: Mapping[str, Reader] = {
    "first_name": text,
    "last_name": text,
    "email": text,
    "role": one_of(*ROLES),
    "client_facing_email": optional_text,
    "job_title": optional_text,
    "external_id": optional_text,
}


def _identity(name: str, value: Any) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise invalid_parameter(name, "a number or null")
    return value


_STAGE: Mapping[str, Reader] = {
    "id": _identity,
    "display_name": text,
    "description": optional_text,
    "integration_mappings": texts,
}


def me(call: Call) -> Answer:
    """``GET /me``."""
    return json_answer(me_json(call.firm, call.key))


def users(call: Call) -> Answer:
    """``GET /users``; the e-mail matches whole, ignoring letter case."""
    role, email = call.word("role", ROLES), call.query.get("email")
    return cursor_list(call, call.firm.users.after, user_json, partial(_is_wanted, role, email))


def _is_wanted(role: str | None, email: str | None, user: User) -> bool:
    return (role is None or user.role == role) and (email is None or user.email.casefold() == email.casefold())


def invite(call: Call) -> Answer:
    """``POST /users``; somebody already there is answered as they are, 200, and a removed one invited again."""
    given = read(_USER, call.body)
    for name in ("first_name", "last_name", "email", "role"):
        if not given.get(name, "").strip():
            raise invalid_parameter(name, "given")
    known = call.firm.user_with_email(given["email"])
    if known is None:
        user = User(call.portal.next_id(), status="invited", **given)
        return json_answer(user_json(call.firm.keep_user(user)), 201)
    if known.status == "removed":
        known.status = "invited"
        call.firm.keep_user(known)
    return json_answer(user_json(known))


def change_user(call: Call) -> Answer:
    """``PATCH /users/{id}``."""
    identity = call.number("user_id", "user")
    user = call.firm.users.get(identity)
    if user is None:
        raise not_found("user", identity)
    given = read({**_USER, "status": one_of(*USER_STATUSES)}, call.body)
    holder = call.firm.user_with_email(given.get("email", user.email))
    if holder is not None and holder is not user:
        raise invalid_parameter("email", "of no other user of the firm")
    for name, value in given.items():
        setattr(user, name, value)
    return json_answer(user_json(call.firm.keep_user(user)))


def practice_areas(call: Call) -> Answer:
    """``GET /practice_areas``, a cursor list."""
    return cursor_list(call, call.firm.practice_areas.after, practice_area_json)


def practice_area(call: Call) -> Answer:
    """``GET /practice_areas/{id}``."""
    return json_answer(practice_area_json(_area(call)))


def create_practice_area(call: Call) -> Answer:
    """``POST /practice_areas``."""
    area = PracticeArea(call.portal.next_id(), "", [])
    _write(call, area)
    return json_answer(practice_area_json(call.firm.keep_practice_area(area)), 201)


def replace_practice_area(call: Call) -> Answer:
    """``PUT /practice_areas/{id}``; a stage keeps its identity by id, else by display name."""
    area = _area(call)
    _write(call, area)
    return json_answer(practice_area_json(call.firm.keep_practice_area(area)))


def _area(call: Call) -> PracticeArea:
    identity = call.number("area_id", "practice_area")
    area = call.firm.practice_areas.get(identity)
    if area is None:
        raise not_found("practice_area", identity)
    return area


def _write(call: Call, area: PracticeArea) -> None:
    """Check a body and put it into ``area``. Raises Refusal before anything is changed."""
    given = read({"display_name": text, "integration_mappings": texts, "stages": _stages}, call.body)
    display_name = given.get("display_name", area.display_name)
    if not display_name.strip():
        raise invalid_parameter("display_name", "given")
    if "stages" in given or not area.stages:
        drafts: list[dict[str, Any]] = given.get("stages", [])
        stages = _drafted(call, area, drafts)
        _require_sound(call, area, stages)
        _take_over(area, stages)
    area.display_name = display_name
    area.integration_mappings = tuple(given.get("integration_mappings", area.integration_mappings))


def _stages(name: str, value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise invalid_parameter(name, "a list of stages")
    drafts = [read(_STAGE, item, f"{name}[{index}].") for index, item in enumerate(value)]
    for index, draft in enumerate(drafts):
        if not draft.get("display_name", "").strip():
            raise invalid_parameter(f"{name}[{index}].display_name", "given")
    return drafts


def _drafted(call: Call, area: PracticeArea, drafts: list[dict[str, Any]]) -> list[Stage]:
    """The stages as they would be, each with the id of the one it continues or a new id."""
    by_id = {stage.id: stage for stage in area.stages}
    by_name = {stage.display_name: stage for stage in area.stages}
    stages: list[Stage] = []
    for position, draft in enumerate(drafts, start=1):
        former = by_id.get(draft.get("id") or 0) or by_name.get(draft["display_name"])
        if former is not None and any(former.id == stage.id for stage in stages):
            former = None
        stages.append(
            Stage(
                former.id if former else call.portal.next_id(),
                position,
                draft["display_name"],
                draft.get("description", former.description if former else None),
                tuple(draft.get("integration_mappings", former.integration_mappings if former else ())),
            )
        )
    return stages


def _require_sound(call: Call, area: PracticeArea, stages: list[Stage]) -> None:
    defects: list[Entry] = []
    if not LEAST_STAGES <= len(stages) <= MOST_STAGES:
        message = f"A practice area has {LEAST_STAGES} to {MOST_STAGES} stages."
        defects.append(Entry("stage_count_out_of_range", message, "stages", {"count": len(stages)}))
    for name in stage_index(stages).shared():
        message = f"{name} would name more than one stage."
        defects.append(Entry("mapping_ambiguous", message, "stages", {"value": name}))
    if defects:
        raise Refusal(422, *defects)
    kept = {stage.id for stage in stages}
    for stage in area.stages:
        count = 0 if stage.id in kept else call.firm.cases_in(stage)
        if count:
            message = f"{count} cases stand in the stage {stage.display_name}."
            raise refuse(409, "stage_in_use", message, field="stages", case_count=count, stage=stage.display_name)


def _take_over(area: PracticeArea, stages: list[Stage]) -> None:
    """Replace the list; stages that go on stay the same objects, as cases point at them."""
    former = {stage.id: stage for stage in area.stages}
    kept = []
    for stage in stages:
        place = former.get(stage.id, stage)
        place.position, place.display_name = stage.position, stage.display_name
        place.description, place.integration_mappings = stage.description, stage.integration_mappings
        kept.append(place)
    area.stages = kept
