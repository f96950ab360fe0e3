"""The people on a matter, as the three sub-endpoints of a matter show them."""

from sandbox.clio.firm import ClioFirm
from sandbox.clio.table import Record


def matter_client(firm: ClioFirm, matter: Record) -> Record | None:
    """The client of a matter."""
    client = firm.contacts.get(matter["client_id"])
    return None if client is None else client | {"is_matter_client": True}


def matter_contacts(firm: ClioFirm, matter: Record) -> list[Record]:
    """The client and the related contacts; ``relationship_name`` is ``Client`` for the client [sdk]."""
    people = []
    for contact, relationship in firm.people_of(matter):
        role = {
            "is_client": relationship is None,
            "relationship_name": "Client" if relationship is None else relationship["description"],
            "description": matter["description"],
            "matter_id": matter["id"],
            "matter_number": matter["display_number"],
            "contact_created_at": contact["created_at"],
            "contact_updated_at": contact["updated_at"],
            "_relationship": None if relationship is None else relationship["id"],
        }
        people.append(contact | role)
    return people


def related_contacts(firm: ClioFirm, matter: Record) -> list[Record]:
    """The related contacts only; ``id`` is the relationship's [assumed], ``contact_id`` the contact's."""
    people = []
    for contact, relationship in firm.people_of(matter):
        if relationship is not None:
            same = contact["id"] == matter["client_id"]
            role = {"id": relationship["id"], "contact_id": contact["id"], "is_matter_client": same}
            people.append(contact | role | {"_relationship": relationship["id"]})
    return people
