"""The block of one firm: who it is, what it has switched on, when it runs, how its names map."""

from datetime import date, time, timedelta
from functools import cache
from typing import Annotated, ClassVar, Literal
from zoneinfo import ZoneInfo, available_timezones

from prefect_email import EmailServerCredentials
from pydantic import BaseModel, Field, HttpUrl, field_validator

from blocks.casepeer import CasePeerCredentials
from blocks.casestatus import CaseStatusCredentials
from blocks.clio import ClioCredentials
from blocks.forms import Form
from blocks.smartadvocate import SmartAdvocateCredentials
from blocks.soluno import SolunoCredentials
from domain.firm import FirmRules
from domain.nights import SPREAD, Night, spread
from domain.roles import ATTORNEY, PARALEGAL
from domain.switches import SWITCHES, SwitchState
from domain.systems import CASE_SYSTEMS

_AFTER_THE_SYNC = timedelta(minutes=90)
_SPREAD_MINUTES = SPREAD // timedelta(minutes=1) - 1
_SWITCH_NAMES = ", ".join(SWITCHES)

Email = Annotated[str, Field(pattern=r"^[^@\s,;]+@[^@\s,;]+$")]


@cache
def _time_zones() -> frozenset[str]:
    """The names of all time zones; listing them takes 8 ms, and a tick reads the blocks of all firms."""
    return frozenset(available_timezones())


class SwitchedOff(BaseModel):
    """Why one switch of a firm is off."""

    switch: str = Field(title="Switch", description=f"One of: {_SWITCH_NAMES}.")
    reason: str = Field(title="Reason", description="Why it is off, in a few words.", min_length=1)
    by: str = Field(title="By", description="Who turned it off.", min_length=1)
    since: date | None = Field(default=None, title="Since", description="The day on which it was turned off.")

    @field_validator("switch")
    @classmethod
    def _is_a_switch(cls, value: str) -> str:
        if value not in SWITCHES:
            raise ValueError(f"'{value}' is no switch of a firm. Write one of: {_SWITCH_NAMES}.")
        return value


