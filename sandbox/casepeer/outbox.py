"""Handlers of the messages that staff sent to Case Status."""

from functools import partial

from sandbox.answers import Answer
from sandbox.casepeer.answers import conflict, invalid, json_answer, not_found
from sandbox.casepeer.call import Call, text_of
from sandbox.casepeer.paging import paged
from sandbox.casepeer.records import FAILED, QUEUED, SENT
from sandbox.casepeer.rendering import message_json

_STATES = (QUEUED, SENT, FAILED)
_LONGEST_REMOTE_ID, _LONGEST_ERROR = 100, 1000


def outbox(call: Call) -> Answer:
    """GET case-status/outbox/?state=queued [assumed]: without a state all of them, the oldest first."""
    state = call.choice("state", _STATES)
    found = [message for message in call.firm.outbox.values() if state in {"", message.state}]
    return paged(call, found, partial(message_json, call.firm))


def acknowledge(call: Call) -> Answer:
    """POST case-status/outbox/{id}/ack/ [assumed]: sent with its remote id, or failed with the reason.

    The same again changes nothing; anything else once it is settled is 409. Raises Refusal (400, 404, 409).
    """
    message, fields = call.firm.outbox.get(call.numbers[0]), call.fields()
    if message is None:
        raise not_found()
    state = fields.get("state")
    told: tuple[str, str | None, str | None]
    if state == SENT:
        told = (SENT, text_of(fields, "remote_id", longest=_LONGEST_REMOTE_ID), None)
    elif state == FAILED:
        told = (FAILED, None, text_of(fields, "error", longest=_LONGEST_ERROR))
    else:
        raise invalid("state", f'"{state}" is not a valid choice.')
    if message.state != QUEUED and told != (message.state, message.remote_id, message.error):
        raise conflict("invalid_transition", f"The message is {message.state} already.")
    message.state, message.remote_id, message.error = told
    return json_answer(message_json(call.firm, message))
