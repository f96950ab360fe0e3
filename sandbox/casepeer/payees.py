"""Whom a firm pays: contacts under ids of the firm's own."""

from sandbox.casepeer.money import Payee

_FIRST, _PER_FIRM = 8_801, 1_000
_KNOWN = (
    ("Lakeside Imaging", "Medical provider"),
    ("Harbor Court Reporting", "Court reporter"),
    ("Mercy Hill Orthopedics", "Medical provider"),
    ("Swift Process Servers", "Process server"),
    ("Clerk of the Superior Court", "Court"),
    ("Dr. Imani Solberg", "Expert witness"),
    ("Bluestone Records Retrieval", "Records service"),
)


class Payees:
    """The payees of firm number ``rank`` (from 0): a few to begin with, more when a cost names another one."""

    def __init__(self, rank: int) -> None:
        first = _FIRST + rank * _PER_FIRM
        self.everyone = [Payee(first + place, name, kind) for place, (name, kind) in enumerate(_KNOWN)]

    def named(self, name: str, contact_type: str) -> Payee:
        """The payee of that name; a new one of that type when there is none."""
        for payee in self.everyone:
            if payee.name == name:
                return payee
        self.everyone.append(Payee(self.everyone[0].contact_id + len(self.everyone), name, contact_type))
        return self.everyone[-1]
