"""What people of the firm hand to the case system for a case's clients, and what waits in its queue until it was sent."""

from dataclasses import dataclass
from datetime import datetime

from domain.case import Unreadable

OUTBOX_MARK = "outbox:"
"""What stands in their markers between the case system's name and their number."""


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """A message that waits in the case system's queue; ``content`` is as it was typed."""

    id: str
    """Its number; no other message of the queue ever has the same."""
    case_id: str
    content: str
    author_id: str
    """Who wrote it, which is not whom it is sent from."""
    written_at: datetime


@dataclass(frozen=True, slots=True)
class Queue:
    """Everything that waits, the earliest first and each once, and what of it nobody can read."""

    items: tuple[QueuedMessage, ...]
    unreadable: tuple[Unreadable, ...] = ()


def queue_marker(message: QueuedMessage, system: str) -> str:
    """What tells a message from every other one of the firm; its copy in the portal carries it, too."""
    return f"{system}:{OUTBOX_MARK}{message.id}"
