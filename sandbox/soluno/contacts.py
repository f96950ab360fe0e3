"""Handlers of contacts, clients and vendors alike [assumed]: 7.4."""

from typing import Any

from sandbox.soluno.call import Call
from sandbox.soluno.fields import Fields
from sandbox.soluno.paging import changed, referenced
from sandbox.soluno.records import KINDS, Contact
from sandbox.soluno.refusals import conflict, malformed
from sandbox.soluno.rendering import contact_json
from sandbox.soluno.rules import found, free_reference

_LONGEST_NUMBER, _LONGEST_NAME = 20, 120
Rendered = dict[str, Any]


def contacts(call: Call) -> Rendered:
    """GET Contacts?Search=&ContactNumber=&Kind=&ExternalReference=: a search looks into names, numbers and e-mails."""
    search, number, kind = (call.query.get(name, "") for name in ("Search", "ContactNumber", "Kind"))
    if kind not in {"", *KINDS}:
        raise malformed("Kind", f"Kind is {' or '.join(KINDS)}.")
    chosen = [
        contact
        for contact in referenced(call, call.books.contacts)
        if number in {"", contact.number} and kind in {"", contact.kind} and _matches(contact, search.strip().lower())
    ]
    return changed(call, chosen, contact_json)


def one_contact(call: Call) -> Rendered:
    """GET Contacts/{id}. Raises Refused (404)."""
    return contact_json(found(call.books.contacts, call.numbers[0], "contact"))


def add_contact(call: Call) -> Rendered:
    """POST Contacts. Raises Refused."""
    fields, books = call.fields(), call.books
    kind, last_name = fields.word("Kind", KINDS), fields.text("LastName", longest=_LONGEST_NAME)
    first_name, email = fields.optional_text("FirstName", longest=_LONGEST_NAME), fields.optional_text("Email")
    number = _number(fields)
    reference = free_reference(call, fields, books.contacts)
    if number is not None and any(contact.number == number for contact in books.contacts.every()):
        raise conflict("NumberInUse", "There is a contact with this number.", "ContactNumber")
    number = number or books.next_contact_number()
    contact_id = books.contacts.next_id()
    contact = Contact(contact_id, number, kind, first_name, last_name, email, call.now, reference)
    return contact_json(books.add_contact(contact))


def change_contact(call: Call) -> Rendered:
    """PATCH Contacts/{id}: names and e-mail; what is not given stays. Raises Refused."""
    fields, books = call.fields(), call.books
    contact = found(books.contacts, call.numbers[0], "contact")
    require_version(fields, contact.version)
    values = {
        "first_name": fields.optional_text("FirstName", longest=_LONGEST_NAME) or contact.first_name,
        "last_name": fields.optional_text("LastName", longest=_LONGEST_NAME) or contact.last_name,
        "email": fields.optional_text("Email") or contact.email,
    }
    books.contacts.change(contact, moment=call.now, version=contact.version + 1, **values)
    return contact_json(contact)


def require_version(fields: Fields, version: int) -> None:
    """See that a change was made to what there is now. Raises Refused (409)."""
    if fields.number("Version") != version:
        raise conflict("VersionMismatch", "It has changed meanwhile.", "Version", details={"Version": version})


def _number(fields: Fields) -> str | None:
    """A chosen number: neither a star nor a space in it [help]."""
    number = fields.optional_text("ContactNumber", longest=_LONGEST_NUMBER)
    if number is not None and ("*" in number or " " in number):
        raise malformed("ContactNumber", "ContactNumber has neither * nor spaces.")
    return number


def _matches(contact: Contact, search: str) -> bool:
    return any(search in (text or "").lower() for text in (contact.display_name, contact.number, contact.email))
