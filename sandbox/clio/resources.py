"""Clio's resources as ``fields`` knows them: base fields, and associations with the resource they lead to [sdk].

An association that the sandbox keeps no data for is still a valid name; it answers ``null`` (``[]`` when it is a list).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.clio.communications import participants
from sandbox.clio.folders import folder, matter_folder
from sandbox.clio.table import Record

if TYPE_CHECKING:
    from sandbox.clio.firm import ClioFirm


@dataclass(frozen=True, slots=True)
class Association:
    """A nested record or list of them. ``resource`` is a key of RESOURCES; None: any field name is taken."""

    find: Callable[["ClioFirm", Record], Any]
    resource: str | None = None
    visible: Callable[["ClioFirm", Record], bool] | None = None
    """Whether the connected user may see a found record; otherwise it is redacted to a stub."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource: its name, base fields and associations."""

    name: str
    base: frozenset[str]
    associations: Mapping[str, Association]


def _one(table: str, link: str) -> Callable[["ClioFirm", Record], Any]:
    def find(firm: "ClioFirm", record: Record) -> Any:
        target = record.get(link)
        return None if target is None else firm.tables[table].get(target)

    return find


def _kept(key: str) -> Callable[["ClioFirm", Record], Any]:
    return lambda _firm, record: record.get(key, [])


def _user(link: str) -> Association:
    return Association(_one("users", link), "User")


def _nothing(names: str) -> dict[str, Association]:
    return {name: Association(lambda _firm, _record: None) for name in names.split()}


def _no_list(names: str) -> dict[str, Association]:
    return {name: Association(lambda _firm, _record: []) for name in names.split()}


def _contact(find: Callable[["ClioFirm", Record], Any]) -> Association:
    return Association(find, "Contact", lambda firm, record: firm.may_see_contact(record["id"]))


def _matter(link: str) -> Association:
    return Association(
        _one("matters", link),
        "Matter",
        lambda firm, record: "matters" not in firm.denied and record["id"] not in firm.hidden_matters,
    )


def _people(link: str) -> Association:
    return Association(
        lambda firm, record: participants(firm, record[link]),
        "Participant",
        lambda firm, person: person["type"] == "User" or firm.may_see_contact(person["id"]),
    )


def _documents_of(firm: "ClioFirm", record: Record) -> list[Record]:
    """The documents on a communication; uploads that wait for their bytes and trashed ones are not shown [assumed]."""
    found = (firm.documents.get(number) for number in firm.documents.having(("communication", record["id"])))
    return [kept for kept in found if kept is not None and kept["_completed"] and kept["deleted_at"] is None]


def _creator(firm: "ClioFirm", record: Record) -> Record | None:
    user = firm.tables["users"].get(record["_creator"])
    return None if user is None else user | {"type": "ManageUser"}


def _resource(name: str, base: str, associations: dict[str, Association] | None = None) -> Resource:
    return Resource(name, frozenset(f"id etag created_at updated_at {base}".split()), associations or {})


_CONTACT_LISTS = {
    "phone_numbers": Association(_kept("_phone_numbers"), "PhoneNumber"),
    "email_addresses": Association(_kept("_email_addresses"), "EmailAddress"),
    "addresses": Association(_kept("_addresses"), "Address"),
    "custom_field_values": Association(_kept("_custom_field_values"), "CustomFieldValue"),
    "company": _contact(_one("contacts", "_company")),
    **_nothing("avatar primary_address primary_web_site secondary_address"),
    **_no_list("web_sites"),
}
_PERSON = (
    "name first_name middle_name last_name prefix title initials type client_connect_user_id "
    "primary_email_address primary_phone_number"
)

