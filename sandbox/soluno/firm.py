"""One firm's Soluno: who may log in, and the books of each organization that the firm keeps there."""

from collections.abc import Callable
from typing import Any

from sandbox.seed import Firm
from sandbox.soluno.agenda import Agenda
from sandbox.soluno.books import Books
from sandbox.soluno.logins import Login, Sessions
from sandbox.soluno.seeds import designated_email, organization_name
from sandbox.soluno.switches import Switches

API = "api/rest/"
QUESTION = "What was the name of your first school?"
ANSWER = "Juniper Lane"


class SolunoFirm:
    """``books`` are those that casebridge works in; ``training`` are a second organization, for people to practise in."""

    def __init__(self, seed: Firm, now: Callable[[], float]) -> None:
        self.seed = seed
        self.slug = seed.slug
        self.now = now
        self.switches = Switches()
        self.sessions = Sessions()
        self.agenda = Agenda()
        name = organization_name(seed)
        self.books = Books(seed, seed.rank * 2, name, self.seconds())
        self.training = Books(seed, seed.rank * 2 + 1, name.replace(" Books", " Training Books"), self.seconds())
        self.organizations = {books.id: books for books in (self.books, self.training)}
        self.designated = self._login(designated_email(seed.slug), self.books)
        administrator = self._login(seed.staff.admin.email, self.books, self.training)
        self.logins = {login.user_name: login for login in (self.designated, administrator)}

    def seconds(self) -> int:
        """Unix seconds of the sandbox's now."""
        return int(self.now())

    def connection(self, base_url: str) -> dict[str, Any]:
        """What there is to connect with: host, api_base, user_name, password, organization_name, verification_answer."""
        host = f"{base_url.rstrip('/')}/soluno/{self.slug}"
        return {
            "host": host,
            "api_base": f"{host}/{API.rstrip('/')}",
            "user_name": self.designated.user_name,
            "password": self.designated.password,
            "organization_name": self.books.name,
            "verification_question": self.designated.question,
            "verification_answer": self.designated.answer,
        }

    def _login(self, email: str, *where: Books) -> Login:
        """The login of whoever has that e-mail in some books."""
        users = ((books.id, user) for books in where for user in books.users.values())
        user_ids = {books_id: user.id for books_id, user in users if user.email == email}
        return Login(email, f"oak-ledger-{self.slug}", user_ids, QUESTION, ANSWER)
