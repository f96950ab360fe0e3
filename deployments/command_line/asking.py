"""Asking a person for what a new firm needs, one field after the other; secrets are not shown."""

from typing import Any

from prefect.blocks.core import Block
from rich.prompt import Prompt

from blocks.casestatus import CaseStatusCredentials
from deployments.command_line.enrolment import CASE_SYSTEMS, PORTAL, is_secret
from deployments.command_line.output import beside


def ask_for_firm(slug: str | None) -> dict[str, Any]:
    """What a person enters of a firm; the same as a file would say."""
    entries: dict[str, Any] = {
        "slug": slug or Prompt.ask("Short name (lower-case letters, digits, dashes)", console=beside)
    }
    entries["name"] = Prompt.ask("The firm's name as people write it", console=beside)
    entries["time_zone"] = Prompt.ask("Time zone", default="America/New_York", console=beside)
    system = Prompt.ask("Case system", choices=list(CASE_SYSTEMS), console=beside)
    entries[system] = _ask_for(CASE_SYSTEMS[system])
    entries[PORTAL] = _ask_for(CaseStatusCredentials)
    recipients = Prompt.ask(
        "Who gets reports and alerts (addresses apart by commas; may be empty)", default="", console=beside
    )
    entries["report_recipients"] = [one.strip() for one in recipients.split(",") if one.strip()]
    return entries


def _ask_for(kind: type[Block]) -> dict[str, str]:
    """The fields of a block that are required or secret; the others keep what is usual."""
    beside.print(f"\n[bold]{kind.get_block_type_name()}[/bold]")
    answers = {}
    for name, field in kind.model_fields.items():
        if not (field.is_required() or is_secret(field.annotation)):
            continue
        optional = "" if field.is_required() else " (may be empty)"
        beside.print(f"[dim]{field.description}[/dim]")
        answer = Prompt.ask(
            f"{field.title}{optional}",
            password=is_secret(field.annotation),
            default=None if field.is_required() else "",
            console=beside,
        )
        if answer:
            answers[name] = answer
    return answers
