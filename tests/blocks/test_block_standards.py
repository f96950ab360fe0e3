"""What every block owes the people who fill in its form."""

import ast
import asyncio
import inspect
import re
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from prefect.blocks.core import Block
from pydantic import SecretStr, ValidationError

from blocks.firm import Firm
from blocks.forms import Form
from blocks.soluno import SolunoCredentials
from deployments.register import BLOCK_TYPES, register_blocks
from domain.firm import FirmRules
from tasks.firms import load_firm, unreadable_block
from tasks.fleet import load_fleet
from tasks.relay.streams import STREAMS
from tests.blocks import samples
from tests.flows.processes import PrefectServer

SLUGS = {
    "clio-credentials", "smartadvocate-credentials", "casepeer-credentials", "case-status-credentials", "soluno-credentials",
    "firm", "operators-mail",
}  # fmt: skip
"""Stored blocks are found by these: renaming one orphans every block of that type."""
META = {"_block_document_id", "_block_document_name", "_is_anonymous", "block_type_slug"}
"""What Prefect adds to a stored block."""

each_type = pytest.mark.parametrize("block_type", BLOCK_TYPES, ids=lambda block_type: block_type.__name__)


def test_slugs_never_change() -> None:
    assert {block_type.get_block_type_slug() for block_type in BLOCK_TYPES} == SLUGS


@each_type
def test_the_type_explains_itself(block_type: type[Block]) -> None:
    assert (block_type.get_description() or "").endswith(".")
    assert block_type._logo_url is not None
    assert str(block_type._logo_url).startswith("https://")
    assert block_type.get_block_type_name()[0].isupper()


@each_type
def test_the_schema_that_is_kept_is_the_one_that_prefect_makes_and_nobody_can_spoil_it(block_type: type[Block]) -> None:
    made = super(Form, block_type).model_json_schema()
    block_type.model_json_schema()["properties"].clear()
    assert block_type.model_json_schema() == made
    assert block_type.model_json_schema(by_alias=False)["properties"].keys() == block_type.model_fields.keys()


@each_type
def test_every_field_has_a_title_and_a_sentence(block_type: type[Block]) -> None:
    for name, field in block_type.model_fields.items():
        assert field.title, name
        assert field.title != name
        assert field.description, name
        assert field.description.endswith("."), name


@each_type
def test_secrets_are_secret(block_type: type[Block]) -> None:
    for name, field in block_type.model_fields.items():
        secret = re.search("secret|token|password|answer|_key$", name) is not None
        assert (SecretStr in (field.annotation, *getattr(field.annotation, "__args__", ()))) == secret, name


@pytest.fixture(scope="module")
def one_of_each(prefect_server: PrefectServer) -> None:
    """A block of each type under the name that the examples use."""

    async def save() -> None:
        await samples.save("harrow-pike")
        portal_and_books = (samples.case_status(), samples.soluno())
        for credentials in (samples.clio(), samples.smartadvocate(), samples.casepeer(), *portal_and_books):
            await credentials.asave("harrow-pike", overwrite=True)
        await samples.save_operators_mail("operators")

    asyncio.run(save())


