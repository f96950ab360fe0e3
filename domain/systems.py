"""What each case system does differently, as data: the table of DESIGN.md, and the names of its screens."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class CaseSystemRules:
    """The rules of one case system. Times of day are ``HH:MM``, windows as :func:`domain.windows.parse_window` reads them."""

    key: str
    name: str
    nightly_at: str
    nightly_zone: str
    imports_new_at_night: bool
    first_window: str | None
    """None: the first import takes a named list of cases."""
    later_window: str | None
    """None: every linked case, whenever it changed."""
    follow_client_changes: bool
    """Whether later changes of a client's name, number or e-mail are carried over."""
    url_marker: str
    """What stands before the case's id in the address of its page."""
    documents_every_minutes: int | None
    """None: once a night."""
    places: Mapping[str, str]
    """Where a person mends what: key of :data:`domain.reason_codes.REASONS` → screen and field."""
    rereads_linked: bool = False
    """True where a case may change without its change date moving: every night then reads each linked case again."""
    knows_additional_attorneys: bool = True
    """False: the system has no field for them, so an empty list says nothing and the portal's is left alone."""
    connects_cases: bool = False
    """True where a person connects each case, which is how it comes over; see :mod:`domain.preview`."""
    names_people: bool = True
    """Whether its records of messages have a sender and recipients; else who wrote to whom stands in the text."""


_CLIO = CaseSystemRules(
    key="clio",
    name="Clio",
    nightly_at="21:15",  # [help]
    nightly_zone="UTC",
    imports_new_at_night=True,
    first_window="10y",
    later_window="30d",
    follow_client_changes=True,  # [assumed]
    url_marker="matters/",
    documents_every_minutes=20,
    places=MappingProxyType(
        {
            "readable_id": "Clio: open the matter › Edit matter › Matter number",
            "practice_area": "Clio: open the matter › Edit matter › Practice area",
            "stage": "Clio: open the matter › Edit matter › Matter stage",
            "attorney": "Clio: open the matter › Edit matter › Responsible attorney",
            "staff_email": "Clio: Settings › Manage users › the user › E-mail",
            "client": "Clio: open the matter › Edit matter › Client",
            "client_name": "Clio: Contacts › the client › Edit contact › First and last name",
            "client_phone": "Clio: Contacts › the client › Edit contact › Phone number, label Mobile",
            "access": "Clio: give the connected user access to the matter and its client",
        }
    ),
    knows_additional_attorneys=False,  # one responsible attorney per matter [sdk]
)

_SMARTADVOCATE = CaseSystemRules(
    key="smartadvocate",
    name="SmartAdvocate",
    nightly_at="21:15",  # [doc]; another source says about 8 PM [help]
    nightly_zone="UTC",
    imports_new_at_night=True,
    first_window="10y",
    later_window="30d",
    follow_client_changes=False,  # not in the vendor's list of what a sync updates [doc]
    url_marker="case/",
    documents_every_minutes=20,
    places=MappingProxyType(
        {
            "readable_id": "SmartAdvocate: open the case › Case summary › Case number",
            "practice_area": "SmartAdvocate: open the case › Case summary › Case type",
            "stage": "SmartAdvocate: open the case › Case summary › Case status",
            "attorney": "SmartAdvocate: open the case › Staff › Primary",
            "staff_email": "SmartAdvocate: Administration › Staff › the person › E-mail",
            "client": "SmartAdvocate: open the case › Plaintiffs › mark one as client",
            "client_name": "SmartAdvocate: the client's contact card › First and last name",
            "client_phone": "SmartAdvocate: the client's contact card › Phones, type Cell",
            "access": "SmartAdvocate: give the connected account access to the case",
        }
    ),
    rereads_linked=True,  # nobody says whether staff, sub-statuses or contacts move a case's date [doc: silence]
    names_people=False,  # a note has an author, which is whoever enters it [doc]
)

_CASEPEER = CaseSystemRules(
    key="casepeer",
    name="CASEpeer",
    nightly_at="21:00",  # [help]
    nightly_zone="America/New_York",
    imports_new_at_night=False,  # [help] only *Connect to Case Status* brings a case over
    first_window=None,
    later_window=None,
    follow_client_changes=True,  # [assumed]
    url_marker="case/",
    documents_every_minutes=None,
    connects_cases=True,  # [seed][help]
    places=MappingProxyType(
        {
            "readable_id": "CASEpeer: open the case › Case details › Case number",
            "practice_area": "CASEpeer: open the case › Case details › Case type",
            "stage": "CASEpeer: open the case › Case details › Case status",
            "attorney": "CASEpeer: open the case › Case details › Lead attorney",
            "staff_email": "CASEpeer: Firm settings › Users › the user › E-mail",
            "client": "CASEpeer: open the case › Client",
            "client_name": "CASEpeer: open the case › Client › First and last name",
            "client_phone": "CASEpeer: open the case › Client › Phone, type Cell",
            "access": "CASEpeer: give the integration key access to the case",
        }
    ),
    names_people=False,  # a note has an author, which is whoever enters it [seen]
)

CASE_SYSTEMS: Mapping[str, CaseSystemRules] = MappingProxyType(
    {rules.key: rules for rules in (_CLIO, _SMARTADVOCATE, _CASEPEER)}
)
"""The case systems casebridge knows, by key."""
