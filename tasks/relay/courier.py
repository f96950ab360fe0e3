"""How the deliveries of one stream are made: what the engine asks of a courier, and what a courier may answer."""

from datetime import timedelta
from typing import Any, Protocol, TypeVar

from ledger import Delivery


class ForCase(Protocol):
    """What a call needs at the least."""

    @property
    def case_id(self) -> str:
        """The case it is made for, which is where it is looked for if its answer is lost."""
        ...


Prepared = TypeVar("Prepared", bound=ForCase)


class NotYet(Exception):
    """It cannot be delivered just now, and nobody is to blame: the file is being scanned, say."""

    def __init__(self, code: str, sentence: str, wait: timedelta) -> None:
        super().__init__(sentence)
        self.code, self.wait = code, wait


class Held(Exception):
    """It cannot be delivered before somebody of the firm has mended something."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class Refused(Exception):
    """It will never be delivered by itself; a person may ask for it again after mending what the sentence says."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class Courier(Protocol[Prepared]):
    """How the deliveries of one stream are made for one firm."""

    stream: str
    at_once: int
    """How many are on their way at the same time."""

    async def prepare(self, delivery: Delivery) -> Prepared:
        """Everything the call needs; nothing is written anywhere. Raises NotYet, Held, Refused, ConnectorError."""
        ...

    def on_record(self, prepared: Prepared) -> tuple[dict[str, Any], str] | None:  # noqa: ARG002 (most reserve it all)
        """Payload and digest to put on record with the call, where they are known only once it is prepared."""
        return None

    async def call(self, delivery: Delivery, prepared: Prepared) -> tuple[str, str | None]:
        """Make it; the vendor's id of it, and what is worth knowing.

        Raises:
            Held, Refused: it had no effect.
            ConnectorError: AnswerLost if in doubt.
        """
        ...

    async def find(self, delivery: Delivery) -> str | None:
        """The vendor's id of what carries the delivery's marker, None when there is nothing.

        Raises:
            Held: nobody can tell before somebody of the firm has mended something.
            Refused: nobody ever can.
            ConnectorError: nor can anybody just now.
        """
        ...

    async def conclude(self, ended: Delivery) -> str | None:  # noqa: ARG002 (most have nothing to do)
        """What is to be done beyond the ledger when it was delivered or given up; what is worth knowing of that.

        It has ended whatever comes of this, and this is not asked again: a process may die before it.
        """
        return None
