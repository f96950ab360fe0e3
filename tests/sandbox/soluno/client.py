"""A caller of one firm's Soluno, for the tests of this folder."""

from types import TracebackType
from typing import Any, Self

import httpx

from sandbox.soluno.firm import SolunoFirm
from sandbox.testing import SandboxServer

SLUG = "harrow-pike"
DEVICE = "hub-01"
DAY = "2031-02-03"
Record = dict[str, Any]


class Bookkeeper:
    """Whoever holds the designated login of a firm; ``firm`` is the state behind it."""

    def __init__(self, server: SandboxServer, slug: str = SLUG) -> None:
        self.server = server
        self.connection = server.soluno.connect(slug, server.url)
        self.firm: SolunoFirm = server.soluno.firms[slug]
        self.books = self.firm.books
        self.http = httpx.Client(base_url=self.connection["api_base"], verify=False)
        self.control = httpx.Client(base_url=f"{server.url}/__sandbox__/soluno/firms/{slug}", verify=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()
        self.control.close()

    def try_login(self, *, answer: bool = False, **changes: Any) -> httpx.Response:
        names = {"UserName": "user_name", "Password": "password", "OrganizationName": "organization_name"}
        body = {name: self.connection[known] for name, known in names.items()} | {"DeviceId": DEVICE}
        if answer:
            body["VerificationAnswer"] = self.connection["verification_answer"]
        return self.http.post("/Session", json=body | changes)

    def log_in(self, *, answer: bool = False, **changes: Any) -> Record:
        """A session that the calls after it use."""
        session: Record = self.good(self.try_login(answer=answer, **changes), 201)
        self.http.headers["Authorization"] = f"Bearer {session['SessionToken']}"
        return session

    def good(self, answer: httpx.Response, status: int = 200) -> Any:
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def get(self, path: str, **query: Any) -> Any:
        return self.good(self.http.get(f"/{path}", params=query))

    def items(self, path: str, **query: Any) -> list[Record]:
        return list(self.get(path, **query)["Items"])

    def try_post(self, path: str, body: Record) -> httpx.Response:
        return self.http.post(f"/{path}", json=body)

    def post(self, path: str, body: Record, status: int = 201) -> Any:
        return self.good(self.try_post(path, body), status)

    def change(self, path: str, **values: Any) -> Any:
        """One of the control routes."""
        return self.good(self.control.post(path, json=values))

    def told(self) -> Any:
        """Everything there is in the books."""
        return self.good(self.control.get("/books"))

    def user(self, place: int = 0) -> Record:
        """A user who records time."""
        users = self.items("Users", Active="true", PageSize=200)
        return [user for user in users if user["RecordsTime"]][place]

    def named(self, path: str, name: str, **query: Any) -> Record:
        return next(row for row in self.items(path, **query) if name in {row.get("Name"), row.get("Code")})

    def client(self, **changes: Any) -> Record:
        body = {"Kind": "Client", "LastName": "Okafor", "FirstName": "Lena"}
        return self.post("Contacts", body | changes)  # type: ignore[no-any-return]

    def casefile_body(self, **changes: Any) -> Record:
        return {
            "Client": {"ContactId": changes.pop("client_id", None) or self.client()["ContactId"]},
            "AreaOfPracticeId": self.named("AreasOfPractice", "PI")["AreaOfPracticeId"],
            "ResponsibleUserId": self.user()["UserId"],
            "Description": "Okafor, Lena - 08/19/2030",
            "OpenDate": "2031-01-11",
        } | changes

    def casefile(self, **changes: Any) -> Record:
        return self.post("Casefiles", self.casefile_body(**changes))  # type: ignore[no-any-return]

    def cost_body(self, casefile: Record, **changes: Any) -> Record:
        return {
            "CasefileId": casefile["CasefileId"],
            "VendorContactId": self.items("Contacts", Kind="Vendor")[0]["ContactId"],
            "Date": DAY,
            "Amount": "38.75",
            "PostingReferenceId": self.named("PostingReferences", "ACC")["PostingReferenceId"],
            "BankAccountId": self.named("BankAccounts", "Operating")["BankAccountId"],
            "Explanation": "Records fee LI-4471 [CP:hp:cost:55120]",
            "InvoiceNumber": "LI-4471",
            "PrintAction": "Queue",
        } | changes

    def cost(self, casefile: Record, **changes: Any) -> Record:
        return self.post("CostEntries", self.cost_body(casefile, **changes))  # type: ignore[no-any-return]

    def fee_body(self, casefile: Record, **changes: Any) -> Record:
        return {
            "CasefileId": casefile["CasefileId"],
            "UserId": self.user()["UserId"],
            "Date": DAY,
            "Hours": "1.00",
            "Amount": "6000.00",
            "Explanation": "Settlement fee [CP:hp:fee:41873:1]",
        } | changes

    def fee(self, casefile: Record, **changes: Any) -> Record:
        return self.post("FeeEntries", self.fee_body(casefile, **changes))  # type: ignore[no-any-return]

    def trust_account(self, name: str = "Client Trust") -> int:
        return int(self.named("BankAccounts", name, Type="Trust")["BankAccountId"])

    def receipt_body(self, casefile: Record, **changes: Any) -> Record:
        return {
            "CasefileId": casefile["CasefileId"],
            "BankAccountId": self.trust_account(),
            "Date": DAY,
            "Amount": "18000.00",
            "ReceivedFrom": "Meridian Mutual",
            "ReferenceNumber": "00218",
            "Explanation": "Settlement deposit",
        } | changes

    def receipt(self, casefile: Record, **changes: Any) -> Record:
        return self.post("TrustReceipts", self.receipt_body(casefile, **changes))  # type: ignore[no-any-return]

    def cheque_body(self, casefile: Record, **changes: Any) -> Record:
        return {
            "CasefileId": casefile["CasefileId"],
            "BankAccountId": self.trust_account(),
            "PayeeContactId": casefile["Client"]["ContactId"],
            "Date": DAY,
            "Amount": "1200.00",
            "Explanation": "Client's share",
            "PrintAction": "Queue",
        } | changes

    def invoice_body(self, casefile: Record, **changes: Any) -> Record:
        return {
            "CasefileId": casefile["CasefileId"],
            "ThroughDate": DAY,
            "Action": "Release",
            "IncludeCosts": True,
            "IncludeFees": True,
        } | changes

    def invoice(self, casefile: Record, **changes: Any) -> Record:
        return self.post("InvoiceRequests", self.invoice_body(casefile, **changes), 202)  # type: ignore[no-any-return]

    def balances(self, casefile: Record) -> Record:
        return self.get(f"Casefiles/{casefile['CasefileId']}/Balances")  # type: ignore[no-any-return]


def refused(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json()["ErrorCode"]
