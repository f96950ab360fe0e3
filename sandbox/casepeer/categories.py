"""The document categories of a firm: 37 default names [seen] under ids of the firm's own."""

from typing import Any

_NAMES = (
    *("Accounting", "Attorney Designation", "Case Notes", "Client Correspondence", "Client Portal", "Contracts"),
    *("Costs", "Court Filings", "Defendant Correspondence", "Defendant Insurance", "Depositions", "Discovery", "DMV"),
    *("Evidence", "Expert Witnesses", "Health Insurance", "Incident Report", "Intake Documents", "Invoices"),
    *("Lien Negotiations", "Loans", "Lost Wages", "Mediation", "Medical Authorizations", "Medical Payment"),
    *("Medical Requests", "Medical Treatment", "Miscellaneous", "Plaintiff Insurance", "Pleadings"),
    *("Property Damage", "Research", "Service Paperwork", "Settlement", "Subpoena", "Trial Exhibits"),
    "Witness Statement",
)


def document_categories(rank: int) -> dict[int, str]:
    """Names by id, for firm number ``rank`` (from 0)."""
    return {5_101 + rank * 100 + place: name for place, name in enumerate(_NAMES)}


def rows(categories: dict[int, str]) -> list[dict[str, Any]]:
    """The list as it is answered."""
    return [{"id": identity, "name": name} for identity, name in categories.items()]
