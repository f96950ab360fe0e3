"""How records look on the wire. A case is written out once and kept until it changes."""

from typing import Any

import orjson

from sandbox.casestatus.firm import Firm
from sandbox.casestatus.instants import as_text, optional_text
from sandbox.casestatus.records import ApiKey, Case, Link, Message, PracticeArea, Stage, User
from sandbox.casestatus.writing import Written


def case_fragment(case: Case) -> orjson.Fragment:
    """The case, ready to be put into an answer."""
    if case.body is None:
        # orjson hands out bytes in a buffer of 8 KiB; a copy takes only the room it needs.
        case.body = bytes(memoryview(orjson.dumps(case_json(case))))
    return orjson.Fragment(case.body)


def case_json(case: Case) -> dict[str, Any]:
    """A case with everything the contract shows of it (6.5, 6.12(9))."""
    area, stage = case.practice_area, case.stage
    return {
        "id": case.id,
        "integration_source": case.source,
        "integration_id": case.integration_id,
        "readable_id": case.readable_id,
        "state": case.state,
        "activated_at": optional_text(case.activated_at),
        "closed_at": optional_text(case.closed_at),
        "practice_area": area and {"id": area.id, "display_name": area.display_name},
        "stage": stage and {"id": stage.id, "position": stage.position, "display_name": stage.display_name},
        "attorney": case.attorney and _reference(case.attorney),
        "additional_attorneys": [_reference(user) for user in case.additional_attorneys],
        "paralegals": [_reference(user) for user in case.paralegals],
        "clients": [client_json(link) for link in case.links],
        "description": case.description,
        "group_name": case.group_name,
        "case_date": case.case_date,
        "source_updated_at": optional_text(case.source_updated_at),
        "created_at": as_text(case.created_at),
        "updated_at": as_text(case.updated_at),
    }


def _reference(user: User) -> dict[str, Any]:
    return {"id": user.id, "email": user.email}


def client_json(link: Link) -> dict[str, Any]:
    """A client as they stand on a case."""
    client = link.client
    return {
        "id": client.id,
        "external_id": link.external_id,
        "first_name": client.first_name,
        "last_name": client.last_name,
        "company_name": client.company_name,
        "cell_phone": client.cell_phone,
        "line_type": client.line_type,
        "email": client.email,
        "preferred_language": client.preferred_language,
        "sms_opted_out": client.sms_opted_out,
        "app_last_opened_at": optional_text(client.app_last_opened_at),
        "primary": link.primary,
    }


def written_json(written: Written) -> dict[str, Any]:
    """The answer of the upsert and its relatives."""
    return {
        "result": written.result,
        "changes": written.changes,
        "warnings": written.warnings,
        "case": case_fragment(written.case),
    }


def user_json(user: User) -> dict[str, Any]:
    """A user."""
    return {
        "id": user.id,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "email": user.email,
        "client_facing_email": user.client_facing_email,
        "role": user.role,
        "job_title": user.job_title,
        "external_id": user.external_id,
        "status": user.status,
    }


def practice_area_json(area: PracticeArea) -> dict[str, Any]:
    """A practice area with its stages."""
    return {
        "id": area.id,
        "display_name": area.display_name,
        "integration_mappings": list(area.integration_mappings),
        "stages": [_stage_json(stage) for stage in area.stages],
    }


def _stage_json(stage: Stage) -> dict[str, Any]:
    return {
        "id": stage.id,
        "position": stage.position,
        "display_name": stage.display_name,
        "description": stage.description,
        "integration_mappings": list(stage.integration_mappings),
    }


def me_json(firm: Firm, key: ApiKey) -> dict[str, Any]:
    """The firm behind a key, and the key."""
    settings = firm.settings
    return {
        "firm": {
            "id": settings.id,
            "name": settings.name,
            "time_zone": settings.time_zone,
            "integration_source": settings.integration_source,
            "require_practice_area": settings.require_practice_area,
            "require_stage": settings.require_stage,
        },
        "key": {"label": key.label, "scopes": [s for s in ("read", "write", "webhooks") if s in key.scopes]},
    }


def message_json(message: Message) -> dict[str, Any]:
    """A message: the fields of 1.2 and those of 6.6."""
    case = message.case
    return {
        "id": message.id,
        "type": message.type,
        "direction": message.direction,
        "content": message.content,
        "sender_name": message.sender_name,
        "sender": message.sender,
        "case_id": case.id,
        "readable_id": case.readable_id,
        "integration_id": case.integration_id,
        "integration_source": case.source,
        "external_id": message.external_id,
        "channel": message.channel,
        "recipients": [
            {
                "client_id": receipt.client.id,
                "status": receipt.status,
                "status_at": as_text(receipt.status_at),
                "error": receipt.error,
            }
            for receipt in message.receipts
        ],
        "attachment_file_ids": list(message.attachment_file_ids),
        "sent_at": optional_text(message.sent_at),
        "created_at": as_text(message.created_at),
        "updated_at": as_text(message.updated_at),
    }
