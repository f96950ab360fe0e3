"""The settings of one firm, as far as the rules need them."""

from collections.abc import Mapping
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator

from domain.systems import CASE_SYSTEMS, CaseSystemRules


class FirmRules(BaseModel):
    """How one firm wants its cases synced. Names not listed in a mapping map to the same name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    slug: str
    name: str
    case_system: str
    """Key of :data:`domain.systems.CASE_SYSTEMS`."""
    time_zone: str = "America/New_York"
    practice_area_mapping: Mapping[str, str] = Field(default_factory=dict)
    """Case system's name → portal's name, both exact."""
    stage_mapping: Mapping[str, str] = Field(default_factory=dict)
    """The same for stages; a key ``MVA / Intake`` holds for that practice area only and goes before ``Intake``."""
    role_map: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    """Our role → the case system's roles that mean it, in order; for systems with free staff roles."""
    fallback_to_originating_attorney: bool = False
    reopen_closed: bool = True
    import_closed: bool = True
    notify_clients: bool = True
    follow_client_changes: bool | None = None
    """None: as the case system usually does."""
    first_window_by: Literal["created", "opened"] = "created"
    """Which date the first sync's window goes by; firms with migrated data want the date the case was opened."""

    @field_validator("time_zone")
    @classmethod
    def _zone_exists(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"'{value}' is not a time zone. Write it as in America/Denver.") from None
        return value

    @field_validator("case_system")
    @classmethod
    def _system_exists(cls, value: str) -> str:
        if value not in CASE_SYSTEMS:
            raise ValueError(f"'{value}' is not a case system. Known are {', '.join(CASE_SYSTEMS)}.")
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The firm's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def system(self) -> CaseSystemRules:
        """What the firm's case system does differently."""
        return CASE_SYSTEMS[self.case_system]

    @property
    def follows_clients(self) -> bool:
        """Whether later changes of client data are carried over."""
        if self.follow_client_changes is None:
            return self.system.follow_client_changes
        return self.follow_client_changes
