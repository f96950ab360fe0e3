import pytest

from sandbox.faults import FaultKind, FaultRule
from tests.sandbox.smartadvocate.client import EVERYTHING, problem


def test_a_note_has_the_fields_of_the_vendors_sample(hub):
    hub.firm.write_note(hub.case_id(), "Please send the <strong>ER bill</strong>.")
    assert list(hub.rows(f"case/{hub.case_id()}/notes")[0]) == [
        *("noteID", "caseID", "caseNumber", "noteTypeID", "noteTypeName", "noteText", "uniqueContactId"),
        *("uniqueContactName", "priority", "userID", "noteDate", "createdDate", "modifiedDate", "subject"),
        *("isSharedinCP", "isSharedWithAll"),
    ]


def test_by_id_and_by_number_newest_first(hub):
    first, second = (hub.firm.write_note(hub.case_id(), text).id for text in ("one", "two"))
    notes = hub.rows(f"case/{hub.case_id()}/notes")
    assert [note["noteID"] for note in notes[:2]] == [second, first]
    assert hub.rows("case/notes/byCaseNumber", CaseNumber=notes[0]["caseNumber"]) == notes
    assert hub.rows(f"case/note/{second}") == notes[0]


def test_a_case_without_notes_has_an_empty_list_or_a_404(hub):
    case_id = next(case for case in hub.firm.seed.matter_ids if not hub.firm.notes_of(case))
    assert hub.rows(f"case/{case_id}/notes") == []
    hub.firm.switches.none_is_404 = True
    assert hub.get(f"case/{case_id}/notes").status_code == 404


def test_unknown_cases_and_notes_are_404s(hub):
    assert hub.get("case/1/notes").status_code == 404
    assert hub.get("case/note/1").status_code == 404
    assert hub.note(1).status_code == 404


def test_a_note_of_staff_is_theirs(hub):
    case_id = hub.case_id(1)
    attorney = hub.case(case_id)["caseStaff"][0]
    note = hub.control.post("/notes", json={"case_id": case_id, "text": "Call <b>me</b>"}).json()
    assert note in hub.rows(f"case/{case_id}/notes")
    assert (note["noteTypeName"], note["isSharedinCP"], note["modifiedDate"]) == ("Plaintiff", True, None)
    assert (note["userID"], note["uniqueContactId"]) == (attorney["userID"], attorney["uniqueContactId"])
    assert note["uniqueContactName"] == f"{attorney['lastName']}, {attorney['firstName']}"
    assert note["noteDate"].endswith(":00Z")


def test_sharing_ticked_later_changes_modified_and_not_created(server, hub):
    note = hub.firm.write_note(hub.case_id(), "later", shared=False)
    before = hub.rows(f"case/note/{note.id}")
    server.controls.clock.advance(3600)
    for shared in (True, False):
        after = hub.control.post(f"/notes/{note.id}", json={"shared": shared}).json()
        assert (after["isSharedinCP"], after["createdDate"]) == (shared, before["createdDate"])
    assert after["modifiedDate"] is not None


def test_an_old_seeded_note_can_be_shared_too(hub):
    note = next(note for index in range(40) for note in hub.firm.notes_of(hub.case_id(index)) if not note.shared)
    hub.firm.share_note(note.id)
    assert hub.rows(f"case/note/{note.id}")["isSharedinCP"] is True


