"""What a case system has on file for a firm, in the same words whichever system it is."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any, Protocol

from connectors.casepeer.filing import PREFIX
from connectors.clio.filing import FILE_PROPERTY, MESSAGE_PROPERTY
from ledger import Ledger
from sandbox.clio import plain


@dataclass(frozen=True)
class Filed:
    """A message with its ``body``, or a file with size and digest; ``id`` is the record's."""

    marker: str
    case: str
    id: str
    body: str = ""
    size: int = 0
    sha256: str = ""


class Records(Protocol):
    """One firm's case system, in the order in which things were filed."""

    def messages(self) -> Sequence[Filed]: ...

    def files(self) -> Sequence[Filed]: ...


class ClioRecords:
    """Communications, and the documents that show."""

    def __init__(self, firm: Any) -> None:
        self._firm = firm

    def messages(self) -> list[Filed]:
        return [
            Filed(marker_of(letter, MESSAGE_PROPERTY), str(letter["matter_id"]), str(letter["id"]), letter["body"])
            for letter in plain.communications(self._firm)
        ]

    def files(self) -> list[Filed]:
        return [
            Filed(
                marker_of(paper, FILE_PROPERTY),
                str(paper["matter_id"]),
                str(paper["id"]),
                size=paper["size"],
                sha256=paper["sha256"],
            )
            for paper in plain.documents(self._firm)
            if paper["fully_uploaded"] and not paper["deleted"]
        ]


class SmartAdvocateRecords:
    """Notes, whose words stand above the lines of people, and documents; all that were not seeded."""

    def __init__(self, firm: Any) -> None:
        self._firm = firm

    def messages(self) -> list[Filed]:
        filed = []
        for note in self._firm.notes.new():
            words, _, below = note.text.rpartition("<br><br>--<br>From: ")
            marker = below.partition("<small>casebridge ")[2].removesuffix("</small>")
            filed.append(Filed(marker, str(note.case_id), str(note.id), unescape(words.replace("<br>", "\n"))))
        return filed

    def files(self) -> list[Filed]:
        return [
            Filed(
                document.comments.removeprefix("casebridge "),
                str(document.case_id),
                str(document.id),
                size=document.size,
                sha256=document.sha256,
            )
            for document in self._firm.documents.new()
        ]


class CasePeerRecords:
    """Notes, and documents, of which nothing says which of ours they are: the ledger has to; all that were not seeded."""

    def __init__(self, firm: Any, ledger: Ledger, slug: str) -> None:
        self._firm, self._ledger, self._slug = firm, ledger, slug

    def messages(self) -> list[Filed]:
        """A message in parts counts once its last one is there, which has all that came before in front of it."""
        filed, parts = [], Counter[str]()
        before: dict[str, str] = {}
        for note in self._firm.notes.new():
            assert note.text.startswith(PREFIX)
            text, (marker, _, part) = note.text.removeprefix(f"{PREFIX} "), note.external_ref.partition(":part:")
            if part:
                parts[note.external_ref] += 1
                before[marker] = before.get(marker, "") + text.rpartition("\n\n(Part ")[0]
                continue
            words = before.get(marker, "") + text.rpartition("\n\n--\nFrom: ")[0]
            filed.append(Filed(marker, str(note.case_id), str(note.id), words))
        assert all(count == 1 for count in parts.values())
        return filed

    def files(self) -> list[Filed]:
        filed = []
        for document in self._firm.documents.new():
            case, number = str(document.case_id), str(document.id)
            known = self._ledger.deliveries.of_case(self._slug, "documents", case)
            markers = [one.marker for one in known if one.remote_id == number and one.payload["name"] == document.name]
            filed += [
                Filed(marker, case, number, size=document.size, sha256=document.sha256)
                for marker in markers or [f"unknown: {document.name}"]
            ]
        return filed


def marker_of(record: dict[str, Any], name: str) -> str:
    """What a record of Clio's says under the external property ``name``."""
    [value] = [kept["value"] for kept in record["external_properties"] if kept["name"] == name]
    return str(value)