@each_type
@pytest.mark.usefixtures("one_of_each")
async def test_the_code_example_runs(block_type: type[Block]) -> None:
    example = block_type.get_code_example() or ""
    assert f"import {block_type.__name__}" in example
    names: dict[str, Any] = {}
    code = compile(example, "example", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    pending = eval(code, names)
    if inspect.isawaitable(pending):
        await pending
    assert any(isinstance(value, block_type) for value in names.values())


async def test_a_firm_comes_back_from_the_server_as_it_was_saved(prefect_server: PrefectServer) -> None:
    saved = await samples.save(
        "round-trip",
        time_zone="America/Denver",
        practice_areas={"MVA": "Auto Injury"},
        stages={"MVA / Intake": "First Call"},
        report_recipients=["partner@harrow-pike.example"],
    )
    loaded = await Firm.aload("round-trip")
    assert loaded.rules() == saved.rules()
    assert loaded.case_system.client_secret.get_secret_value() == samples.SECRETS[0]
    assert loaded.portal.api_key.get_secret_value() == samples.SECRETS[2]


async def test_a_firm_comes_back_with_the_case_system_it_was_saved_with(prefect_server: PrefectServer) -> None:
    at_a_test_host = samples.clio().model_copy(update={"host": "http://127.0.0.1:8400/clio/us"})
    saved = {
        "in-clio": at_a_test_host,
        "in-smartadvocate": samples.smartadvocate(),
        "in-casepeer": samples.casepeer(),
    }
    for slug, credentials in saved.items():
        await samples.save(slug, case_system=credentials)
    fleet = await load_fleet()
    for slug, credentials in saved.items():
        for loaded in (await load_firm(slug), fleet.firms[slug]):
            assert type(loaded.case_system) is type(credentials), slug
            assert loaded.case_system.model_dump(exclude=META) == credentials.model_dump(exclude=META)
            assert loaded.rules().case_system == credentials.system


async def test_the_form_of_a_firm_offers_every_case_system(prefect_server: PrefectServer) -> None:
    await register_blocks()
    wanted = {"block_schemas": {"block_type_id": {"any_": [await _type_id(prefect_server, "firm")]}}, "limit": 1}
    fields = prefect_server.ask("block_schemas/filter", wanted).json()[0]["fields"]
    offered = [reference["block_type_slug"] for reference in fields["block_schema_references"]["case_system"]]
    assert sorted(offered) == ["casepeer-credentials", "clio-credentials", "smartadvocate-credentials"]


async def _type_id(prefect_server: PrefectServer, slug: str) -> str:
    shown = prefect_server.ask(f"block_types/slug/{slug}").json()
    return str(shown["id"])


@pytest.mark.parametrize(
    ("credentials", "said"),
    [
        ({"host": "app.smartadvocate.com", "username": "x"}, "SmartAdvocate Credentials lack the password."),
        ({"host": "our firm", "api_key": "casepeer-key"}, "'our firm' is not the host of a CASEpeer"),
    ],
)
def test_the_complaint_about_a_case_system_is_about_the_one_that_was_meant(
    credentials: dict[str, str], said: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        samples.firm(case_system=credentials)
    assert said in unreadable_block("x", refused.value)


async def test_the_api_obscures_secrets_of_nested_blocks(prefect_server: PrefectServer) -> None:
    await samples.save("obscured")
    everything = prefect_server.ask("block_documents/filter", {"limit": 200})
    assert '"obscured"' in everything.text
    assert "clio-app-key" in everything.text
    loaded = await Firm.aload("obscured")
    for text in (everything.text, repr(loaded), str(loaded.model_dump()), loaded.model_dump_json()):
        assert not [secret for secret in samples.SECRETS if secret in text]


async def test_the_types_are_registered_with_their_forms(prefect_server: PrefectServer) -> None:
    await register_blocks()
    await register_blocks()
    for block_type in BLOCK_TYPES:
        shown = prefect_server.ask(f"block_types/slug/{block_type.get_block_type_slug()}").json()
        assert shown["description"] == block_type.get_description()
        assert shown["logo_url"]
        assert shown["code_example"]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("slug", "Harrow Pike", "pattern"),
        ("slug", "harrow--pike", "pattern"),
        ("name", "", "at least 1 character"),
        ("time_zone", "Mars/Olympus", "'Mars/Olympus' is not a time zone. Write it as in America/Denver."),
        ("nightly_zone", "EST5", "is not a time zone"),
        ("nightly_at", "9 PM", "pattern"),
        ("nightly_at", "24:00", "pattern"),
        ("report_recipients", ["partner at firm"], "pattern"),
        ("first_window_by", "guessed", "created"),
        ("roles", {"lawyer": ["Primary"]}, "'lawyer' is no role of ours. Write attorney or paralegal."),
    ],
)
def test_a_form_filled_in_wrongly_is_refused(field: str, value: Any, said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        samples.firm(**{field: value})
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("host", "sa firm", "'sa firm' is not the host of a SmartAdvocate: enter its name alone"),
        ("username", "", "at least 1 character"),
        ("use_oauth", True, "SmartAdvocate Credentials lack the OAuth app key and secret."),
        ("requests_per_minute", 0, "greater than or equal to 6"),
    ],
)
def test_an_account_filled_in_wrongly_is_refused(field: str, value: Any, said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        samples.smartadvocate(**{field: value})
    assert said in str(refused.value)
    assert samples.SECRETS[3] not in str(refused.value)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("host", "our firm", "'our firm' is not the host of a CASEpeer: enter its name alone, such as my.casepeer.com"),
        ("api_key", SecretStr("Token casepeer-key"), "This is no key: copy it from CASEpeer again, alone and whole."),
        ("api_key", SecretStr(" "), "lack the CASEpeer key, or an administrator's key"),
        ("requests_per_minute", 5, "greater than or equal to 6"),
    ],
)
def test_a_key_filled_in_wrongly_is_refused(field: str, value: Any, said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        samples.casepeer(**{field: value})
    assert said in str(refused.value)
    assert samples.SECRETS[4] not in str(refused.value)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        (
            "host",
            "our books",
            "'our books' is not the host of a Soluno: enter its name alone, such as app.soluno.legal",
        ),
        ("username", "", "at least 1 character"),
        ("password", SecretStr(""), "Soluno Credentials lack the password."),
        ("trust_account", " operating", "The operating account and the trust account are the same"),
        ("release_mode", "perhaps", "'auto' or 'review'"),
        ("requests_per_minute", 0, "greater than or equal to 6"),
    ],
)
def test_accounting_filled_in_wrongly_is_refused(field: str, value: Any, said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        samples.soluno(**{field: value})
    assert said in str(refused.value)
    assert samples.SECRETS[5] not in str(refused.value)


def test_accounting_can_be_entered_before_everything_is_chosen() -> None:
    some = samples.soluno(cost_posting_reference="", operating_account="", trust_account="")
    assert (some.release_mode, some.area_of_practice) == (None, "Personal Injury")


async def test_accounting_comes_back_from_the_server_as_it_was_saved(prefect_server: PrefectServer) -> None:
    saved = samples.soluno(verification_answer=SecretStr("Juniper"), release_mode="review", organization="Books")
    await saved.asave("books-round-trip")
    loaded = await SolunoCredentials.aload("books-round-trip")
    assert loaded.model_dump(exclude=META) == saved.model_dump(exclude=META)
    assert loaded.password.get_secret_value() == samples.SECRETS[5]


def test_the_space_around_a_key_does_not_matter() -> None:
    assert samples.casepeer(api_key=SecretStr(" casepeer-key\n")).api_key.get_secret_value() == samples.SECRETS[4]


def test_the_relays_serve_firms_in_whose_system_they_can_file_or_read() -> None:
    served = {
        credentials.system: {
            name for name, stream in STREAMS.items() if stream.is_on(samples.firm(case_system=credentials))
        }
        for credentials in (samples.clio(), samples.smartadvocate(), samples.casepeer())
    }
    inwards = {"messages", "documents"}
    both = inwards | {"replies"}
    assert served == {"clio": inwards, "smartadvocate": both, "casepeer": both}


def test_the_rules_are_the_blocks_settings() -> None:
    rules = samples.firm(roles={"attorney": ["Primary"]}, notify_clients=False, import_closed=False).rules()
    assert rules == FirmRules(
        slug="harrow-pike",
        name="Harrow Pike LLP",
        case_system="clio",
        time_zone="America/New_York",
        role_map={"attorney": ("Primary",)},
        notify_clients=False,
        import_closed=False,
    )
    assert samples.firm().zone == ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("largest_document_mb", 0, "greater than 0"),
        ("largest_document_mb", 5001, "less than or equal to 5000"),
        ("largest_document_mb", 1.5, "valid integer"),
        ("alert_recipients", ["partner"], "pattern"),
        ("relay_messages", "perhaps", "valid boolean"),
    ],
)
def test_what_the_relays_need_is_checked_too(field: str, value: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        samples.firm(**{field: value})


def test_a_firm_saved_before_the_relays_has_them_on() -> None:
    firm = samples.firm()
    assert (firm.relay_messages, firm.relay_documents, firm.relay_automatic_messages) == (True, True, False)
    assert (firm.largest_document_mb, firm.alert_recipients) == (1024, [])
