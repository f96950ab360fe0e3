"""What may be turned in one firm of any vendor; each vendor adds its own."""

from dataclasses import dataclass, fields
from typing import Any


@dataclass(slots=True)
class Turnable:
    """Per firm, changed at any moment."""

    def turn(self, wanted: dict[str, Any]) -> None:
        """Change some. Raises ValueError for a name there is not."""
        # The vendor's own first, then what concerns all that call out.
        known = sorted((one.name for one in fields(self)), key=lambda name: name in Switches.__slots__)
        for name in wanted:
            if name not in known:
                message = f"There is no switch {name!r}; there are {', '.join(known)}."
                raise ValueError(message)
        for name, value in wanted.items():
            setattr(self, name, value)


@dataclass(slots=True)
class Switches(Turnable):
    """Of a vendor that calls out."""

    push_url: str | None = None
    """Where it is announced; None: nowhere."""
    push_secret: str = "sandbox-push"  # noqa: S105 - the sandbox's own
    """Goes with each push, in a header of the vendor's."""
    push_duplicate: bool = False
    """Every push is sent twice."""
    push_reorder: bool = False
    """A push waits for the next one, which goes first."""
    push_drop: bool = False
    """Pushes are made and lost."""
