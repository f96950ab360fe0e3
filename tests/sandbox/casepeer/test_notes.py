import pytest

from sandbox.faults import FaultKind, FaultRule
from tests.sandbox.casepeer.client import refused

RECEIVED = "Received message from Case Status: Message from Case Status: Can I call at noon?"


def test_a_note_has_the_fields_of_the_contract(server, hub):  # [assumed] 6.4
    server.controls.clock.freeze()
    answer = hub.note(hub.case_id(), note=RECEIVED, external_ref="cs-msg-99120")
    assert answer.status_code == 201
    note = answer.json()
    assert note == {
        "id": note["id"],
        "case_id": hub.case_id(),
        "category": "Client",
        "note": RECEIVED,
        "createdby": "Case Status",
        "created": hub.firm.stamps.instant(hub.firm.seconds()),
        "external_ref": "cs-msg-99120",
    }
    assert hub.rows(f"case/{hub.case_id()}/notes/")[-1] == note


def test_it_is_found_by_its_reference(hub):  # [assumed] 6.4
    note = hub.note(hub.case_id(), external_ref="cs-msg-1").json()
    hub.note(hub.case_id(), external_ref="cs-msg-2")
    hub.note(hub.case_id(1), external_ref="cs-msg-1")
    assert hub.rows(f"case/{hub.case_id()}/notes/", external_ref="cs-msg-1") == [note]
    assert len(hub.rows("case/notes/", external_ref="cs-msg-1")) == 2
    assert hub.rows(f"case/{hub.case_id()}/notes/", external_ref="cs-msg-3") == []


def test_references_are_not_unique(hub):  # [assumed] 6.4
    for _ in range(2):
        assert hub.note(hub.case_id(), external_ref="cs-msg-1").status_code == 201
    assert len(hub.rows(f"case/{hub.case_id()}/notes/", external_ref="cs-msg-1")) == 2


def test_a_lost_answer_leaves_the_note_to_be_found(server, hub):  # [assumed] 6.6
    server.controls.faults.add(FaultRule("casepeer", FaultKind.CUT_AFTER, method="POST", path="*/notes/"))
    with pytest.raises(Exception, match="disconnected"):
        hub.note(hub.case_id(), external_ref="cs-msg-1")
    assert len(hub.rows(f"case/{hub.case_id()}/notes/", external_ref="cs-msg-1")) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("note", None),
        ("note", " \n"),
        ("note", "x" * 10_001),
        ("note", 7),
        ("category", "Nonsense"),
        ("external_ref", "x" * 101),
        ("external_ref", 99120),
    ],
)
def test_a_bad_field_is_named(hub, field, value):  # [assumed] 6.2, 6.4
    assert refused(hub.note(hub.case_id(), **{field: value})) == [field]
    assert hub.firm.notes.new() == []


def test_ten_thousand_characters_are_fine(hub):  # [assumed] 6.4
    assert hub.note(hub.case_id(), note="é" * 10_000).json()["note"] == "é" * 10_000


def test_an_unknown_case_takes_none(hub):
    assert hub.note(7).status_code == 404


def test_text_may_be_html_when_it_is_read(hub):  # [seen] 3.2
    hub.note(hub.case_id(), note="a < b &\nc")
    hub.change("/switches", notes_as_html=True)
    assert hub.rows(f"case/{hub.case_id()}/notes/")[-1]["note"] == "<p>a &lt; b &amp;<br>c</p>"
    seeded = [note["note"] for note in hub.rows("case/notes/", page_size=200)]
    assert any(text.startswith("<p>Client called") for text in seeded)


def test_firm_wide_with_the_names_of_the_cases(hub):  # [seen] 3.1
    hub.note(hub.case_id(), note="newest")
    last = hub.body("case/notes/", page_size=1)["count"]
    (row,) = hub.rows("case/notes/", page_size=1, page=last)
    assert (row["note"], row["casename"]) == ("newest", hub.case(hub.case_id())["_casename"])


def test_who_wrote_it(hub):
    path = f"/case/{hub.case_id()}/notes/"
    assert hub.office.post(path, json={"note": "x"}).json()["createdby"] == hub.firm.seed.staff.admin.name
    note = hub.change("/notes", case_id=hub.case_id(), text="y", author="Ruth Pike", category="Medical")
    assert (note["createdby"], note["category"], note["external_ref"]) == ("Ruth Pike", "Medical", "")
    assert [row["note"] for row in hub.control.get("/notes").json()] == ["x", "y"]


def test_a_note_touches_the_case_and_moves_it_only_when_switched_on(server, hub):
    (case_id,) = hub.open_ids(1)
    server.controls.clock.freeze()
    before = hub.case(case_id)
    hub.note(case_id)
    touched = hub.case(case_id)
    today = hub.firm.stamps.day(hub.firm.stamps.today(hub.firm.seconds()))
    assert touched == before | {"last_touched": today}
    hub.change("/switches", note_moves_case=True)
    hub.note(case_id)
    assert hub.case(case_id)["version"] == before["version"] + 1