RESOURCES: dict[str, Resource] = {
    resource.name: resource
    for resource in (
        _resource(
            "Matter",
            "number display_number custom_number description status location client_reference client_id billable "
            "billing_method maildrop_address open_date close_date pending_date shared has_tasks last_activity_date "
            "matter_stage_updated_at require_utbms_codes",
            {
                "client": _contact(_one("contacts", "client_id")),
                "matter_stage": Association(_one("matter_stages", "_matter_stage"), "MatterStage"),
                "practice_area": Association(_one("practice_areas", "_practice_area"), "PracticeArea"),
                "responsible_attorney": _user("_responsible_attorney"),
                "originating_attorney": _user("_originating_attorney"),
                "responsible_staff": _user("_responsible_staff"),
                "user": _user("_user"),
                "relationships": Association(lambda firm, record: firm.relationships_of(record["id"]), "Relationship"),
                "custom_field_values": Association(_kept("_custom_field_values"), "CustomFieldValue"),
                "folder": Association(lambda firm, record: folder(firm, matter_folder(record["id"])), "Folder"),
                **_nothing(
                    "group statute_of_limitations custom_rate contingency_fee matter_budget currency "
                    "evergreen_retainer attorney_allocation legal_aid_uk_matter"
                ),
                **_no_list(
                    "account_balances matter_bill_recipients split_invoice_payers task_template_list_instances "
                    "kyc_field_values custom_field_set_associations"
                ),
            },
        ),
        _resource(
            "Contact",
            f"{_PERSON} date_of_birth is_client is_co_counsel is_bill_recipient secondary_email_address "
            "secondary_phone_number ledes_client_id sales_tax_number clio_connect_email has_clio_for_clients_permission "
            "is_clio_for_client_user locked_clio_connect_email require_utbms_codes",
            {
                **_CONTACT_LISTS,
                **_nothing("co_counsel_rate currency folder legal_aid_uk_contact payment_profile primary_work_address"),
                **_no_list(
                    "account_balances activity_rates custom_field_set_associations instant_messengers "
                    "kyc_field_values notification_methods related_contacts"
                ),
            },
        ),
        _resource("Client", f"{_PERSON} date_of_birth is_matter_client", _CONTACT_LISTS),
        _resource(
            "MatterContacts",
            f"{_PERSON} contact_created_at contact_updated_at description is_client matter_id matter_number "
            "relationship_name secondary_email_address secondary_phone_number",
            {
                **_CONTACT_LISTS,
                "relationship": Association(_one("relationships", "_relationship"), "Relationship"),
                **_nothing("secondary_web_site"),
            },
        ),
        _resource(
            "RelatedContacts",
            f"{_PERSON} contact_id is_matter_client",
            {
                **_CONTACT_LISTS,
                "relationship": Association(_one("relationships", "_relationship"), "Relationship"),
                **_nothing("secondary_web_site"),
            },
        ),
        _resource(
            "User",
            "name first_name last_name initials email phone_number enabled account_owner clio_connect roles "
            "subscription_type time_zone locale rate default_calendar_id court_rules_default_attendee",
            {
                "account": Association(lambda firm, _record: firm.account, "Account"),
                **_nothing("avatar contact default_activity_description job_title"),
                **_no_list("groups notification_methods"),
            },
        ),
        _resource("Account", "name address city province postal_code country phone fax state"),
        _resource("MatterStage", "name order practice_area_id"),
        _resource("PracticeArea", "name code category"),
        _resource(
            "Relationship",
            "description",
            {
                "contact": _contact(_one("contacts", "_contact")),
                "matter": Association(_one("matters", "_matter"), "Matter"),
            },
        ),
        _resource(
            "Communication",
            "subject body type date received_at time_entries_count",
            {
                "matter": _matter("_matter"),
                "user": _user("_user"),
                "senders": _people("_senders"),
                "receivers": _people("_receivers"),
                "external_properties": Association(_kept("_external_properties"), "ExternalProperty"),
                "notification_event_subscribers": Association(_kept("_subscribers"), "NotificationEventSubscriber"),
                "documents": Association(
                    _documents_of, "Document", lambda firm, _record: "documents" not in firm.denied
                ),
                **_nothing("communication_eml_file"),
                **_no_list("time_entries"),
            },
        ),
        _resource(
            "Participant",
            "name type identifier secondary_identifier initials job_title_name enabled",
            _nothing("avatar"),
        ),
        _resource("ExternalProperty", "name value"),
        _resource("NotificationEventSubscriber", "user_id name"),
        _resource(
            "Document",
            "name type filename content_type size locked received_at deleted_at",
            {
                "parent": Association(lambda firm, record: folder(firm, record["_parent"]), "Folder"),
                "matter": _matter("_matter"),
                "contact": _contact(_one("contacts", "_contact")),
                "creator": Association(_creator, "Creator"),
                "external_properties": Association(_kept("_external_properties"), "ExternalProperty"),
                "latest_document_version": Association(
                    lambda _firm, record: record.get("_latest", record["_versions"][-1]), "DocumentVersion"
                ),
                **_nothing("document_category group"),
            },
        ),
        _resource(
            "DocumentVersion",
            "document_id uuid filename size content_type version_number fully_uploaded received_at put_url",
            {
                "put_headers": Association(_kept("put_headers"), "PutHeader"),
                "creator": Association(_creator, "Creator"),
                **_no_list("multiparts"),
            },
        ),
        Resource("PutHeader", frozenset({"name", "value"}), {}),
        _resource(
            "Creator",
            "account_owner clio_connect court_rules_default_attendee default_calendar_id email enabled first_name "
            "initials last_name name phone_number rate roles subscription_type time_zone type",
        ),
        _resource("Folder", "name type root locked deleted_at", {"matter": _matter("_matter")}),
        _resource("PhoneNumber", "name number primary"),
        _resource("EmailAddress", "name address primary"),
        _resource("Address", "name street city province postal_code country primary"),
        _resource(
            "CustomFieldValue",
            "field_name field_type value soft_deleted field_display_order field_displayed field_required",
            {
                "custom_field": Association(lambda _firm, record: record["_custom_field"], "CustomField"),
                **_nothing("contact matter picklist_option"),
            },
        ),
        _resource("CustomField", "name field_type parent_type required displayed display_order deleted"),
    )
}
