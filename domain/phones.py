"""Phone numbers: which of a client's numbers the portal gets, why, and how a number is shown in reports."""

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneMetadata, PhoneNumberType

from domain.case import Phone


class Verdict(StrEnum):
    """What is thought of one number. Names as in the portal's refusals, except the first and the last [assumed]."""

    USABLE = "usable"
    NOT_A_NUMBER = "not_a_number"
    WRONG_LENGTH = "wrong_length"
    UNASSIGNED_AREA_CODE = "unassigned_area_code"
    NOT_MOBILE = "not_mobile"
    UNSUPPORTED_COUNTRY = "unsupported_country"
    NEVER_USED = "never_used"
    """Fax and pager numbers: not looked at."""


@dataclass(frozen=True, slots=True)
class PhoneChoice:
    """The number taken for a client, and every number looked at on the way.

    ``reason`` is empty when a number was taken, or when there is none to judge; else the verdict on the best one.
    """

    e164: str | None = None
    label: str = ""
    considered: tuple[tuple[Phone, Verdict], ...] = ()
    reason: str = ""

    @property
    def best(self) -> Phone | None:
        """The number taken, or the one that would have been the first choice had it been usable."""
        judged = [phone for phone, verdict in self.considered if verdict is not Verdict.NEVER_USED]
        if not judged:
            return None
        return judged[-1] if self.e164 else judged[0]


def choose_phone(phones: Sequence[Phone], *, landlines: Container[str] = ()) -> PhoneChoice:
    """Choose the client's cell phone: the first in label order that is valid and not a known landline.

    Label order: mobile or cell, the primary number, home, work or office, any other; equal ranks keep their order,
    the primary one first. Fax and pager are never taken [assumed, casestatus.md 6.13].

    Args:
        phones: The numbers as the case system has them.
        landlines: E.164 numbers the portal has refused as landlines before.
    """
    considered: list[tuple[Phone, Verdict]] = []
    for phone in sorted(phones, key=_rank) if len(phones) > 1 else phones:
        if not phone.number.strip():
            continue
        if _rank(phone)[0] == _NEVER:
            considered.append((phone, Verdict.NEVER_USED))
            continue
        e164, verdict = judge(phone.number)
        if verdict is Verdict.USABLE and e164 in landlines:
            verdict = Verdict.NOT_MOBILE
        considered.append((phone, verdict))
        if verdict is Verdict.USABLE:
            return PhoneChoice(e164, _label(phone), tuple(considered))
    refused = [verdict for _, verdict in considered if verdict is not Verdict.NEVER_USED]
    return PhoneChoice(considered=tuple(considered), reason=refused[0] if refused else "")


@lru_cache(maxsize=8192)
def judge(number: str) -> tuple[str | None, Verdict]:
    """The E.164 form of a number and the portal's likely verdict on it; the form is None unless usable.

    Extensions are dropped. Any number of an assigned US area code counts as a mobile, the fictional 555-01xx ones
    too; toll-free and other numbers without a place do not. Other countries' numbers are unsupported, also those
    that share country code 1 [assumed, casestatus.md 6.12.15].
    """
    plain = _US_NUMBER.fullmatch(number.translate(_PUNCTUATION))
    if plain is None:
        return _judge_unusual(number)
    return _judge_us(plain[1])


def mask(number: str) -> str:
    """A number as reports show it: ``•••• 0112``, its extension dropped. A text without any digit stays readable."""
    digits = "".join(filter(str.isdecimal, _EXTENSION.sub("", number)))
    return f"•••• {digits[-4:]}" if digits else number.strip()[:40]


def mask_within(text: str) -> str:
    """The text with every phone-like run of digits masked to its last four."""
    return _PHONE_LIKE.sub(lambda found: mask(found[0]), text)


_PUNCTUATION = str.maketrans("", "", " ()-./\u00a0\u2010\u2011\u2013")
_US_NUMBER = re.compile(r"(?:\+?1)?([02-9][0-9]{9})")
_EXTENSION = re.compile(r"\s*(?:,|;|#|\bx|\bext(?:ension|n)?\b)[\s.:=#]*\d{1,7}\s*$", re.IGNORECASE)
_PHONE_LIKE = re.compile(r"\+?\(?\d(?:[\s().\-/\u00a0]{0,2}\d){6,}")

_NEVER = 9
_RANKS = (
    (re.compile(r"fax|pager|beeper", re.IGNORECASE), _NEVER),
    (re.compile(r"\b(?:mobile|cell)", re.IGNORECASE), 0),
    (re.compile(r"\bhome\b", re.IGNORECASE), 2),
    (re.compile(r"\b(?:work|office|business)\b", re.IGNORECASE), 3),
)
_PRIMARY = 1
_OTHER = 4


def _rank(phone: Phone) -> tuple[int, bool]:
    rank = _label_rank(phone.label)
    if phone.primary and rank != _NEVER:
        rank = min(rank, _PRIMARY)
    return rank, not phone.primary


@lru_cache(maxsize=1024)
def _label_rank(label: str) -> int:
    return next((rank for pattern, rank in _RANKS if pattern.search(label)), _OTHER)


def _label(phone: Phone) -> str:
    return phone.label.strip() or ("primary number" if phone.primary else "no label")


def _judge_us(national: str) -> tuple[str | None, Verdict]:
    verdict = _judge_area(national[:3])
    if verdict is Verdict.USABLE and national[3] in "01":
        verdict = Verdict.NOT_A_NUMBER
    return ("+1" + national if verdict is Verdict.USABLE else None), verdict


def _judge_unusual(number: str) -> tuple[str | None, Verdict]:
    try:
        parsed = phonenumbers.parse(number, "US")
    except NumberParseException as error:
        lengths = (
            NumberParseException.TOO_LONG,
            NumberParseException.TOO_SHORT_NSN,
            NumberParseException.TOO_SHORT_AFTER_IDD,
        )
        return None, Verdict.WRONG_LENGTH if error.error_type in lengths else Verdict.NOT_A_NUMBER
    if parsed.country_code != 1:
        return None, Verdict.UNSUPPORTED_COUNTRY
    national = str(parsed.national_number)
    if len(national) != _NATIONAL_LENGTH:
        return None, Verdict.WRONG_LENGTH
    return _judge_us(national)


_NATIONAL_LENGTH = 10
_GEOGRAPHIC = (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


@lru_cache(maxsize=1024)
def _judge_area(area: str) -> Verdict:
    """Judge an area code by a number everybody may use in it. Parsing each number in full costs 80 µs, this once."""
    if area[0] in "01":
        return Verdict.UNASSIGNED_AREA_CODE
    sample = phonenumbers.PhoneNumber(country_code=1, national_number=int(area + "5550112"))
    region = phonenumbers.region_code_for_number(sample)
    if region == "US":
        geographic = phonenumbers.number_type(sample) in _GEOGRAPHIC
        return Verdict.USABLE if geographic else Verdict.NOT_MOBILE
    if region or area in _foreign_area_codes():
        return Verdict.UNSUPPORTED_COUNTRY
    return Verdict.UNASSIGNED_AREA_CODE


@lru_cache(maxsize=1)
def _foreign_area_codes() -> frozenset[str]:
    """Area codes of the small countries and territories under country code 1, where 555 need not exist."""
    leading = [
        metadata.leading_digits
        for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[1]
        if (metadata := PhoneMetadata.metadata_for_region(region)) and metadata.leading_digits
    ]
    patterns = [re.compile(digits) for digits in leading]
    return frozenset(
        str(area) for area in range(200, 1000) if any(pattern.fullmatch(str(area)) for pattern in patterns)
    )
