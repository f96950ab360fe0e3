"""The users a hub logs in as, and their tokens: JWTs of HS256 with the claims of the vendor's sample [doc]."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import orjson

INSERT_NOTE, INSERT_DOCUMENT = "insert_note", "insert_document"
OPERATIONS = (INSERT_NOTE, INSERT_DOCUMENT)
"""What may be denied to a user; inserting notes is the vendor's own example [doc]."""
_ISSUER = "SmartAdvocateSandbox"
_HEADER = {"alg": "HS256", "typ": "JWT"}


@dataclass(slots=True)
class User:
    """A login. Half of the cases are hidden from one that ``sees_half``: those with an odd id."""

    id: int
    username: str
    password: str
    first_name: str
    last_name: str
    locked: bool = False
    sees_half: bool = False
    denied: set[str] = field(default_factory=set)
    wrong_passwords: int = 0

    @property
    def display_name(self) -> str:
        """``Last, First``."""
        return f"{self.last_name}, {self.first_name}"

    def sees(self, case_id: int) -> bool:
        """Whether a case is among those this user may see."""
        return not (self.sees_half and case_id % 2)

    def as_json(self) -> dict[str, Any]:
        """The user as the control routes show it."""
        shown = {name: getattr(self, name) for name in ("username", "password", "locked", "sees_half")}
        return {"user_id": self.id, **shown, "denied": sorted(self.denied), "wrong_passwords": self.wrong_passwords}


def users(slug: str) -> dict[str, User]:
    """The three logins of a firm, by name; the password of each is ``correct-horse-<slug>``."""
    password = f"correct-horse-{slug}"
    admin = User(677, "hub_admin", password, "Hub", "Admin")
    limited = User(678, "hub_limited", password, "Hub", "Limited", sees_half=True, denied={INSERT_NOTE})
    locked = User(679, "hub_locked", password, "Hub", "Locked", locked=True)
    return {user.username: user for user in (admin, limited, locked)}


class Tokens:
    """Makes and reads the tokens of one firm."""

    def __init__(self, slug: str) -> None:
        self._slug = slug
        self._generation = 0
        self._used: dict[str, int] = {}

    def issue(self, user: User, now: float, seconds: int) -> str:
        """A token for ``seconds``; its ``id`` is a string, as in the vendor's sample [doc]."""
        start = int(now)
        times = {"nbf": start, "exp": start + seconds, "iat": start}
        claims = {"id": str(user.id), "host": "", **times, "iss": _ISSUER}
        signed = f"{_encoded(_HEADER)}.{_encoded(claims)}"
        token = f"{signed}.{self._signature(signed)}"
        self._used[token] = 0
        return token

    def user_id(self, token: str, now: float) -> int | None:
        """Whose token this is; None when it is not ours, expired or ended."""
        signed, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(signed).encode()):
            return None
        claims = orjson.loads(urlsafe_b64decode(signed.partition(".")[2] + "=="))
        return int(claims["id"]) if claims["nbf"] <= now < claims["exp"] else None

    def spend(self, token: str) -> int:
        """Count one request of a token; how many there were with this one."""
        self._used[token] = self._used.get(token, 0) + 1
        return self._used[token]

    def end_all(self) -> None:
        """Every token given so far is invalid from now on."""
        self._generation += 1
        self._used.clear()

    def _signature(self, signed: str) -> str:
        secret = f"{self._slug}/{self._generation}".encode()
        return _base64(hmac.digest(secret, signed.encode(), "sha256"))


def _encoded(part: dict[str, Any]) -> str:
    return _base64(orjson.dumps(part))


def _base64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
