"""Markers of what is posted to accounting: one for each thing that may stand there only once [assumed: soluno.md 7.7].

``CP:harrow-pike:cost:55120`` is the firm, what it is, and its id at the case system; charges and invoices, of which a case
may have several, have a revision behind it. No marker is longer than the 64 characters that accounting keeps.
"""

import hashlib

_LONGEST_FIRM = 28
_DIGEST = 6


def contact_marker(slug: str, contact_id: str) -> str:
    """Of a payee."""
    return _marker(slug, "contact", contact_id)


def client_marker(slug: str, client_id: str) -> str:
    """Of a case's client, who may be a payee, too."""
    return _marker(slug, "client", client_id)


def name_marker(slug: str, name: str) -> str:
    """Of a payee of whom only the name is known."""
    return _marker(slug, "payee", hashlib.sha256(" ".join(name.casefold().split()).encode()).hexdigest()[:16])


def casefile_marker(slug: str, case_id: str) -> str:
    """Of a case's casefile."""
    return _marker(slug, "case", case_id)


def cost_marker(slug: str, cost_id: str) -> str:
    """Of a cost."""
    return _marker(slug, "cost", cost_id)


def trust_marker(slug: str, line_id: str) -> str:
    """Of money in or out of trust."""
    return _marker(slug, "trust", line_id)


def fee_marker(slug: str, line_id: str) -> str:
    """Of a settlement fee, by the line of the trust ledger that takes it."""
    return _marker(slug, "fee", line_id)


def charge_marker(slug: str, charge: str, case_id: str, revision: int) -> str:
    """Of the difference that brings a charge to its amount; ``charge`` is ``copp`` or ``pd``."""
    return _marker(slug, charge, case_id, str(revision))


def invoice_marker(slug: str, case_id: str, revision: int) -> str:
    """Of a fee invoice."""
    return _marker(slug, "inv", case_id, "fee", str(revision))


def _marker(slug: str, *parts: str) -> str:
    return ":".join(("CP", _short(slug), *parts))


def _short(slug: str) -> str:
    """A firm's short name, as far as there is room for it; what is cut off still tells it from others."""
    if len(slug) <= _LONGEST_FIRM:
        return slug
    digest = hashlib.sha256(slug.encode()).hexdigest()[:_DIGEST]
    return f"{slug[: _LONGEST_FIRM - _DIGEST - 1]}-{digest}"
