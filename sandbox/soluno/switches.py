"""What may be turned in one firm, and what the contract leaves open."""

from dataclasses import dataclass

from sandbox import switches


@dataclass(slots=True)
class Switches(switches.Turnable):
    """Per firm, changed at any moment. Defaults are the proposed contract (7 of the vendor's notes)."""

    numbers: bool = False
    """Money and hours are JSON numbers instead of text; ``12.50`` keeps its two decimals."""
    enforce_reference: bool = True
    """Off: an ``ExternalReference`` may be given twice, as the true vendor may not know of such a thing."""
    deleted_are_gone: bool = False
    """A deleted cost entry answers 404 instead of being shown as ``Deleted``; nobody says."""
    invoices_wait: bool = False
    """An invoice stays ``Requested`` until somebody of the firm moves it on; else it is drafted at once."""
