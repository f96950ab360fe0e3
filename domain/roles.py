"""Who is who on a case: from the free roles of a case system to the attorneys and paralegals of the portal."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from domain.case import StaffMember

ATTORNEY, PARALEGAL = "attorney", "paralegal"
"""The keys of a role map."""
_ATTORNEYS = ("Primary Attorney", "Secondary Attorney", "Managing Attorney")
"""SmartAdvocate's own slots, in the order in which they are the attorney of the case [doc]."""
_PARALEGALS = ("Paralegal", "Primary Paralegal", "Case Manager", "Legal Assistant")
"""[assumed]; firms relabel all of them [doc]."""


@dataclass(frozen=True, slots=True)
class RoleMap:
    """Which labels of the case system mean an attorney, the lead one first, and which a paralegal; letter case aside."""

    attorney_labels: tuple[str, ...] = _ATTORNEYS
    paralegal_labels: tuple[str, ...] = _PARALEGALS

    @classmethod
    def of(cls, entered: Mapping[str, Sequence[str]]) -> "RoleMap":
        """The firm's own map; a role that it does not name keeps the usual labels."""
        attorneys, paralegals = entered.get(ATTORNEY), entered.get(PARALEGAL)
        return cls(tuple(attorneys or _ATTORNEYS), tuple(paralegals or _PARALEGALS))

    def attorneys(self, staff: Iterable[tuple[str, StaffMember]]) -> tuple[StaffMember, ...]:
        """The attorneys among people with their labels, in the order of the labels, each once: the first leads."""
        return _chosen(staff, self.attorney_labels)

    def paralegals(self, staff: Iterable[tuple[str, StaffMember]]) -> tuple[StaffMember, ...]:
        """The paralegals among them, in the same way."""
        return _chosen(staff, self.paralegal_labels)


def _chosen(staff: Iterable[tuple[str, StaffMember]], labels: Sequence[str]) -> tuple[StaffMember, ...]:
    ranks = {_plain(label): rank for rank, label in reversed(list(enumerate(labels)))}
    ranked = [(ranks[_plain(label)], member) for label, member in staff if _plain(label) in ranks]
    chosen: dict[str, StaffMember] = {}
    for _, member in sorted(ranked, key=lambda found: found[0]):
        chosen.setdefault(member.external_id, member)
    return tuple(chosen.values())


def _plain(label: str) -> str:
    return " ".join(label.split()).casefold()
