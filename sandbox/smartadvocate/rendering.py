"""Records as the API answers them; names are spelled as the vendor spells them, however odd [doc][seen]."""

from collections.abc import Iterable
from typing import Any
from zlib import crc32

from sandbox.smartadvocate.firm import FirmRecords
from sandbox.smartadvocate.records import ORGANISATION, Case, Contact, Document, Note, Party, StaffRow, own_contact_id

_DIRECTIONS = {1: "Incoming", 2: "Outgoing", 3: "Memo"}
_OFFICE = {"officeID": 1, "officeName": "Main Office"}


def case_summaries(firm: FirmRecords, case_ids: Iterable[int]) -> list[dict[str, Any]]:
    """The rows of a list of cases [assumed]."""
    stamps = firm.stamps
    rows = ((case_id, *firm.headline(case_id)) for case_id in case_ids)
    return [
        {"caseID": case_id, "caseNumber": number, "modifiedDate": stamps.instant(modified)}
        for case_id, number, modified in rows
    ]


def case_json(firm: FirmRecords, case: Case, *, contacts: bool) -> dict[str, Any]:
    """A case; plaintiffs have their ``contact`` only when it was asked for [seen, link inferred]."""
    stamps = firm.stamps
    return {
        "caseID": case.id,
        "caseNumber": case.number,
        "caseName": case.name,
        "caseGroupID": case.group_id,
        "caseGroup": case.group,
        "caseTypeID": case.type_id,
        "caseType": case.type,
        "caseStatusID": case.status_id,
        "caseStatus": case.status,
        "caseStatusFrom": stamps.instant(case.status_since),
        "caseOpenedDate": stamps.day(case.opened),
        "wantedAcceptedDate": stamps.day(case.opened),
        "caseClosedDate": stamps.day(case.closed),  # the name is [assumed], that there is one is [doc-3p]
        **_OFFICE,
        "incident": _incident(firm, case),
        "plaintiffs": [_plaintiff(firm, party, contacts=contacts) for party in case.plaintiffs],
        "defendant": [
            {"id": 3_300 + place, "name": name, "role": "(D)-Defendant", "primary": place == 0}
            for place, name in enumerate(case.defendants)
        ],
        "caseStaff": [staff_json(firm, row) for row in case.staff],
        "secondStatuses": [
            {
                "statusID": status.id,
                "fromDate": stamps.instant(status.since),
                "statusTypeName": status.type_name,
                "statusName": status.name,
            }
            for status in case.sub_statuses
        ],
        "createdDate": stamps.instant(case.created),
        "modifiedDate": stamps.instant(case.modified),
    }


def staff_json(firm: FirmRecords, row: StaffRow) -> dict[str, Any]:
    """Somebody of the firm in a role, under the label this firm gave the role."""
    shown = {
        "uniqueContactId": row.unique_contact_id,
        "userID": row.user_id,
        "firstName": row.first_name,
        "lastName": row.last_name,
        "email": row.email,
        "role": firm.staff_labels.get(row.role, row.role),
        "phone": row.phone,
    }
    return shown | ({"toDate": row.to_date} if row.to_date else {})


def contact_json(firm: FirmRecords, contact: Contact) -> dict[str, Any]:
    """A contact with addresses, phones and e-mails."""
    stamps = firm.stamps
    created, modified = stamps.instant(contact.created), stamps.instant(contact.modified)
    times = {"preventAutoContact": False, "createdDate": created, "modifiedDate": modified}
    organisation = contact.category == ORGANISATION
    return {
        "contactId": contact.id,
        "uniqueContactId": contact.unique_id,
        "contactCtg": contact.category,
        "firstName": contact.first_name,
        "middleName": "",
        "lastName": contact.last_name,
        "name": contact.name if organisation else contact.display_name,
        "prefix": "",
        "suffix": "",
        "nickName": "",
        "contactTypeId": contact.category,
        "contactType": "Business" if organisation else "Individual",
        "dateOfBirth": stamps.day(contact.date_of_birth),
        "primaryLanguage": "English",
        "active": True,
        "preventAutoContact": False,
        "preventMailing": False,
        "phones": [
            {
                "phoneID": contact.id * 10 + place,
                "name": phone.label,
                "phoneNumber": phone.number,
                "primary": phone.primary,
                "useForTexting": phone.texting,
                **times,
            }
            for place, phone in enumerate(contact.phones)
        ],
        "emails": [
            {"emailID": contact.id * 10 + place, "name": email.address, "primary": email.primary, **times}
            for place, email in enumerate(contact.emails)
        ],
        "addresses": [
            {
                "addressID": contact.id * 10,
                "address1": f"{contact.id % 900 + 10} Elm St",
                "city": "Columbus",
                "state": "OH",
                "zip": "43004",
                "primary": True,
            }
        ],
        "createdDate": created,
        "modifiedDate": modified,
    }