class Firm(Form):
    """One law firm: its systems, switches, schedule and mappings. The block's name is the firm's slug.

    Example:
        ```python
        from blocks.firm import Firm

        firm = await Firm.aload("harrow-pike")
        ```
    """

    _block_type_name: ClassVar[str | None] = "Firm"
    _block_type_slug: ClassVar[str | None] = "firm"
    _logo_url: ClassVar[HttpUrl | None] = HttpUrl("https://www.casestatus.com/favicon.ico")
    _description: ClassVar[str | None] = (
        "A law firm that casebridge works for. Its deployments follow it within minutes: see `reconcile_deployments`."
    )
    _code_example: ClassVar[str | None] = 'from blocks.firm import Firm\n\nfirm = await Firm.aload("harrow-pike")\n'

    slug: str = Field(
        title="Short name",
        description="Lower-case letters, digits and dashes; the same as this block's name. Runs, reports and tags use it.",
        pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$",
        max_length=60,
    )
    name: str = Field(title="Name", description="The firm's name as people write it.", min_length=1)
    time_zone: str = Field(
        default="America/New_York",
        title="Time zone",
        description="The firm's own zone, such as America/Denver. Windows, schedules and report times use it.",
    )
    case_system: ClioCredentials | SmartAdvocateCredentials | CasePeerCredentials = Field(
        title="Case system", description="Where the firm keeps its cases."
    )
    portal: CaseStatusCredentials = Field(title="Client portal", description="The firm's Case Status key.")
    accounting: SolunoCredentials | None = Field(
        default=None, title="Accounting", description="Where the firm keeps its books: only for firms of CASEpeer."
    )

    nightly_sync: bool = Field(
        default=True,
        title="Nightly sync is on",
        description="Off: the schedule skips this firm; a person can still run the sync by hand.",
    )
    nightly_at: str | None = Field(
        default=None,
        title="Nightly sync at",
        description=(
            "Hour and minute such as 21:15, kept exactly. Empty: the usual time (Clio and SmartAdvocate 21:15 UTC, CASEpeer "
            f"21:00 in New York) and up to {_SPREAD_MINUTES} minutes, so that not all firms begin at once."
        ),
        pattern=r"^([01]\d|2[0-3]):[0-5]\d$",
    )
    nightly_zone: str | None = Field(
        default=None,
        title="Zone of that time",
        description="Empty: the firm's own zone when a time is given above, else the case system's usual zone.",
    )

    relay_messages: bool = Field(
        default=True,
        title="Message relay is on",
        description="Off: messages of the portal are not brought into the case system. What is under way waits.",
    )
    relay_documents: bool = Field(
        default=True,
        title="Document relay is on",
        description=(
            "Off: files of the portal are not brought into the case system. What is under way waits. Into CASEpeer they "
            "come once a night, after the sync."
        ),
    )
    relay_replies: bool = Field(
        default=True,
        title="Reply relay is on",
        description=(
            "Off: what people write in the case system for clients is not sent to them in Case Status. What was written "
            "meanwhile goes out when it is switched on again."
        ),
    )
    replies_as_attorney: bool = Field(
        default=False,
        title="Send as the primary attorney",
        description=(
            "On: a reply whose author is not on the case's team in Case Status is sent as its primary attorney. Off: it "
            "waits until the author is added there. From CASEpeer everything is sent as the primary attorney anyhow."
        ),
    )
    relay_automatic_messages: bool = Field(
        default=False,
        title="Keep automatic messages, too",
        description="On: messages that Case Status sends by its own rules are filed with the case like written ones.",
    )
    largest_document_mb: int = Field(
        default=1024,
        title="Largest document, in MB",
        description="Larger files are left in the portal and reported.",
        gt=0,
        le=5000,
    )

    cost_push: bool = Field(
        default=True,
        title="Cost push is on",
        description="Off: the schedule pushes no costs, charges or trust into accounting; a person can still do so by hand.",
    )
    cost_push_at: str | None = Field(
        default=None,
        title="Cost push at",
        description="Hour and minute such as 23:00, in the firm's own zone. Empty: an hour and a half after the nightly sync.",
        pattern=r"^([01]\d|2[0-3]):[0-5]\d$",
    )

    switched_off: list[SwitchedOff] = Field(
        default_factory=list,
        title="Why something is off",
        description=(
            "Who turned off which of the switches above, when and why, as in "
            '[{"switch": "relay_messages", "reason": "new server", "by": "Dana Reyes", "since": "2026-11-03"}]: it is shown '
            "wherever the firm is shown. What is said of a switch that is on counts for nothing."
        ),
    )

    practice_areas: dict[str, str] = Field(
        default_factory=dict,
        title="Practice area mapping",
        description='Case system\'s name → Case Status name, e.g. {"MVA": "Auto Injury"}. Names not listed map to the same name.',
    )
    stages: dict[str, str] = Field(
        default_factory=dict,
        title="Stage mapping",
        description=(
            'Case system\'s name → Case Status name, e.g. {"Intake": "Getting Started"}. For one practice area only, '
            'write it in front: {"MVA / Intake": "First Call"}. Names not listed map to the same name.'
        ),
    )
    roles: dict[str, list[str]] = Field(
        default_factory=dict,
        title="Role map",
        description=(
            "For SmartAdvocate: which of the firm's role labels are attorneys, the lead one first, and which paralegals: "
            '{"attorney": ["Primary Attorney"], "paralegal": ["Paralegal", "Case Manager"]}. Empty: the usual labels.'
        ),
    )

    notify_clients: bool = Field(
        default=True,
        title="Tell clients about stage changes",
        description="Off: Case Status shows the new stage, but sends nothing to the client.",
    )
    reopen_closed: bool = Field(
        default=True,
        title="Reopen in the portal what is open in the case system",
        description="Off: such a case is reported as case_closed and left closed.",
    )
    import_closed: bool = Field(
        default=True,
        title="Import closed cases",
        description="On: closed cases of the first window are imported as closed, for their history.",
    )
    first_window_by: Literal["created", "opened"] = Field(
        default="created",
        title="First window goes by",
        description="created: when the case was entered. opened: its open date, for firms whose data was migrated.",
    )
    originating_attorney_counts: bool = Field(
        default=False,
        title="Fall back to the originating attorney",
        description="On: a case without a responsible attorney goes to its originating attorney.",
    )

    report_recipients: list[Email] = Field(
        default_factory=list,
        title="Report recipients",
        description="Who gets the nightly exception report. Reports of runs by hand go to whoever asked.",
    )
    alert_recipients: list[Email] = Field(
        default_factory=list,
        title="Alert recipients",
        description="Who is told when something stops working, once each time. Empty: the report recipients.",
    )
    mail: EmailServerCredentials | None = Field(
        default=None,
        title="Mail server",
        description="The server reports and alerts are sent through. Empty: no mail is sent.",
    )

    @field_validator("time_zone", "nightly_zone")
    @classmethod
    def _zone_exists(cls, value: str | None) -> str | None:
        if value is not None and value not in _time_zones():
            message = f"'{value}' is not a time zone. Write it as in America/Denver."
            raise ValueError(message)
        return value

    @field_validator("roles")
    @classmethod
    def _roles_are_ours(cls, value: dict[str, list[str]]) -> dict[str, list[str]]:
        unknown = [role for role in value if role not in (ATTORNEY, PARALEGAL)]
        if unknown:
            message = f"'{unknown[0]}' is no role of ours. Write {ATTORNEY} or {PARALEGAL}."
            raise ValueError(message)
        return value

    def rules(self) -> FirmRules:
        """The firm's settings as the domain knows them."""
        return FirmRules(
            slug=self.slug,
            name=self.name,
            case_system=self.case_system.system,
            time_zone=self.time_zone,
            practice_area_mapping=self.practice_areas,
            stage_mapping=self.stages,
            role_map={role: tuple(names) for role, names in self.roles.items()},
            fallback_to_originating_attorney=self.originating_attorney_counts,
            reopen_closed=self.reopen_closed,
            import_closed=self.import_closed,
            notify_clients=self.notify_clients,
            first_window_by=self.first_window_by,
        )

    @property
    def switches(self) -> list[SwitchState]:
        """How those of the firm's switches stand that concern it, with what was said of those that are off."""
        return [self.switch(name) for name in SWITCHES if self._concerns(name)]

    def switch(self, name: str) -> SwitchState:
        """How one switch stands; one that does not concern the firm is off."""
        if getattr(self, name) and self._concerns(name):
            return SwitchState(name, on=True)
        note = next((note for note in self.switched_off if note.switch == name), None)
        return SwitchState(name, on=False, **(note.model_dump(exclude={"switch"}) if note else {}))

    def _concerns(self, name: str) -> bool:
        match name:
            case "relay_replies":
                return self.reply_system is not None
            case "cost_push":
                return self.accounting is not None
        return True

    def turn(self, name: str, *, on: bool, reason: str = "", by: str = "", today: date | None = None) -> None:
        """Turn a switch on or off, with the reason and the person for what is turned off.

        Raises:
            ValueError: no such switch, or no reason or person for one that is turned off.
        """
        if name not in SWITCHES:
            raise ValueError(f"'{name}' is no switch of a firm. Write one of: {_SWITCH_NAMES}.")
        if not on and not (reason.strip() and by.strip()):
            raise ValueError(f"Say why {SWITCHES[name].lower()} is turned off, and who does it: reason and by.")
        kept = [note for note in self.switched_off if note.switch != name]
        if not on:
            kept.append(SwitchedOff(switch=name, reason=reason.strip(), by=by.strip(), since=today))
        setattr(self, name, on)
        self.switched_off = kept

    @property
    def reply_system(self) -> SmartAdvocateCredentials | CasePeerCredentials | None:
        """The case system whose people write to clients in it; None for Clio, where nobody can."""
        return None if isinstance(self.case_system, ClioCredentials) else self.case_system

    @property
    def night(self) -> Night:
        """When the firm's night is: at its own time and zone; else at its case system's usual ones and some minutes."""
        night = Night.of(CASE_SYSTEMS[self.case_system.system], self.time_zone, self.nightly_at, self.nightly_zone)
        return night if self.nightly_at else night.later(spread(self.slug))

    @property
    def push_time(self) -> Night:
        """When costs are pushed: at the firm's own time, else after its nightly sync, so that both are not at work at once."""
        if self.cost_push_at:
            return Night(time.fromisoformat(self.cost_push_at), self.zone)
        return self.night.later(_AFTER_THE_SYNC)

    @property
    def zone(self) -> ZoneInfo:
        """The firm's time zone."""
        return ZoneInfo(self.time_zone)
