"""What people of the firm write in the case system for the clients of a case, and what of it is to be sent: each once.

A reply goes out when it was written after the relay began, or was meant for clients only later. What clients could see
before that is passed over, for good: nobody wants to be sent the mail of years.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.case import Unreadable
from domain.relay import Correspondent


@dataclass(frozen=True, slots=True)
class Reply:
    """Something written in the case system that is meant for the clients of a case; ``content`` is plain text."""

    id: str
    """What it is and its number, such as ``note:771204``; no other record of the case system has the same."""
    case_id: str
    content: str
    author: Correspondent
    written_at: datetime
    edited_at: datetime | None
    """None: never since it was written, as far as the case system says."""


@dataclass(frozen=True, slots=True)
class CaseReplies:
    """Everything on a case that is meant for its clients now, the earliest first, and what of it nobody can read."""

    items: tuple[Reply, ...]
    unreadable: tuple[Unreadable, ...] = ()
    is_bare: bool = False
    """True when nothing at all is written on the case, for whomever."""


@dataclass(frozen=True, slots=True)
class ChangedCases:
    """A page of the cases on which something may have been written: their own change dates by id.

    ``at`` is the case system's clock when it answered.
    """

    changed: Mapping[str, datetime]
    at: datetime

    @property
    def newest(self) -> datetime | None:
        """The latest change on the page."""
        return max(self.changed.values(), default=None)


@dataclass(frozen=True, slots=True)
class Sorted:
    """The replies of a case: those to be sent, and the ids of those that are passed over."""

    send: tuple[Reply, ...]
    passed_over: frozenset[str]


def reply_marker(reply: Reply, system: str) -> str:
    """What tells a reply from every other one of the firm; its copy in the portal carries it, too."""
    return f"{system}:{reply.id}"


def sort_out(
    replies: Iterable[Reply], sent: Collection[str], passed_over: Collection[str] | None, begins_at: datetime
) -> Sorted:
    """Which replies of a case are to be sent.

    Args:
        replies: everything that is meant for clients now.
        sent: ids of what was sent, or is on its way.
        passed_over: ids of what was passed over when the case was last read; None when nothing is known of it yet.
        begins_at: when the relay began.
    """
    unsent = [reply for reply in replies if reply.id not in sent]
    send = tuple(reply for reply in unsent if _is_news(reply, passed_over, begins_at))
    return Sorted(send, frozenset(reply.id for reply in unsent) - {reply.id for reply in send})


def _is_news(reply: Reply, passed_over: Collection[str] | None, begins_at: datetime) -> bool:
    if reply.written_at >= begins_at:
        return True
    if passed_over is not None:
        return reply.id not in passed_over
    # Nobody knows what clients could see of this case before: what was touched since then was probably shared then.
    return reply.edited_at is not None and reply.edited_at >= begins_at