def party_rows(firm: FirmRecords, case: Case) -> list[dict[str, Any]]:
    """All contacts of a case with their roles; the shape is [assumed]: a plaintiff row that always has its contact."""
    return [_plaintiff(firm, party, contacts=True) for party in (*case.plaintiffs, *case.others)]


def note_json(firm: FirmRecords, note: Note) -> dict[str, Any]:
    """A note."""
    stamps, case = firm.stamps, firm.cases.get(note.case_id)
    return {
        "noteID": note.id,
        "caseID": note.case_id,
        "caseNumber": case.number if case else "",
        "noteTypeID": note.type_id,
        "noteTypeName": firm.note_types.names[note.type_id],
        "noteText": note.text,
        "uniqueContactId": note.author_contact_id,
        "uniqueContactName": note.author,
        "priority": note.priority,
        "userID": note.user_id,
        "noteDate": stamps.instant(note.noted),
        "createdDate": stamps.instant(note.created),
        "modifiedDate": stamps.instant(note.modified),
        "subject": note.subject,
        "isSharedinCP": note.shared,
        "isSharedWithAll": note.shared_with_all,
    }


def document_json(firm: FirmRecords, document: Document) -> dict[str, Any]:
    """What is known of a document without its bytes."""
    stamps, case = firm.stamps, firm.cases.get(document.case_id)
    return {
        "documentID": document.id,
        "caseDocumentID": document.number,
        "caseID": document.case_id,
        "caseNumber": case.number if case else "",
        "documentName": document.name,
        "docType": document.name.rpartition(".")[2].lower(),
        "categoryID": document.category_id,
        "categoryName": firm.document_categories.names.get(document.category_id, ""),
        "subCategoryID": document.sub_category_id,
        "subCategoryName": "",
        "description": document.description,
        "comments": document.comments,
        "documentFolder": document.folder,
        "documentDate": stamps.instant(document.dated),
        "documentDirection": document.direction,
        "directionName": _DIRECTIONS.get(document.direction, ""),
        "priority": 2,
        "priorityName": "Normal",
        "attachFlag": False,
        "isReviewed": False,
        "deleteFlag": document.deleted,
        "isSharedInPortal": document.shared,
        "isSharedWithEveryoneInPortal": False,
        "createdUserID": document.user_id,
        "createdDate": stamps.instant(document.created),
        "modifiedUserID": None,
        "modifiedDate": stamps.instant(document.modified),
    }


def _incident(firm: FirmRecords, case: Case) -> dict[str, Any] | None:
    if case.incident is None:
        return None
    return {
        "incidentDate": firm.stamps.day(case.incident.day),
        "state": case.incident.state,
        "incidentFacts": case.incident.facts,
        "comments": "",
        "mergedFacts": "",
    }


def _plaintiff(firm: FirmRecords, party: Party, *, contacts: bool) -> dict[str, Any]:
    contact = firm.contacts.get(own_contact_id(party.contact_id))
    return {
        "id": party.id,
        "name": contact.display_name if contact else "",
        "roleID": crc32(party.role.encode()) % 90 + 1,
        "role": party.role,
        "contactID": contact.unique_id if contact else party.contact_id,
        "primary": party.primary,
        "primaryContact": party.primary_contact,
        "client": party.client,
        "group": None,
        "missing": False,
        "markedAsRemoved": party.removed,
        "comments": None,
        "tableType": 1,
        "contact": contact_json(firm, contact) if contact and contacts else None,
    }
