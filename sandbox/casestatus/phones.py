"""Cell phones: which numbers the portal takes, and how the fictional 555-01xx numbers behave.

Facts of sections 6.2, 6.9 and 6.12(15) of the vendor file [assumed].
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, ValidationResult

NORTH_AMERICA: Final = 1


class LineType(StrEnum):
    """What kind of line a number is."""

    MOBILE = "mobile"
    VOIP = "voip"
    LANDLINE = "landline"


class Reach(StrEnum):
    """How a text message to the number fares, and whether its owner has the app."""

    REACHED = "reached"
    OPTED_OUT = "opted_out"
    UNREACHABLE = "unreachable"
    SLOW_WITHOUT_APP = "slow_without_app"


_FIXTURES: Final = (
    (49, LineType.MOBILE, Reach.REACHED),
    (59, LineType.LANDLINE, Reach.REACHED),
    (69, LineType.VOIP, Reach.REACHED),
    (79, LineType.MOBILE, Reach.OPTED_OUT),
    (89, LineType.MOBILE, Reach.UNREACHABLE),
    (99, LineType.MOBILE, Reach.SLOW_WITHOUT_APP),
)
"""The last of each range of ``01xx``, and how the range behaves."""


@dataclass(frozen=True, slots=True)
class CellPhone:
    """A number the portal accepts: E.164, its line type and its behaviour."""

    e164: str
    line_type: LineType = LineType.MOBILE
    reach: Reach = Reach.REACHED


@dataclass(frozen=True, slots=True)
class BadPhone:
    """A number the portal refuses; ``reason`` is one of the words of ``client_cell_phone_invalid``."""

    reason: str


@lru_cache(maxsize=65536)
def assess(value: str) -> CellPhone | BadPhone:
    """Judge a number in any usual US form; extensions are dropped."""
    try:
        number = phonenumbers.parse(value, "US")
    except NumberParseException as trouble:
        return BadPhone(_reason_of(trouble))
    if number.country_code != NORTH_AMERICA:
        return BadPhone("unsupported_country")
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return BadPhone("wrong_length")
    region = phonenumbers.region_code_for_number(number)
    if region is None:
        return BadPhone("unassigned_area_code")
    if region != "US":
        return BadPhone("unsupported_country")
    return _behaviour(number)


def _reason_of(trouble: NumberParseException) -> str:
    if trouble.error_type == NumberParseException.NOT_A_NUMBER:
        return "not_a_number"
    if trouble.error_type == NumberParseException.INVALID_COUNTRY_CODE:
        return "unsupported_country"
    return "wrong_length"


def _behaviour(number: PhoneNumber) -> CellPhone | BadPhone:
    e164 = f"+{NORTH_AMERICA}{number.national_number}"
    if e164[5:10] != "55501":
        return CellPhone(e164)
    fixture = int(e164[-2:])
    line_type, reach = next((line, reach) for last, line, reach in _FIXTURES if fixture <= last)
    return BadPhone("not_mobile") if line_type is LineType.LANDLINE else CellPhone(e164, line_type, reach)
