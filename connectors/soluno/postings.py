"""Posts to Soluno once, and finds again what was posted: by its reference, or by the marker in its explanation.

A reference may be unique or not, as the true vendor may not know of such a thing [assumed]: both must be right.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NoReturn, TypeVar

from connectors.errors import AnswerLost, FixData, Problem, UnexpectedAnswer
from connectors.http import Connection
from connectors.soluno import bodies, lists
from connectors.soluno.entries import POSTED_RECORDS, PostedRecord
from connectors.soluno.hosts import SYSTEM
from connectors.soluno.refusals import DUPLICATE_REFERENCE
from connectors.soluno.wire import ListedRecord
from connectors.wiring import parsed
from domain.books import EntryKind, InvoicePosting, Posted, Posting
from domain.money import shown

DIFFERS = "duplicate_differs"
"""Code of the problem that something else, or several, stand under a marker."""
_REQUESTS = "/InvoiceRequests"

Record = TypeVar("Record", bound=ListedRecord)


async def post(connection: Connection, posting: Posting) -> Posted:
    """Post; see :meth:`connectors.money.Accounting.post`."""
    shape = POSTED_RECORDS[posting.kind]
    path = _REQUESTS if posting.kind is EntryKind.INVOICE else shape.path
    try:
        record = await made(connection, shape, bodies.of_posting(posting), path)
    except FixData as refused:
        if not any(problem.code == DUPLICATE_REFERENCE for problem in refused.problems):
            raise
        found = await find(connection, posting)
        if found is None:
            raise  # taken by what is not shown to us
        return found
    return replace(_adopted(posting, [record]), was_there=False)


async def made(
    connection: Connection, shape: type[Record], body: bodies.Body | None, path: str = "", route: str = ""
) -> Record:
    """POST to a list, or where ``path`` says, and read what became of it.

    Raises:
        AnswerLost: it may have taken effect, also where the answer cannot be read.
        FixData: refused.
    """
    path = path or shape.path
    answer = await connection.request("POST", path, route=route or path, body=body)
    try:
        return parsed(SYSTEM, shape, answer.body, shape.id_field())
    except UnexpectedAnswer as error:
        message = f"{error} Whether POST {route or path} took effect is not known."
        raise AnswerLost(message, system=SYSTEM, request_id=answer.request_id) from error


async def find(connection: Connection, posting: Posting) -> Posted | None:
    """What stands in the books for a posting; see :meth:`connectors.money.Accounting.find`."""
    found = await _under(connection, posting, {"ExternalReference": posting.marker})
    if not found and not isinstance(posting, InvoicePosting):
        found = await _under(connection, posting, {"CasefileId": posting.casefile_id})
    return _adopted(posting, found) if found else None


async def _under(connection: Connection, posting: Posting, query: dict[str, str]) -> Sequence[PostedRecord]:
    """Of a list what bears the marker in either place. Should the filter not be heeded, nothing is lost."""
    records = await lists.whole(connection, POSTED_RECORDS[posting.kind], query)
    return [one for one in records if _bears(one, posting.marker) and not one.is_deleted]


def _bears(record: PostedRecord, marker: str) -> bool:
    return record.external_reference == marker or bodies.stamp(marker) in (record.explanation or "")


def _adopted(posting: Posting, found: Sequence[PostedRecord]) -> Posted:
    """The only one found, which must be what was to be posted. Raises FixData (*duplicate_differs*).

    One that was voided is found as well, unless another one took its place: nothing is posted again by itself.
    """
    one, *others = [record for record in found if not record.is_void] or found
    if others:
        _refuse(
            posting,
            f"{_named([one, *others])} stand there at once, though it was to be posted once. Void or delete all but one",
        )
    if one.casefile_id != posting.casefile_id:
        _refuse(
            posting, f"{_named([one])} stands there, on another file than {posting.casefile_id}. See which is right"
        )
    # The amount of an invoice is the vendor's to say.
    if not isinstance(posting, InvoicePosting) and one.amount != posting.amount:
        _refuse(posting, f"{_named([one])} stands there, instead of {shown(posting.amount)}. See which is right")
    return Posted(one.id, one.amount, was_there=True)


def _named(found: Sequence[PostedRecord]) -> str:
    """``44021 (38.75 on file 9014) and 44022 (38.75 on file 9014)``."""
    return " and ".join(f"{one.id} ({shown(one.amount)} on file {one.casefile_id})" for one in found)


def _refuse(posting: Posting, what: str) -> NoReturn:
    kind = posting.kind.replace("_", " ")
    message = f"Of the {kind} [{posting.marker}] {what}. Soluno: File Manager › the file › Ledger."
    raise FixData(message, problems=(Problem(DIFFERS, message),), system=SYSTEM)
