"""Every firm at once: their blocks read in one request, each for itself, so that one bad block keeps no other from work."""

from dataclasses import dataclass, field

from pydantic import ValidationError

from blocks.firm import Firm
from tasks.firms import firm_documents, load_firm, misnamed_block, unreadable_block


@dataclass(slots=True)
class Fleet:
    """The firms by slug, and what to say of those whose block cannot be used."""

    firms: dict[str, Firm] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)


async def load_fleet() -> Fleet:
    """All firms there are.

    Loading each by itself would cost Prefect a request, some 20 ms of CPU and an event a firm, every two minutes.
    """
    fleet = Fleet()
    for document in await firm_documents(include_secrets=True):
        slug = document.name or ""
        try:
            firm = Firm.model_validate(document.data)
        except ValidationError as invalid:
            fleet.unreadable[slug] = unreadable_block(slug, invalid)
            continue
        if firm.slug == slug:
            # So they know where to save a grant that a vendor replaces.
            firm._define_metadata_on_nested_blocks(document.block_document_references)  # noqa: SLF001 (Prefect does it only on loading one)
            fleet.firms[slug] = firm
        else:
            fleet.unreadable[slug] = misnamed_block(slug, firm.slug)
    return fleet


async def load_one(slug: str) -> Fleet:
    """One firm as a fleet. Raises FirmUnknown."""
    return Fleet({slug: await load_firm(slug)})
