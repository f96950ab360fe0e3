"""Idempotency keys: the first success under a key is kept for a day and answers every repetition."""

from dataclasses import dataclass

from sandbox.casestatus.answers import Answer
from sandbox.casestatus.instants import DAY
from sandbox.casestatus.refusals import refuse

Place = tuple[int, str, str, str]
"""Firm, key, method, path."""


@dataclass(slots=True)
class _Kept:
    fingerprint: bytes
    at: int
    answer: Answer | None = None


class IdempotencyStore:
    """Answers by place; only successes stay, so a refused request may be tried again once its cause is gone."""

    def __init__(self) -> None:
        self._kept: dict[Place, _Kept] = {}

    def begin(self, place: Place, fingerprint: bytes, now: int) -> Answer | None:
        """Reserve the place for a new request, or return the answer to replay.

        Raises Refusal: 409 while the first request runs, 422 when the body differs from the first one's.
        """
        self._expire(now)
        kept = self._kept.get(place)
        if kept is None:
            self._kept[place] = _Kept(fingerprint, now)
            return None
        if kept.answer is None:
            raise refuse(
                409,
                "idempotency_in_progress",
                "A request with this Idempotency-Key is still running.",
                headers={"retry-after": "1"},
            )
        if kept.fingerprint != fingerprint:
            raise refuse(422, "idempotency_key_reused", "This Idempotency-Key was used with another body.")
        return kept.answer.replayed()

    def settle(self, place: Place, answer: Answer | None) -> None:
        """Keep a success; free the place otherwise."""
        if answer is not None and answer.succeeded:
            self._kept[place].answer = answer.compact()
        else:
            del self._kept[place]

    def _expire(self, now: int) -> None:
        # Insertion order is age order: the oldest are in front.
        while self._kept:
            oldest = next(iter(self._kept))
            if now - self._kept[oldest].at <= DAY or self._kept[oldest].answer is None:
                return
            del self._kept[oldest]
