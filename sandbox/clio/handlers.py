"""What each route of the API does with a checked call."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime

from sandbox.clio import writes
from sandbox.clio.answers import Answer, Refusal, forbidden, json_answer, not_found
from sandbox.clio.call import Call
from sandbox.clio.fields import Projection, projection, stub
from sandbox.clio.filters import FILTERS, select
from sandbox.clio.listing import Page, Paging, Predicate, Selection, SortKey, page_of, page_of_few, page_url
from sandbox.clio.ordering import orders
from sandbox.clio.people import matter_client, matter_contacts, related_contacts
from sandbox.clio.table import Record, Table

Handler = Callable[..., Answer]
_LIMIT, _USER_LIMIT = 200, 2000


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection of records that has a table of its own."""

    name: str
    resource: str
    needs: tuple[str, ...]
    """Permissions; relationships need Matters and Contacts [doc]."""
    shown: bool = True
    values: writes.Values | None = None
    matter_key: str | None = None
    """Where a record says which matter it belongs to: those of hidden matters are hidden, too."""
    default_order: str = "id(asc)"

    def table(self, call: Call) -> Table:
        """The firm's table. Raises Refusal (403) when a permission is missing."""
        if call.firm.denied.intersection(self.needs):
            raise forbidden()
        return call.firm.tables[self.name]

    def visible(self, call: Call, record: Record) -> bool:
        """Whether the connected user sees the record at all."""
        return self.matter_key is None or record.get(self.matter_key) not in call.firm.hidden_matters

    def find(self, call: Call, record_id: str) -> Record:
        """The record. Raises Refusal (403, 404)."""
        record = self.table(call).get(int(record_id))
        if record is None or not self.visible(call, record):
            raise not_found()
        return record

    def project(self, call: Call) -> Projection:
        """How records are cut down; redacted contacts become stubs."""
        cut = projection(self.resource, call.fields)
        if self.name == "contacts" and call.firm.hidden_contacts:
            hidden = call.firm.hidden_contacts
            return lambda firm, record: stub(record) if record["id"] in hidden else cut(firm, record)
        chosen = {int(value) for name, value in call.params if name == "custom_field_ids[]" and value.isdigit()}
        return _with_custom_fields(cut, chosen) if chosen else cut

    def listed(self, call: Call) -> Sequence[Predicate]:
        """What a record must fulfil to be in the list at all, whatever the filters."""
        hidden = self.matter_key is not None and call.firm.hidden_matters
        return [lambda record: self.visible(call, record)] if hidden else []

    def index(self, call: Call) -> Answer:
        """GET of the list."""
        table = self.table(call)
        project = self.project(call)
        selection = select(call.firm, table, FILTERS.get(self.name, {}), call.params)
        selection = Selection(selection.ids, selection.get, (*selection.predicates, *self.listed(call)))
        paging = Paging.of(dict(call.params), most=_USER_LIMIT if self.name == "users" else _LIMIT)
        page = page_of(selection, paging, orders(call.firm, self.name), self.default_order)
        return _list(call, page, project)

    def show(self, call: Call, record_id: str) -> Answer:
        """GET of one record."""
        record = self.find(call, record_id)
        return _single(call, record, self.project(call))

    def create(self, call: Call) -> Answer:
        """POST."""
        table = self.table(call)
        project = self.project(call)
        values = self._values(call, None)
        record = table.add({"id": table.next_id()} | values, call.now)
        if self.name == "relationships":
            call.firm.relate(record)
        return written(call, record, project, 201)

    def update(self, call: Call, record_id: str) -> Answer:
        """PATCH; ``If-Match`` guards against a lost update [doc]."""
        record = self.find(call, record_id)
        project = self.project(call)
        wanted = call.headers.get("if-match")
        if wanted is not None and wanted != record["etag"]:
            raise Refusal(412, "PreconditionFailed", "The record was changed since it was read.")
        self.table(call).change(record, self._values(call, record), call.now)
        return written(call, record, project, 200)

    def destroy(self, call: Call, record_id: str) -> Answer:
        """DELETE."""
        record = self.find(call, record_id)
        self.table(call).remove(record["id"])
        return Answer(204)

    def _values(self, call: Call, record: Record | None) -> Record:
        if self.values is None:
            raise not_found()
        return self.values(call, call.data(), record)


