"""Where a firm's CASEpeer is."""

import re
from dataclasses import dataclass
from typing import ClassVar

from connectors.hosts import FirmHost

SYSTEM = "CASEpeer"


@dataclass(frozen=True, slots=True)
class Host(FirmHost):
    """One firm's CASEpeer: the host that all firms share, or a sub-domain of the firm's own [seed][seen]."""

    system: ClassVar[str] = SYSTEM
    example: ClassVar[str] = "my.casepeer.com"  # [seen]
    api_path: ClassVar[str] = "/api/v1"  # [seen]
    case_place: ClassVar[re.Pattern[str]] = re.compile(r"/case/([1-9][0-9]{0,17})(?![0-9a-z])", re.IGNORECASE)

    def case_url(self, integration_id: str) -> str:
        """Where a person opens a case [seed][seen]."""
        return f"{self.address}/case/{integration_id}/"
