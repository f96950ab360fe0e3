"""The ``fields`` parameter: parsing, checking against the resource, and cutting records down to what was asked.

Rules: without it only ``id`` and ``etag`` [doc]; braces one level deep, a second is 400 [doc]; a bare association gives
its default fields, inside braces its base fields [assumed]; an unknown name is 400 InvalidFields [doc].
"""

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sandbox.clio.answers import Refusal
from sandbox.clio.resources import RESOURCES, Association, Resource
from sandbox.clio.table import Record

if TYPE_CHECKING:
    from sandbox.clio.firm import ClioFirm

Projection = Callable[["ClioFirm", Record], dict[str, Any]]
_DEFAULT = "id,etag"


@lru_cache(maxsize=512)
def projection(resource_name: str, text: str | None) -> Projection:
    """What cuts a record of ``resource_name`` down to the fields of ``text``. Raises Refusal (400 InvalidFields)."""
    return _compile(RESOURCES[resource_name], _split(text or _DEFAULT), nested=False)


def invalid(name: str) -> Refusal:
    """The refusal of a field name."""
    return Refusal(400, "InvalidFields", f"{name} is not a valid field")


def _split(text: str) -> list[tuple[str, str | None]]:
    """``a,b{c,d}`` → ``[("a", None), ("b", "c,d")]``."""
    parts: list[tuple[str, str | None]] = []
    rest = text
    while rest:
        name, brace, _ = rest.partition("{")
        if brace and "," not in name:
            inside, closed, rest = rest[len(name) + 1 :].partition("}")
            if not closed or "{" in inside or (rest and not rest.startswith(",")):
                raise invalid(text if not closed else f"{name}{{{inside}}}")
            parts.append((name.strip(), inside))
            rest = rest[1:]
        else:
            name, _, rest = rest.partition(",")
            if name.strip():
                parts.append((name.strip(), None))
    return parts


def _compile(resource: Resource, parts: list[tuple[str, str | None]], *, nested: bool) -> Projection:
    flat: list[str] = []
    associations: list[tuple[str, Association, Projection | None]] = []
    for name, inside in parts:
        association = resource.associations.get(name)
        if association is not None:
            associations.append((name, association, _inner(association, inside, nested=nested)))
        elif name in resource.base and inside is None:
            flat.append(name)
        else:
            raise invalid(name)

    def project(firm: "ClioFirm", record: Record) -> dict[str, Any]:
        get = record.get
        answer = {name: get(name) for name in flat}
        for name, association, inner in associations:
            answer[name] = _nest(firm, association, inner, association.find(firm, record))
        return answer

    return project


def _inner(association: Association, inside: str | None, *, nested: bool) -> Projection | None:
    """The projection of an association, None when the sandbox keeps nothing for it."""
    if association.resource is None:
        return None
    resource = RESOURCES[association.resource]
    if inside is not None:
        if nested:
            raise invalid(inside)
        return _compile(resource, _split(inside), nested=True)
    chosen = sorted(resource.base) if nested or "id" not in resource.base else _DEFAULT.split(",")
    return _compile(resource, [(name, None) for name in chosen], nested=True)


def _nest(firm: "ClioFirm", association: Association, inner: Projection | None, found: Any) -> Any:
    if inner is None or found is None:
        return found
    if isinstance(found, list):
        return [_nest(firm, association, inner, record) for record in found]
    if association.visible is not None and not association.visible(firm, found):
        return stub(found)
    return inner(firm, found)


def stub(record: Record) -> dict[str, Any]:
    """What is left of a record the connected user may not see [seen:doc]."""
    return {"id": record["id"], "etag": record["etag"], "redacted": True}
