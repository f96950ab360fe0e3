"""Answers of the vendors whose empty ones name no content type; what stands in them is each vendor's own."""

from dataclasses import dataclass, field

from starlette.types import Send

JSON_TYPE = "application/json"
OCTETS = "application/octet-stream"


@dataclass(slots=True)
class Answer:
    """Status, body and headers on their way out."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = JSON_TYPE

    async def send(self, send: Send) -> None:
        """Write the answer to the client."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        headers["content-length"] = str(len(self.body))
        if self.body or self.content_type != JSON_TYPE:
            headers.setdefault("content-type", self.content_type)
        encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": encoded})
        await send({"type": "http.response.body", "body": self.body})


class Refusal(Exception):
    """Ends a request with an answer that is not a success."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer
