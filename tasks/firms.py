"""Finding a firm's block, and saying what to do when it is not there or not usable."""

from http import HTTPStatus
from typing import cast

import httpx
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import BlockDocument
from pydantic import ValidationError

from blocks.firm import Firm
from tasks.endings import FirmUnknown, SwitchedOff
from tasks.flow_run import came_by_schedule


async def load_firm(slug: str) -> Firm:
    """The block of the firm called ``slug``.

    Raises:
        FirmUnknown: no such block, or one that cannot be read; the sentence says how to mend it.
    """
    try:
        firm = cast("Firm", await Firm.aload(slug))
    except (ValueError, RuntimeError) as error:
        # Prefect wraps what pydantic has to say into an error that tells people to load without validation.
        invalid = error if isinstance(error, ValidationError) else error.__cause__
        if isinstance(invalid, ValidationError):
            raise FirmUnknown(unreadable_block(slug, invalid)) from None
        raise FirmUnknown(await _not_found(slug, error)) from None
    if firm.slug != slug:
        raise FirmUnknown(misnamed_block(slug, firm.slug))
    return firm


async def firm_slugs() -> list[str]:
    """Names of all Firm blocks, sorted."""
    return sorted(document.name for document in await firm_documents(include_secrets=False) if document.name)


async def firm_documents(*, include_secrets: bool) -> list[BlockDocument]:
    """All Firm blocks as Prefect keeps them; none where not even their type was ever made known to its server."""
    async with get_client() as client:
        try:
            return await client.read_block_documents_by_type(
                Firm.get_block_type_slug(), include_secrets=include_secrets
            )
        except httpx.HTTPStatusError as error:
            if error.response.status_code == HTTPStatus.NOT_FOUND:
                return []
            raise


def misnamed_block(slug: str, short_name: str) -> str:
    """What to say of a block whose name is not its firm's short name."""
    return f"The Firm block '{slug}' says its short name is '{short_name}'. Make the two the same in Blocks › {slug}."


def unreadable_block(slug: str, invalid: ValidationError) -> str:
    """What to say of a block whose fields are not as they must be."""
    errors = invalid.errors()
    # Of the case systems a block may hold, the one it all but is was meant: each of the others complains of more.
    first = min(errors, key=lambda error: sum(other["loc"][:2] == error["loc"][:2] for other in errors))
    field = ".".join(str(part) for part in first["loc"])
    return (
        f"The Firm block '{slug}' cannot be read: {field}: {first['msg']}. Open Blocks › {slug} in the Prefect UI, "
        "correct that field and save."
    )


async def _not_found(slug: str, error: Exception) -> str:
    known = await firm_slugs()
    if slug in known:
        return f"The Firm block '{slug}' cannot be read ({error}). Open Blocks › {slug} in the Prefect UI and save it again."
    names = ", ".join(known[:8]) + (" …" if len(known) > 8 else "")  # noqa: PLR2004
    known_ones = f"Known firms: {names}." if known else "No firm is set up yet."
    return f"There is no firm '{slug}'. {known_ones} Add it in the Prefect UI: Blocks › + › Firm, with '{slug}' as its name."


async def refuse_if_switched_off(slug: str) -> None:
    """End a run that came by schedule for a firm whose nightly sync is off; a run by hand goes on.

    Raises:
        FirmUnknown: no usable block.
        SwitchedOff: the schedule came in spite of the switch.
    """
    if not came_by_schedule():
        return
    firm = await load_firm(slug)
    if not firm.nightly_sync:
        because = firm.switch("nightly_sync").because
        raise SwitchedOff(
            f"The nightly sync of {firm.name} is switched off in its Firm block{because}; nothing was done."
        )
