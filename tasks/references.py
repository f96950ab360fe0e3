"""What people write to name cases and runs, turned into ids; whatever cannot be understood says so before any work begins."""

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from blocks.firm import Firm
from connectors.ports import FindsCases
from domain.case_list import parse_case_ids
from domain.case_reference import case_id
from domain.errors import BadInput
from ledger import Ledger, Run
from tasks.firms import load_firm
from tasks.unheld import open_systems

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_LONGEST_PATH = 400


async def named_cases(firm: str, references: Sequence[str] | None) -> list[str] | None:
    """Integration ids of cases named by id or by address; None when none are named.

    Raises:
        FirmUnknown: no usable Firm block.
        UnusableReference: one of them names no case of the firm's kind of case system.
        WrongReference: one is an address of another region or host.
    """
    if not references:
        return None
    case_system = (await load_firm(firm)).case_system
    for reference in references:
        case_id(reference, case_system.system)  # the clearer sentence for what is no case of this kind of system at all
    return list(dict.fromkeys(case_system.case_id(reference) for reference in references))


async def listed_cases(firm: str, listing: str | None) -> list[str] | None:
    """Integration ids of a pasted list or CSV, or of a file with one; None when there is no list.

    Raises:
        FirmUnknown: no usable Firm block.
        UnusableCaseList: lines that name no case, by their numbers.
        BadInput: the file cannot be read.
    """
    if listing is None or not listing.strip():
        return None
    system = (await load_firm(firm)).case_system.system
    return list(parse_case_ids(await asyncio.to_thread(_text_or_file, listing), system).ids)


async def cases_to_import(firm: str, listing: str | None, search: str | None) -> list[str] | None:
    """As :func:`listed_cases`, for a first import; or what a search in the case system finds.

    Raises BadInput, too, where a list is needed and none is given, or where there is no search, or it finds nothing.
    """
    ids = await listed_cases(firm, listing)
    words = (search or "").strip()
    if ids is not None and words:
        raise BadInput("Fill in either cases or search, not both.")
    if ids is not None:
        return ids
    loaded = await load_firm(firm)
    system = loaded.rules().system
    if words:
        if not system.connects_cases:
            raise BadInput(f"{system.name} is not searched: leave search empty, and name the cases or a window.")
        return await _found(loaded, words)
    if system.first_window is None:
        raise BadInput(
            f"{system.name} cases are imported from a list only. Fill in cases: ids or addresses, one a line, or a CSV "
            f"with a column integration_id. Or fill in search, as you would search in {system.name}."
        )
    return None


async def _found(firm: Firm, words: str) -> list[str]:
    async with open_systems(firm) as (case_system, _):
        found = await cast("FindsCases", case_system).search(words)  # as its rules say that it connects cases
    if not found:
        raise BadInput(f"{firm.rules().system.name} finds no case for “{words[:120]}”.")
    return found


async def cases_to_retry(run: str, report: str | None) -> tuple[Run, list[str]]:
    """The past run, and which of its cases to attempt again: those left in ``report``, else all that were in trouble.

    Raises:
        BadInput: there is no such run, or nothing in it to retry.
        UnusableCaseList: the report's rows name no cases.
    """
    past, ids = await asyncio.to_thread(_find_run, run)
    troubled = sum((past.totals or {}).get("counts", {}).get(result, 0) for result in ("rejected", "failed"))
    if report is not None and report.strip():
        ids = await listed_cases(past.firm, report) or []
    if not ids and troubled:
        raise BadInput(
            f"The details of run {past.id} of {past.firm} are forgotten by now: name its cases by their ids in a nightly sync, "
            "or paste its report."
        )
    if not ids:
        raise BadInput(f"Run {past.id} of {past.firm} left nothing to retry: no case in it failed or was rejected.")
    return past, ids


def _find_run(reference: str) -> tuple[Run, list[str]]:
    found = _UUID.search(reference)
    run_id = found[0].lower() if found else reference.strip()
    ledger = Ledger.open()
    try:
        past = ledger.runs.get(run_id)
        if past is None:
            raise BadInput(
                f"There is no sync run “{reference.strip()[:120]}”. Copy the run's id from its report, or the address of "
                "its flow run in the Prefect UI."
            )
        return past, ledger.attempts.retryable_ids(past.id)
    finally:
        ledger.close()


def _text_or_file(listing: str) -> str | bytes:
    """The list itself, or what is in the file it names."""
    named = listing.strip()
    if "\n" in named or len(named) > _LONGEST_PATH or not named.lower().endswith((".csv", ".txt")):
        return listing
    try:
        return Path(named).read_bytes()
    except OSError as error:
        raise BadInput(
            f"The file “{named}” cannot be read by the worker ({error.strerror}). Paste the list itself instead."
        ) from None
