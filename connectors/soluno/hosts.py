"""Where a firm's Soluno is."""

import re
from dataclasses import dataclass
from typing import ClassVar

from connectors.hosts import FirmHost
from domain.books import EntryKind

SYSTEM = "Soluno"


@dataclass(frozen=True, slots=True)
class Host(FirmHost):
    """One firm's Soluno; an integration needs the name of its host alone [doc]."""

    system: ClassVar[str] = SYSTEM
    example: ClassVar[str] = "app.soluno.legal"  # [assumed]
    api_path: ClassVar[str] = "/api/rest"  # [assumed]
    case_place: ClassVar[re.Pattern[str]] = re.compile(r"/casefiles/([1-9][0-9]{0,17})(?![0-9a-z])", re.IGNORECASE)

    def entry_url(self, kind: EntryKind, entry_id: str, casefile_id: str) -> str:
        """Where a person sees an entry: the ledger of its casefile, or an invoice itself [assumed]."""
        if kind is EntryKind.INVOICE:
            return f"{self.address}/invoices/{entry_id}"
        return f"{self.address}/casefiles/{casefile_id}/ledger#{kind}-{entry_id}"
