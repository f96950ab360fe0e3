"""What nobody can read is put on record, to be given up with its reason: it must not vanish from sight."""

from datetime import datetime

from domain.case import Unreadable
from domain.letters import content_digest
from ledger import Reservation
from tasks.relay.delivering import UNREADABLE


def on_record(trouble: Unreadable, at: datetime) -> Reservation:
    """The reservation of a record that cannot be read; ``at`` is when it was met."""
    marker = f"unreadable:{trouble.integration_id or content_digest(trouble.sentence)}"
    return Reservation(marker, "unknown", at, {UNREADABLE: trouble.sentence}, lane=marker)
