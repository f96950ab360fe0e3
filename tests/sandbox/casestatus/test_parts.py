"""The pure parts: phones, names, the register, cursors, budgets, multipart, blobs, instants."""

import random

import pytest

from sandbox.casestatus.blobs import BLOCK, MadeBlob
from sandbox.casestatus.cursors import Cursors
from sandbox.casestatus.instants import HOUR, as_text, parse_date, parse_instant
from sandbox.casestatus.limits import Bucket, Window
from sandbox.casestatus.multipart import parts
from sandbox.casestatus.naming import NameIndex
from sandbox.casestatus.phones import BadPhone, CellPhone, LineType, Reach, assess
from sandbox.casestatus.refusals import Refusal
from sandbox.casestatus.state import Portal
from sandbox.clock import Clock
from sandbox.controls import RateLimit
from sandbox.multipart import boundary_of


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("call the office", "not_a_number"),
        ("n/a", "not_a_number"),
        ("555-0142", "wrong_length"),
        ("(312) 555-01", "wrong_length"),
        ("312 555 0142 0077", "wrong_length"),
        ("(200) 555-0123", "unassigned_area_code"),
        ("555-555-0123", "unassigned_area_code"),
        ("(303) 555-0150", "not_mobile"),
        ("(303) 555-0159", "not_mobile"),
        ("+44 20 7946 0018", "unsupported_country"),
        ("+1 416 555 0112", "unsupported_country"),
        ("+999 1234567", "unsupported_country"),
    ],
)
def test_a_bad_phone_says_why(value: str, reason: str) -> None:
    assert assess(value) == BadPhone(reason)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("(303) 555-0100", CellPhone("+13035550100")),
        ("1-303-555-0149", CellPhone("+13035550149")),
        ("303.555.0112 ext 5", CellPhone("+13035550112")),
        ("+13035550160", CellPhone("+13035550160", LineType.VOIP)),
        ("3035550170", CellPhone("+13035550170", reach=Reach.OPTED_OUT)),
        ("3035550189", CellPhone("+13035550189", reach=Reach.UNREACHABLE)),
        ("3035550199", CellPhone("+13035550199", reach=Reach.SLOW_WITHOUT_APP)),
        ("303 866 5055", CellPhone("+13038665055")),
    ],
)
def test_a_good_phone_becomes_e164_and_behaves_by_its_last_digits(value: str, expected: CellPhone) -> None:
    assert assess(value) == expected


def test_names_match_to_the_letter_and_come_with_a_hint() -> None:
    names = NameIndex([("treating", ("Treating", "Treatment")), ("intake", ("Intake", "Treat  ment"))])
    assert names.find("Treatment") == ["treating"]
    assert names.find("treatment") == []
    assert names.closest("TREATMENT ") == "Treatment"
    assert names.closest("Treated") is None
    assert names.shared() == []
    assert NameIndex([(1, ("A",)), (2, ("A", "B"))]).shared() == ["A"]


def test_a_name_given_twice_to_one_thing_is_not_shared() -> None:
    assert NameIndex([("intake", ("Intake", "Intake"))]).shared() == []


def test_instants_are_read_with_any_offset_and_written_in_utc() -> None:
    assert as_text(parse_instant("2025-06-03T18:20:09+02:00")) == "2025-06-03T16:20:09Z"
    assert as_text(parse_instant("2025-06-03T16:20:09.25Z")) == "2025-06-03T16:20:09.250000Z"


@pytest.mark.parametrize("text", ["2025-06-03T16:20:09", "2025-06-03", "20250603T162009Z", "2025-13-03T16:20:09Z", ""])
def test_what_is_not_an_instant_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_instant(text)


@pytest.mark.parametrize("text", ["20250603", "2025-6-3", "2025-02-30", "2025-W01-1"])
def test_what_is_not_a_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_date(text)


def test_a_cursor_holds_its_place_for_an_hour_and_its_filters() -> None:
    cursors = Cursors(b"secret")
    cursor = cursors.make((5, 7), {"state": "open"}, now=0)
    assert cursors.read(cursor, {"state": "open"}, now=HOUR) == (5, 7)
    for filters, now in (({"state": "closed"}, 0), ({"state": "open"}, HOUR + 1)):
        with pytest.raises(Refusal) as refusal:
            cursors.read(cursor, filters, now)
        assert refusal.value.codes == ["invalid_cursor"]