MATTERS = Collection("matters", "Matter", ("matters",), values=writes.matter_values, matter_key="id")
CONTACTS = Collection("contacts", "Contact", ("contacts",), values=writes.contact_values)
USERS = Collection("users", "User", ("users",))
COLLECTIONS = (
    MATTERS,
    CONTACTS,
    USERS,
    Collection("matter_stages", "MatterStage", ("matters",), shown=False),
    Collection("practice_areas", "PracticeArea", ("matters",), values=writes.practice_area_values),
    Collection("relationships", "Relationship", ("matters", "contacts"), values=writes.relationship_values),
)


def who_am_i(call: Call) -> Answer:
    """The connected user; works without the Users permission [seen]."""
    record = call.firm.tables["users"].get(call.user_id)
    if record is None:
        raise not_found()
    return _single(call, record, projection("User", call.fields))


def contact_list(kept: str, resource: str) -> Handler:
    """GET of a contact's phone numbers or e-mail addresses."""

    def handle(call: Call, contact_id: str) -> Answer:
        contact = CONTACTS.find(call, contact_id)
        return inline(call, contact[kept], resource, {"id": lambda record: (False, record["id"])})

    return handle


def client_of_matter(call: Call, matter_id: str) -> Answer:
    """GET /matters/{id}/client; needs Matters and Contacts [doc]."""
    CONTACTS.table(call)
    record = matter_client(call.firm, MATTERS.find(call, matter_id))
    if record is None:
        raise not_found()
    return _single(call, record, projection("Client", call.fields))


def contacts_of_matter(call: Call, matter_id: str) -> Answer:
    """GET /matters/{id}/contacts: the client and the related; ordered by ``is_client(asc)`` unless told otherwise."""
    CONTACTS.table(call)
    people = matter_contacts(call.firm, MATTERS.find(call, matter_id))
    keys = {
        "id": lambda record: (False, record["_relationship"] or 0),
        "is_client": lambda record: (False, record["is_client"]),
    }
    return inline(call, people, "MatterContacts", keys, "is_client(asc)")


def related_contacts_of_matter(call: Call, matter_id: str) -> Answer:
    """GET /matters/{id}/related_contacts."""
    CONTACTS.table(call)
    people = related_contacts(call.firm, MATTERS.find(call, matter_id))
    keys = {
        "id": lambda record: (False, record["_relationship"]),
        "contact.name": lambda record: (False, record["name"]),
    }
    return inline(call, people, "RelatedContacts", keys)


def inline(
    call: Call, records: list[Record], resource: str, keys: dict[str, SortKey], default_order: str = "id(asc)"
) -> Answer:
    """A short list that has no table."""
    project = projection(resource, call.fields)
    page = page_of_few(records, Paging.of(dict(call.params), most=_LIMIT), keys, default_order)
    return _list(call, page, project)


def _list(call: Call, page: Page, project: Projection) -> Answer:
    paging = {}
    if page.previous_token:
        paging["previous"] = page_url(call.url, call.params, page.previous_token)
    if page.next_token:
        paging["next"] = page_url(call.url, call.params, page.next_token)
    firm = call.firm
    data = [project(firm, record) for record in page.records]
    return json_answer({"data": data, "meta": {"paging": paging, "records": page.total}})


def _single(call: Call, record: Record, project: Projection) -> Answer:
    """One record, or 304 when the caller has it already [doc]."""
    headers = _validators(record)
    wanted, since = call.headers.get("if-none-match"), call.headers.get("if-modified-since")
    if wanted is not None:
        if wanted in {record["etag"], "*"}:
            return Answer(304, headers=headers)
    elif since is not None and _not_modified(record, since):
        return Answer(304, headers=headers)
    return json_answer({"data": project(call.firm, record)}, 200, headers)


def written(call: Call, record: Record, project: Projection, status: int) -> Answer:
    """The answer to a write: the record as it is now."""
    return json_answer({"data": project(call.firm, record)}, status, _validators(record))


def _validators(record: Record) -> dict[str, str]:
    return {"ETag": record["etag"], "Last-Modified": formatdate(record["_updated"], usegmt=True)}


def _not_modified(record: Record, since: str) -> bool:
    try:
        return bool(record["_updated"] <= parsedate_to_datetime(since).timestamp())
    except ValueError:
        return False


def _with_custom_fields(cut: Projection, chosen: set[int]) -> Projection:
    """Limit the custom field values that come back to those of the chosen fields [sdk]."""

    def project(firm: object, record: Record) -> Record:
        kept = record.get("_custom_field_values", [])
        fewer = [value for value in kept if value["_custom_field"]["id"] in chosen]
        return cut(firm, record | {"_custom_field_values": fewer})  # type: ignore[arg-type]

    return project
