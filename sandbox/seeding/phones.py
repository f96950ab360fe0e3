"""Telephone numbers for fictional people, no two of them alike, written the many ways firms write them.

The last four digits of ``555-01xx`` numbers decide what the portal takes them for: 00-49 mobile, 50-59 landline,
60-69 VoIP. There are only 50 such mobiles to an area code, so after 10,000 clients come ordinary assigned numbers,
which the portal takes for mobiles.
"""

from sandbox.seeding.dice import Dice

AREA_CODES = (
    *(201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 224, 225, 228),
    *(229, 231, 234, 239, 240, 248, 251, 252, 253, 254, 256, 260, 262, 267, 269, 270, 276, 281, 301, 302),
    *(303, 304, 305, 307, 308, 309, 310, 312, 313, 314, 315, 316, 317, 318, 319, 320, 321, 323, 325, 330),
    *(334, 336, 337, 339, 347, 351, 352, 360, 361, 386, 401, 402, 404, 405, 406, 407, 408, 409, 410, 412),
    *(413, 414, 415, 417, 419, 423, 425, 432, 434, 435, 440, 443, 469, 478, 479, 480, 484, 501, 502, 503),
    *(504, 505, 507, 508, 509, 510, 512, 513, 515, 516, 517, 518, 520, 530, 540, 541, 551, 559, 561, 562),
    *(563, 567, 570, 571, 573, 574, 580, 585, 586, 601, 602, 603, 605, 606, 607, 608, 609, 610, 612, 614),
    *(615, 616, 617, 618, 619, 620, 623, 626, 630, 631, 636, 641, 646, 650, 651, 660, 661, 662, 678, 682),
    *(701, 702, 703, 704, 706, 707, 708, 712, 713, 714, 715, 716, 717, 718, 719, 720, 724, 727, 731, 732),
    *(734, 740, 754, 757, 760, 763, 765, 770, 772, 773, 774, 775, 781, 785, 786, 801, 802, 803, 804, 805),
)
_WAYS_TO_WRITE = ("({}) {}-{}", "({}) {}-{}", "{}-{}-{}", "{}.{}.{}", "+1 {} {} {}", "1-{}-{}-{}", "{}{}{}")
_MOBILES_PER_AREA = 50
_LINES = 10_000
_EXCHANGES = tuple(code for code in range(220, 990) if code % 100 != 11 and code != 555)  # noqa: PLR2004

INVALID_NUMBERS = (
    *("555-0142", "(312) 555-01", "000-000-0000", "call the office", "+44 20 7946 0018", "(199) 555-0123"),
    *("312 555 0142 0077", "n/a"),
)


def mobile(person: int) -> str:
    """The mobile number of person ``person`` (any integer from 0) as ten digits; no two people share one."""
    area, rank = AREA_CODES[person % len(AREA_CODES)], person // len(AREA_CODES)
    if rank < _MOBILES_PER_AREA:
        return f"{area}55501{rank:02d}"
    rank -= _MOBILES_PER_AREA
    line = rank * 7919 % _LINES  # coprime to the number of lines: scattered, yet each comes once per exchange
    return f"{area}{_EXCHANGES[rank // _LINES % len(_EXCHANGES)]}{line:04d}"


def landline(person: int) -> str:
    """A landline as ten digits; a few people of a big firm may share one."""
    return f"{AREA_CODES[person % len(AREA_CODES)]}55501{50 + person // len(AREA_CODES) % 10}"


def written(digits: str, dice: Dice) -> str:
    """Ten digits the way somebody typed them."""
    return dice.pick(_WAYS_TO_WRITE).format(digits[:3], digits[3:6], digits[6:])