@pytest.mark.parametrize("forged", ["x", "AAAA", "é", "A" * 64])
def test_a_foreign_cursor_is_refused(forged: str) -> None:
    with pytest.raises(Refusal):
        Cursors(b"secret").read(forged, {}, 0)


def test_a_cursor_made_under_another_secret_is_refused() -> None:
    with pytest.raises(Refusal):
        Cursors(b"secret").read(Cursors(b"other").make((5, 7), {}, 0), {}, 0)


def test_the_bucket_holds_its_burst_and_fills_evenly() -> None:
    budget, bucket = RateLimit(requests=120, burst=20), Bucket()
    for _ in range(20):
        bucket.spend(budget, 1000.0)
    with pytest.raises(Refusal) as refusal:
        bucket.spend(budget, 1000.1)
    assert refusal.value.headers["retry-after"] == "1"
    bucket.spend(budget, 1000.5)
    standing = bucket.standing(budget, 1000.5)
    assert (standing.remaining, standing.reset) == (0, 10)
    assert bucket.standing(budget, 1010.5).remaining == 20


def test_a_clock_that_steps_back_does_not_starve_the_bucket() -> None:
    budget, bucket = RateLimit(requests=120, burst=20), Bucket()
    for _ in range(20):
        bucket.spend(budget, 5000.0)
    assert bucket.standing(budget, 1000.0).remaining == 0
    assert bucket.standing(budget, 1010.0).remaining == 20


def test_the_window_counts_until_it_ends() -> None:
    budget, window = RateLimit(requests=2), Window()
    window.spend(budget, 70.0)
    window.spend(budget, 71.0)
    with pytest.raises(Refusal) as refusal:
        window.spend(budget, 100.0)
    assert refusal.value.headers["retry-after"] == "20"
    window.spend(budget, 120.0)


def test_multipart_keeps_bytes_and_names() -> None:
    content = random.Random(3).randbytes(5000) + b"\r\n--other\r\n"
    body = (
        b"preamble\r\n--edge\r\n"
        b'Content-Disposition: form-data; name="file_name"\r\n\r\nr\xc3\xa9sum\xc3\xa9.pdf\r\n'
        b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a b.pdf"\r\nContent-Type: application/pdf'
        b"\r\n\r\n" + content + b"\r\n--edge--\r\n"
    )
    named, file = parts(body, b"edge")
    assert (named.name, named.content.decode(), named.file_name) == ("file_name", "résumé.pdf", None)
    assert (file.content, file.file_name, file.content_type) == (content, "a b.pdf", "application/pdf")


@pytest.mark.parametrize("body", [b"", b"--edge\r\n\r\nx", b"--edge\r\nno head\r\n--edge--"])
def test_multipart_that_breaks_off_is_refused(body: bytes) -> None:
    with pytest.raises(Refusal):
        parts(body, b"edge")


def test_only_form_data_has_a_boundary_for_uploads() -> None:
    assert boundary_of('multipart/form-data; boundary="e d g e"') == b"e d g e"
    assert boundary_of("multipart/form-data") is None
    assert boundary_of("multipart/mixed; boundary=x") is None
    assert boundary_of("") is None


@pytest.mark.parametrize(("start", "end"), [(0, 200_000), (0, 0), (5, 6), (BLOCK - 1, BLOCK + 1), (70_000, 200_000)])
def test_any_stretch_of_a_made_blob_is_the_same_stretch_of_the_whole(start: int, end: int) -> None:
    blob = MadeBlob(200_000, seed=9)
    whole = b"".join(blob.read(0, blob.size))
    assert len(whole) == 200_000
    assert b"".join(blob.read(start, end)) == whole[start:end]
    assert whole[:BLOCK] != whole[BLOCK : 2 * BLOCK]


def test_no_two_changes_share_an_instant_even_while_time_stands_still() -> None:
    clock = Clock()
    clock.freeze()
    portal = Portal(clock)
    stamps = [portal.stamp() for _ in range(1000)]
    assert stamps == sorted(set(stamps))
    clock.advance(-300)
    assert portal.stamp() < stamps[0]
