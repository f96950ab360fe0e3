"""Root folders of matters and contacts: the only ones there are; their ids follow from what they belong to."""

from typing import TYPE_CHECKING

from sandbox.clio.table import Record

if TYPE_CHECKING:
    from sandbox.clio.firm import ClioFirm

_OF_MATTERS, _OF_CONTACTS, _ROOM = 100_000_000_000, 200_000_000_000, 100_000_000_000


def matter_folder(matter_id: int) -> int:
    """The id of a matter's root folder."""
    return _OF_MATTERS + matter_id


def contact_folder(contact_id: int) -> int:
    """The id of a contact's root folder."""
    return _OF_CONTACTS + contact_id


def place_of(folder_id: int) -> Record:
    """Where a document in this folder belongs: the links of its record."""
    kind, identity = divmod(folder_id, _ROOM)
    return {
        "_parent": folder_id,
        "_matter": identity if kind == _OF_MATTERS // _ROOM else None,
        "_contact": identity if kind == _OF_CONTACTS // _ROOM else None,
    }


def folder(firm: "ClioFirm", folder_id: int) -> Record | None:
    """The folder, or None when its matter or contact is not there."""
    place = place_of(folder_id)
    owner = None
    if place["_matter"] is not None:
        owner = firm.matters.get(place["_matter"])
    elif place["_contact"] is not None:
        owner = firm.contacts.get(place["_contact"])
    if owner is None:
        return None
    return {
        "id": folder_id,
        "etag": f'"{folder_id:x}"',
        "name": owner.get("display_number") or owner.get("name"),
        "type": "Folder",
        "root": True,
        "locked": False,
        "deleted_at": None,
        "created_at": owner["created_at"],
        "updated_at": owner["created_at"],
        "_matter": place["_matter"],
        "_contact": place["_contact"],
    }
