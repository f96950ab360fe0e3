"""Messages over HTTP: the firm's feed in both dialects, one case's, and sending."""

from sandbox.casestatus.answers import Answer, json_answer
from sandbox.casestatus.call import Call
from sandbox.casestatus.listing import cursor_list, numbered_page, walk_list
from sandbox.casestatus.messaging import MESSAGE, Outbox
from sandbox.casestatus.refusals import unknown_parameter
from sandbox.casestatus.rendering import message_json
from sandbox.casestatus.schema import read

PAGE_SIZE = 10
"""Messages and files per page of the older dialect [seen: the size is inferred]."""
DIRECTIONS = ("inbound", "outbound")


def feed(call: Call) -> Answer:
    """``GET /messages``: with ``cursor`` a cursor list, without it a bare array by ``page[number]``."""
    if "cursor" not in call.query:
        require_plain(call)
        page = numbered_page(call, call.firm.messages, PAGE_SIZE)
        return json_answer([message_json(message) for message in page])
    direction = call.word("direction", DIRECTIONS)
    accept = None if direction is None else lambda message: message.direction == direction
    return cursor_list(call, call.firm.messages.after, message_json, accept)


def of_case(call: Call) -> Answer:
    """``GET /cases/{id}/messages``."""
    return cursor_list(call, walk_list(call.firm.messages_of(call.case())), message_json)


def send(call: Call) -> Answer:
    """``POST /cases/{id}/messages``; a known ``external_id`` is answered with the first message, 200."""
    case, outbox = call.case(), Outbox(call.portal, call.firm)
    given = read(MESSAGE, call.body)
    first = outbox.already_sent(case, given.get("external_id"))
    if first is not None:
        return json_answer(message_json(first))
    return json_answer(message_json(outbox.send(case, given)), 201)


def require_plain(call: Call) -> None:
    """The older dialect knows nothing but ``page[number]``. Raises Refusal (400)."""
    for name in call.query:
        if name != "page[number]":
            raise unknown_parameter(name)
