"""Adding a firm: what was entered becomes blocks, all of them or none."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from prefect.blocks.core import Block
from prefect.client.orchestration import PrefectClient
from prefect.exceptions import ObjectNotFound
from prefect_email import EmailServerCredentials
from pydantic import SecretStr, ValidationError

from blocks.casepeer import CasePeerCredentials
from blocks.casestatus import CaseStatusCredentials
from blocks.clio import ClioCredentials
from blocks.firm import Firm
from blocks.smartadvocate import SmartAdvocateCredentials
from blocks.soluno import SolunoCredentials
from deployments.command_line.output import Refused

CASE_SYSTEMS: dict[str, type[Block]] = {
    "clio": ClioCredentials,
    "smartadvocate": SmartAdvocateCredentials,
    "casepeer": CasePeerCredentials,
}
PORTAL, ACCOUNTING, MAIL = "case_status", "soluno", "mail_block"
EXAMPLE = """\
slug = "harrow-pike"
name = "Harrow Pike LLP"
time_zone = "America/New_York"
report_recipients = ["office@harrow-pike.example"]

[clio]            # or [smartadvocate], or [casepeer]
client_id = "…"
client_secret = "…"

[case_status]
api_key = "…"
"""
"""A firm as it stands in a file; every field of the Firm block may be set."""


@dataclass(slots=True)
class Enrolled:
    """The blocks of a firm, each under the name it is saved by; the Firm block comes last."""

    credentials: dict[str, Block]
    firm: Firm


def read_entries(file: Path | None, text: str) -> dict[str, Any]:
    """A firm's entries from the text of a TOML or JSON file. Raises Refused, naming the line."""
    try:
        entries = orjson.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except (orjson.JSONDecodeError, tomllib.TOMLDecodeError) as error:
        raise Refused(
            f"{file or 'Standard input'} is neither TOML nor JSON: {error}. It should look like:\n\n{EXAMPLE}"
        ) from error
    if not isinstance(entries, dict):
        raise Refused(f"{file or 'Standard input'} holds no firm. It should look like:\n\n{EXAMPLE}")
    return entries


async def enrol(entries: dict[str, Any]) -> Enrolled:
    """The blocks of what was entered. Raises Refused with everything that is wrong, field by field."""
    problems: list[str] = []
    credentials, parts = _credentials(entries, problems)
    if mail := entries.get(MAIL):
        try:
            parts["mail"] = await EmailServerCredentials.aload(mail)
        except ValueError:
            problems.append(f"{MAIL}: there is no block of type Email Server Credentials named '{mail}'")
    fields = {name: value for name, value in entries.items() if name not in (*CASE_SYSTEMS, PORTAL, ACCOUNTING, MAIL)}
    problems += [f"{name}: a firm has no such field" for name in sorted(fields.keys() - Firm.model_fields.keys())]
    try:
        firm = Firm.model_validate({name: fields[name] for name in fields.keys() & Firm.model_fields.keys()} | parts)
    except ValidationError as invalid:
        # Of parts that are missing because they are wrong themselves, enough is said.
        problems += [one for one in _told(invalid, "") if not one.startswith(("case_system", "portal", "accounting"))]
    if problems:
        raise Refused("Nothing was saved. What is to be corrected:\n" + "\n".join(f"  {one}" for one in problems))
    return Enrolled(credentials, firm)


def _credentials(entries: dict[str, Any], problems: list[str]) -> tuple[dict[str, Block], dict[str, Any]]:
    """The credentials by the names of their blocks, and by the fields of the firm; what is wrong goes to ``problems``."""
    named = [system for system in CASE_SYSTEMS if system in entries]
    if len(named) != 1:
        found = " and ".join(named) or "none"
        raise Refused(f"One case system is wanted, a table [clio], [smartadvocate] or [casepeer]; there is {found}.")
    if PORTAL not in entries:
        problems.append(f"[{PORTAL}]: the table is missing")
    kinds: dict[str, tuple[str, type[Block]]] = {
        "case_system": (named[0], CASE_SYSTEMS[named[0]]),
        "portal": (PORTAL, CaseStatusCredentials),
        "accounting": (ACCOUNTING, SolunoCredentials),
    }
    credentials: dict[str, Block] = {}
    parts: dict[str, Any] = {}
    for field, (table, kind) in kinds.items():
        if table not in entries:
            continue
        if not isinstance(entries[table], dict):
            problems.append(f"[{table}]: it must be a table, not {entries[table]!r}")
            continue
        problems += [
            f"{table}.{name}: there is no such field" for name in entries[table] if name not in kind.model_fields
        ]
        try:
            block = kind.model_validate(entries[table])
        except ValidationError as invalid:
            problems += _told(invalid, f"{table}.")
        else:
            parts[field] = credentials[f"{entries.get('slug')}-{table.replace('_', '-')}"] = block
    return credentials, parts


def _told(invalid: ValidationError, where: str) -> list[str]:
    """What is wrong, a line each; values are left out, as they may be secret."""
    return [
        f"{where}{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in invalid.errors(include_input=False)
    ]


async def save(client: PrefectClient, enrolled: Enrolled, *, replace: bool) -> list[str]:
    """Save the blocks; their names. When one of them cannot be saved, all are as they were before.

    Raises:
        Refused: there is such a firm already, and it is not to be replaced.
    """
    named: dict[str, Block] = {**enrolled.credentials, enrolled.firm.slug: enrolled.firm}
    there = [name for name, block in named.items() if await _is_there(client, block, name)]
    if there and not replace:
        raise Refused(
            f"There is already a block {there[0]}. Choose another short name, or replace what is there: --replace."
        )
    before: dict[str, Any] = {name: await type(named[name]).aload(name) for name in there}
    written: list[str] = []
    try:
        for name, block in named.items():
            await block.asave(name, overwrite=replace)
            written.append(name)
    except BaseException:
        for name in reversed(written):
            if name in before:
                await before[name].asave(name, overwrite=True)
            else:
                await delete(client, type(named[name]), name)
        raise
    return list(named)


async def _is_there(client: PrefectClient, block: Block, name: str) -> bool:
    try:
        await client.read_block_document_by_name(name, block.get_block_type_slug(), include_secrets=False)
    except ObjectNotFound:
        return False
    return True


async def delete(client: PrefectClient, kind: type[Block], name: str) -> None:
    """Delete a block, if it is there."""
    try:
        document = await client.read_block_document_by_name(name, kind.get_block_type_slug(), include_secrets=False)
    except ObjectNotFound:
        return
    await client.delete_block_document(document.id)


def is_secret(annotation: Any) -> bool:
    """Whether a field holds a secret, which is asked for without showing it."""
    return annotation is SecretStr or SecretStr in getattr(annotation, "__args__", ())
