"""What became of one message, document or reply: for the person who asks whether it was ever sent, or why not again."""

from typing import Any, Literal

from prefect import flow

from domain.run_names import run_name
from tasks.endings import ends_with_a_sentence
from tasks.relay.receipts import show_receipt


@flow(name="delivery_receipt", flow_run_name=run_name("receipt", "{firm} {item}"), persist_result=False)
@ends_with_a_sentence
async def delivery_receipt(
    firm: str, item: str, stream: Literal["messages", "documents", "replies"] = "messages", again: bool = False
) -> Any:
    """Show what was sent, when, to which record, under which marker, and why it was not sent a second time.

    Args:
        firm: The firm's short name: the name of its Firm block.
        item: The number of the message or file in Case Status, of a reply that of its note or its message, or the marker from a tick's table.
        stream: messages, documents or replies.
        again: Take up again what was given up, after what was wrong has been mended. What was delivered is never sent again.
    """
    return await show_receipt(firm, stream, item, again=again)