class TestInsert:
    def test_the_answer_is_the_stored_note(self, hub):
        answer = hub.note(hub.case_id())
        assert answer.status_code == 200
        note = answer.json()
        assert note == hub.rows(f"case/{hub.case_id()}/notes")[0]
        assert (note["userID"], note["uniqueContactName"]) == (677, "Admin, Hub")
        assert (note["subject"], note["noteText"]) == ("Case Status Message", "Dana: done<br>today.")
        assert (note["noteDate"], note["isSharedinCP"], note["priority"]) == ("2026-02-13T18:22:00Z", False, "Normal")

    @pytest.mark.parametrize(("kind", "shape"), [("id", int), ("object", dict)])
    def test_or_less_than_that(self, hub, kind, shape):
        hub.firm.switches.insert_answer = kind
        answer = hub.note(hub.case_id()).json()
        assert isinstance(answer, shape)
        assert hub.firm.notes.new()[0].id == (answer if kind == "id" else answer["noteID"])

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("noteTypeID", 1),
            ("noteTypeID", ...),
            ("noteText", ""),
            ("noteText", "<p>&nbsp;</p>"),
            ("noteText", 7),
            ("noteText", ...),
            ("noteDate", "today"),
            ("caseID", 7),
            ("isSharedinCP", "yes"),
        ],
    )
    def test_a_bad_field_is_named(self, hub, field, value):
        assert problem(hub.note(hub.case_id(), **{field: value})) == [field]
        assert hub.firm.notes.new() == []

    def test_a_body_that_is_no_object(self, hub):
        for content in (b"{", b"[]", b""):
            assert problem(hub.call("POST", f"case/{hub.case_id()}/notes", content=content)) == ["$"]

    def test_the_limited_user_may_not(self, limited):
        assert limited.note(limited.case_id()).status_code == 403
        assert limited.note(limited.case_id(1)).status_code == 403

    def test_it_can_be_denied_to_the_admin(self, hub):
        hub.control.post("/users/hub_admin", json={"denied": ["insert_note"]})
        assert hub.note(hub.case_id()).status_code == 403

    def test_a_lost_answer_leaves_the_note(self, server, hub):
        path = f"/harrow-pike/CaseSyncAPI/case/{hub.case_id()}/notes"
        server.controls.faults.add(FaultRule("smartadvocate", FaultKind.CUT_AFTER, method="POST", path=path))
        with pytest.raises(Exception, match="disconnected"):
            hub.note(hub.case_id())
        assert len(hub.firm.notes.new()) == 1


class TestWhatMovesACase:
    def modified(self, hub):
        return hub.case(hub.case_id())["modifiedDate"]

    def test_a_note_does_unless_switched_off(self, server, hub):
        before = self.modified(hub)
        hub.firm.switches.note_moves_case = False
        hub.note(hub.case_id())
        assert self.modified(hub) == before
        hub.firm.switches.note_moves_case = True
        note = hub.note(hub.case_id()).json()
        assert self.modified(hub) == note["createdDate"]
        server.controls.clock.advance(60)
        hub.firm.share_note(note["noteID"])
        assert self.modified(hub) == hub.rows(f"case/note/{note['noteID']}")["modifiedDate"]

    def test_a_moved_case_is_found_where_it_moved_to(self, server, hub):
        hub.between("case")
        note = hub.note(hub.case_id()).json()
        rows = hub.between("case", modifiedFromDateTime=note["createdDate"]).json()["cases"]
        assert [row["caseID"] for row in rows] == [hub.case_id()]

    def test_staff_and_contacts_do_not_unless_switched_on(self, server, hub):
        staff = [(hub.firm.seed.users[1].id, "Primary Attorney")]
        before = self.modified(hub)
        hub.firm.update_case(hub.case_id(), staff=staff)
        hub.firm.update_contact(50_001, first_name="Dana")
        hub.firm.file_document(hub.case_id(), "x.pdf", b"x")
        assert self.modified(hub) == before
        hub.firm.switches.staff_moves_case = True
        hub.firm.update_case(hub.case_id(), staff=staff)
        moved = self.modified(hub)
        assert moved != before
        server.controls.clock.advance(1)
        hub.firm.switches.contact_moves_case = True
        hub.firm.update_contact(50_001, first_name="Dana")
        assert self.modified(hub) != moved

    def test_a_status_does_unless_switched_off(self, hub):
        before = self.modified(hub)
        hub.firm.switches.status_moves_case = False
        hub.firm.update_case(hub.case_id(), status="Demand")
        assert self.modified(hub) == before
        hub.firm.switches.status_moves_case = True
        hub.firm.update_case(hub.case_id(), status="Demand")
        assert self.modified(hub) != before


class TestByDate:
    def test_it_does_not_exist_by_default(self, hub):
        assert hub.between("case/notes").status_code == 404

    def test_notes_made_or_edited_in_a_window(self, server, hub):
        hub.firm.switches.notes_by_date = True
        server.controls.clock.freeze()
        since = {"modifiedFromDateTime": hub.firm.stamps.instant(hub.firm.milliseconds())}
        old = hub.firm.filings.note_ids(3)[0]
        hub.firm.share_note(old)
        new = hub.note(hub.case_id()).json()["noteID"]
        answer = hub.between("case/notes", **since).json()
        assert [note["noteID"] for note in answer["notes"]] == [old, new]
        everything = hub.call("POST", "case/notes/byDatePaged", json=EVERYTHING).json()
        assert everything["pageRequest"]["totalRecords"] == len(hub.firm.notes.ids())
