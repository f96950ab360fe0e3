"""Checks requests and answers against the OpenAPI document that Clio publishes, where its file is at hand.

The document is known to be incomplete or wrong in places; :func:`adapted` allows for exactly those. Needs openapi-core,
which is a development dependency: import this module only where the check is wanted.
"""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import orjson
from openapi_core import OpenAPI
from openapi_core.datatypes import RequestParameters
from werkzeug.datastructures import Headers, ImmutableMultiDict

from sandbox.clio.answers import bad_argument, unprocessable
from sandbox.clio.call import Call

VARIABLE = "CLIO_OPENAPI"
_DEFAULT_PATH = Path(__file__).resolve().parents[3] / "shared" / "vendors" / "clio-openapi.json"
_UNDECLARED_BUT_KNOWN = re.compile(r"^(offset|custom_field_values\[\d+\]|(open|close|pending)_date(\[\])?)$")
_HOST = "http://sandbox"


def document_path() -> Path | None:
    """Where the document is: ``CLIO_OPENAPI``, or beside the repository; None when it is not there."""
    path = Path(os.environ.get(VARIABLE, _DEFAULT_PATH))
    return path if path.is_file() else None


@dataclass(slots=True)
class _Request:
    """A request as openapi-core reads it."""

    host_url: str
    method: str
    path: str
    parameters: RequestParameters
    body: bytes | None
    content_type: str


@dataclass(frozen=True, slots=True)
class _Response:
    """An answer as openapi-core reads it."""

    status_code: int
    content_type: str
    headers: Headers
    data: bytes | None


@dataclass(slots=True)
class Contract:
    """The document, and the breaches seen so far as ``{"method", "path", "query", "problem"}``."""

    openapi: OpenAPI
    parameters: dict[tuple[str, str], frozenset[str]]
    """(method, path with ids as ``*``) of the document → names of its query parameters."""
    violations: list[dict[str, str]] = field(default_factory=list)

    @classmethod
    def load(cls) -> Self | None:
        """The contract, or None when the document is not available."""
        path = document_path()
        if path is None:
            return None
        document = adapted(json.loads(path.read_text()))
        parameters = {
            (method.upper(), _shape(template)): frozenset(
                parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] == "query"
            )
            for template, operations in document["paths"].items()
            for method, operation in operations.items()
        }
        return cls(OpenAPI.from_dict(document), parameters)

    def check_request(self, call: Call, path: str) -> None:
        """Record breaches; a breach of a schema is refused, 422 for bodies and 400 for the rest. Raises Refusal.

        Parameters the document does not have are recorded too, yet ignored as Clio ignores them [seen].
        """
        request = _request(call.method, path, call.params, Headers(dict(call.headers)), call.body)
        known = self.parameters.get((call.method, _shape("/" + path.strip("/"))), frozenset())
        for name, _ in call.params:
            if name not in known and not _UNDECLARED_BUT_KNOWN.match(name):
                self._record(call, path, f"query parameter {name} is not in the document")
        problems = [_told(error) for error in self.openapi.iter_request_errors(request)]
        for problem in problems:
            self._record(call, path, problem)
        if problems:
            raise unprocessable(problems[0]) if "body" in problems[0].lower() else bad_argument(problems[0])

    def answer_problems(self, method: str, url: str, status: int, content_type: str, body: bytes) -> list[str]:
        """What is wrong with an answer by the document's schemas; ``url`` is relative to the API base."""
        address = urlsplit(url)
        request = _request(method, address.path, parse_qsl(address.query), Headers(), b"")
        response = _Response(status, content_type, Headers(), orjson.dumps(_without_nulls(body)) if body else None)
        return [_told(error) for error in self.openapi.iter_apicall_response_errors(request, response)]

    def _record(self, call: Call, path: str, problem: str) -> None:
        query = "&".join(f"{name}={value}" for name, value in call.params)
        self.violations.append({"method": call.method, "path": path, "query": query, "problem": problem})


def adapted(document: dict[str, Any]) -> dict[str, Any]:
    """The document with its known gaps closed (vendor notes 5.4, 12): nothing else is loosened."""
    document["servers"] = [{"url": _HOST}]
    for operations in document["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                parameter["schema"] = _parameter_schema(parameter)
    schemas = document["components"]["schemas"]
    # Reading and writing name different labels for phones; treat the label as free text.
    schemas["PhoneNumber_base"]["properties"]["name"].pop("enum", None)
    # A person may be given by first and last name instead of name.
    for content in document["paths"]["/contacts.json"]["post"]["requestBody"]["content"].values():
        content["schema"]["properties"]["data"]["required"] = ["type"]
    # The document's own sample marks an upload with the text "true".
    for content in document["paths"]["/documents/{id}.json"]["patch"]["requestBody"]["content"].values():
        content["schema"]["properties"]["data"]["properties"]["fully_uploaded"] = {
            "enum": [True, False, "true", "false"]
        }
    return document


def _parameter_schema(parameter: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = parameter["schema"]
    if any("DATE" in str(choice) for choice in schema.get("enum", ())):
        schema = {"type": "string", "pattern": r"^(>=|<=|>|<|=)\d{4}-\d{2}-\d{2}$"}
    elif parameter["name"] == "status":
        one = "|".join(schema["enum"])
        schema = {"type": "string", "pattern": f"^({one})(,({one}))*$"}
    elif "Use the keyword `null`" in parameter.get("description", ""):
        schema = {"type": "string", "pattern": r"^(\d+|null)$"}
    elif parameter["name"].lower() == "if-modified-since":
        schema = {"type": "string"}  # an RFC 2822 date, not a calendar date
    if parameter["name"].endswith("[]"):
        schema = {"type": "array", "items": schema}
    return schema


def _request(method: str, path: str, params: Any, headers: Headers, body: bytes) -> _Request:
    suffixed = "/" + path.strip("/").removesuffix(".json") + ".json"
    parameters = RequestParameters(query=ImmutableMultiDict(params), header=headers)
    content_type = headers.get("content-type", "application/json").lower()
    stripped = orjson.dumps(_without_nulls(body)) if body and content_type.startswith("application/json") else body
    return _Request(_HOST, method.lower(), suffixed, parameters, stripped or None, content_type)


def _shape(path: str) -> str:
    """A path of a request or of the document, with ids as ``*`` and without suffix: ``/matters/*/client``."""
    segments = path.removesuffix(".json").split("/")
    return "/".join("*" if segment.isdigit() or segment.startswith("{") else segment for segment in segments)


def _without_nulls(body: bytes) -> Any:
    """The document declares nothing nullable; a field that is null is taken as absent."""
    try:
        return _pruned(orjson.loads(body))
    except orjson.JSONDecodeError:
        return None


def _pruned(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _pruned(inner) for name, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_pruned(inner) for inner in value]
    return value


def _told(error: Exception) -> str:
    """The error and its causes as one line."""

    def causes(problem: BaseException | None) -> Iterator[str]:
        while problem is not None:
            yield str(problem)
            for detail in getattr(problem, "schema_errors", ()):
                yield f"{'/'.join(map(str, detail.absolute_path))}: {detail.message}"
            problem = problem.__cause__

    return "; ".join(dict.fromkeys(causes(error)))[:600]
