"""Files of a case: taking them in, and the signed addresses under which their bytes are fetched without a key."""

import hmac
import mimetypes
from dataclasses import dataclass
from typing import Any, Final

from sandbox.casestatus.blobs import Blob
from sandbox.casestatus.firm import Firm
from sandbox.casestatus.instants import MINUTE, SECOND, as_text
from sandbox.casestatus.records import Case, File
from sandbox.casestatus.state import Portal

ADDRESS_LIFE: Final = 15 * MINUTE
OCTETS: Final = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file on its way in."""

    file_name: str
    blob: Blob
    direction: str
    uploaded_by: dict[str, Any]
    content_type: str | None = None
    external_id: str | None = None
    message_id: int | None = None
    share_with_client: bool = False
    ready_in: float = 0.0
    """Seconds of scanning before it may be fetched."""


def take_in(portal: Portal, firm: Firm, case: Case, new: NewFile) -> File:
    """Keep a file on a case."""
    stamp = firm.stamp()
    file = File(
        id=portal.next_id(),
        case=case,
        file_name=new.file_name,
        content_type=new.content_type or mimetypes.guess_type(new.file_name)[0] or OCTETS,
        blob=new.blob,
        direction=new.direction,
        uploaded_by=new.uploaded_by,
        created_at=stamp,
        updated_at=stamp,
        external_id=new.external_id,
        message_id=new.message_id,
        share_with_client=new.share_with_client,
    )
    if new.ready_in > 0:
        file.ready_at = portal.now() + int(new.ready_in * SECOND)
        portal.later(file.ready_at, lambda: _scanned(firm, file))
    return firm.keep_file(file)


def _scanned(firm: Firm, file: File) -> None:
    file.ready_at = None
    file.updated_at = firm.stamp()
    firm.files.file(file)


def seconds_until_ready(file: File, now: int) -> int:
    """Whole seconds of scanning left, at least 1; 0 when the file may be fetched."""
    return 0 if file.ready_at is None else max(1, -(-(file.ready_at - now) // SECOND))


def signed_address(portal: Portal, base: str, file: File, now: int) -> tuple[str, int]:
    """An address that works for 15 minutes without a key, and the instant it ends."""
    expiry = (now + ADDRESS_LIFE) // SECOND
    return f"{base}/blob/{file.id}?exp={expiry}&sig={signature(portal, file.id, expiry)}", expiry * SECOND


def signature(portal: Portal, file_id: int, expiry: int) -> str:
    """The proof that the portal itself made an address."""
    return hmac.digest(portal.secret, f"{file_id}.{expiry}".encode(), "sha256").hex()[:32]


def file_json(portal: Portal, base: str, file: File, now: int) -> dict[str, Any]:
    """A file: the fields of 1.2 and those of 6.7; ``case_id`` is text there, and so it is here."""
    url, expires_at = (None, None)
    if file.ready_at is None:
        url, expiry = signed_address(portal, base, file, now)
        expires_at = as_text(expiry)
    case = file.case
    return {
        "id": file.id,
        "file_name": file.file_name,
        "extension": file.extension,
        "content_type": file.content_type,
        "size": file.blob.size,
        "sha256": file.blob.sha256,
        "url": url,
        "url_expires_at": expires_at,
        "case_id": str(case.id),
        "case_readable_id": case.readable_id,
        "case_integration_id": case.integration_id,
        "case_practice_area": case.practice_area and case.practice_area.display_name,
        "direction": file.direction,
        "uploaded_by": file.uploaded_by,
        "message_id": file.message_id,
        "external_id": file.external_id,
        "created_at": as_text(file.created_at),
        "updated_at": as_text(file.updated_at),
    }
