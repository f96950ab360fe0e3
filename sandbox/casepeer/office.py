"""Handlers of the firm itself: the probe, the two keys, and the lists of statuses, users and categories."""

import httpx

from sandbox.answers import Answer
from sandbox.casepeer import categories
from sandbox.casepeer.answers import invalid, json_answer
from sandbox.casepeer.call import Call, text_of
from sandbox.casepeer.paging import short_list
from sandbox.casepeer.rendering import person_json

_LAST_DIGITS = 4
_LONGEST_KEY = 200
_PATIENCE = 5.0


def account(call: Call) -> Answer:
    """GET account/ [assumed]: the cheapest probe of a key."""
    seed = call.firm.seed
    return json_answer(
        {
            "firm": seed.name,
            "host": call.host.partition("://")[2],
            "timezone": seed.time_zone,
            "key_scope": call.key.scope,
        }
    )


def settings(call: Call) -> Answer:
    """GET integrations/case-status/ [seed][help for the two keys, shape assumed]: the partner's key is never echoed."""
    keys = call.firm.keys
    partner = keys.partner_api_key
    return json_answer(
        {
            "key": keys.integration.value,
            "partner_api_key_last4": partner[-_LAST_DIGITS:] if partner else None,
            "enabled": keys.integration.enabled,
            "updated_at": call.firm.stamps.instant(keys.updated_at),
            "updated_by": keys.updated_by,
        }
    )


async def change_settings(call: Call) -> Answer:
    """PUT integrations/case-status/: ``partner_api_key`` and ``enabled``; what is not given stays. Raises Refusal (400)."""
    fields, firm = call.fields(), call.firm
    partner, enabled = firm.keys.partner_api_key, fields.get("enabled", firm.keys.integration.enabled)
    if "partner_api_key" in fields:
        partner = text_of(fields, "partner_api_key", longest=_LONGEST_KEY).strip()
    if not isinstance(enabled, bool):
        raise invalid("enabled", "Must be a valid boolean.")
    if enabled and partner is None:
        raise invalid("partner_api_key", "The partner's key is needed before the integration can be enabled.")
    if enabled and partner is not None and firm.switches.checks_partner_key is not None:
        await _try_at_case_status(firm.switches.checks_partner_key, partner)
    firm.keys.set_up(partner, enabled=enabled, at=firm.seconds(), user_id=call.key.user_id)
    return settings(call)


async def _try_at_case_status(address: str, partner_api_key: str) -> None:
    """See that Case Status knows the key. Raises Refusal (400)."""
    headers = {"Authorization": f"ApiKey {partner_api_key}"}
    try:
        async with httpx.AsyncClient(timeout=_PATIENCE, verify=False) as client:  # noqa: S501 - it runs locally
            answer = await client.get(f"{address.rstrip('/')}/me", headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL):
        raise invalid("partner_api_key", "Case Status could not be reached to check the key.") from None
    if not answer.is_success:
        raise invalid("partner_api_key", "Case Status does not accept this key.")


def statuses(call: Call) -> Answer:
    """GET case-statuses/ [assumed]."""
    return short_list(call, call.firm.statuses.rows())


def users(call: Call) -> Answer:
    """GET users/?email=&is_active= [assumed]: an address matches in any letter case."""
    email, active = call.query.get("email", "").strip().lower(), call.flag("is_active")
    found = [
        person
        for person in call.firm.people.values()
        if (not email or person.email.strip().lower() == email) and active in {None, person.active}
    ]
    return short_list(call, [person_json(person) for person in found])


def document_categories(call: Call) -> Answer:
    """GET document-categories/ [assumed]."""
    return short_list(call, categories.rows(call.firm.document_categories))
