"""Cheap repeatable randomness: the same key always rolls the same numbers, whatever was rolled before."""

from collections.abc import Sequence
from typing import TypeVar

_MASK = (1 << 64) - 1
_BITS = 32

T = TypeVar("T")


class Dice:
    """A 64-bit congruential generator started from a key of integers; far cheaper to start than ``random.Random``."""

    __slots__ = ("_state",)

    def __init__(self, *key: int) -> None:
        state = 0
        for part in key:
            # The finisher of splitmix64: neighbouring keys start far apart.
            state = (state ^ part) + 0x9E3779B97F4A7C15 & _MASK
            state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
            state = (state ^ (state >> 27)) * 0x94D049BB133111EB & _MASK
            state ^= state >> 31
        self._state = state

    def roll(self) -> int:
        """The next 32 bits."""
        self._state = (self._state * 6364136223846793005 + 1442695040888963407) & _MASK
        return self._state >> (64 - _BITS)

    def below(self, limit: int) -> int:
        """A number from 0 to ``limit - 1``."""
        return self.roll() * limit >> _BITS

    def between(self, low: int, high: int) -> int:
        """A number from ``low`` to ``high``, both included; ``low`` when the range is empty."""
        return low + self.below(high - low + 1) if high > low else low

    def chance(self, share: float) -> bool:
        """True in ``share`` of the rolls."""
        return self.roll() < share * (1 << _BITS)

    def pick(self, choices: Sequence[T]) -> T:
        """One of the choices."""
        return choices[self.roll() * len(choices) >> _BITS]
