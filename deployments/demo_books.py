"""The demo's bookkeeping: a firm's costs and settlements go into its Soluno, and what became of them comes back."""

from decimal import Decimal

import httpx
import pandas as pd
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from blocks.soluno import SolunoCredentials
from deployments.local import Installation

ROWS_SHOWN = 8


async def connect_books(place: Installation, slug: str, requests_per_minute: int) -> SolunoCredentials:
    """Save what connects the demo's firm to its Soluno, with everything chosen that postings need."""
    async with httpx.AsyncClient(base_url=f"{place.sandbox}/__sandbox__") as sandbox:
        known = (await sandbox.get(f"/soluno/firms/{slug}")).raise_for_status().json()
        limits = {"soluno": {"requests": requests_per_minute, "parallel": 5}}
        (await sandbox.post("/limits", json=limits)).raise_for_status()
    credentials = SolunoCredentials(
        host=known["host"],
        username=known["user_name"],
        password=SecretStr(known["password"]),
        organization=known["organization_name"],
        verification_answer=SecretStr(known["verification_answer"]),
        cost_posting_reference="ACC",
        operating_account="Operating",
        trust_account="Client Trust",
        release_mode="auto",
        requests_per_minute=requests_per_minute,
    )
    await credentials.asave(f"{slug}-soluno", overwrite=True)
    return credentials


def print_cheques(place: Installation, slug: str) -> None:
    """The firm's bookkeeper prints what waits in the queue."""
    httpx.post(f"{place.sandbox}/__sandbox__/soluno/firms/{slug}/print", json={}).raise_for_status()


def tell_pushed(place: Installation, slug: str, console: Console) -> None:
    """Print what the first push did: sums by kind, what waits and why, and what Soluno holds now."""
    reports = sorted((place.home / "reports" / slug).glob("costs-*.csv"), key=lambda path: path.stat().st_mtime_ns)
    report = pd.read_csv(reports[0], dtype=str, keep_default_na=False)
    console.print(_sums(report[report["result"] == "posted"]))
    waiting = report[~report["result"].isin(["posted", "skipped", "compared"])].drop_duplicates("reason_code")
    if not waiting.empty:
        table = Table(
            "kind", "case", "amount", "reason", title="What waits, the first of each reason", title_justify="left"
        )
        for row in waiting.head(ROWS_SHOWN).to_dict("records"):
            table.add_row(row["kind"], row["case_id"], row["amount"], row["reason"])
        console.print(table)
    books = httpx.get(f"{place.sandbox}/__sandbox__/soluno/firms/{slug}/books").raise_for_status().json()
    counted = {
        name: len(books[name]) for name in ("CostEntries", "FeeEntries", "TrustReceipts", "TrustCheques", "Invoices")
    }
    held = sum(Decimal(balances["Trust"]) for balances in books["Balances"].values())
    console.print(
        f"Soluno now holds {counted['CostEntries']} costs, {counted['FeeEntries']} fees and charges, "
        f"{counted['TrustReceipts']} deposits, {counted['TrustCheques']} trust cheques and {counted['Invoices']} invoices, each "
        f"once; {held:,.2f} is in trust.",
        soft_wrap=True,
    )
    console.print(f"The report, one row per cost and posting: {reports[0]}", soft_wrap=True)


def _sums(posted: pd.DataFrame) -> Table:
    table = Table("kind", "entries", "amount", title="What was posted", title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    for kind, amounts in posted.groupby("kind")["amount"]:
        table.add_row(str(kind), f"{len(amounts):,}", f"{sum(map(Decimal, amounts)):,.2f}")
    table.add_row("all", f"{len(posted):,}", f"{sum(map(Decimal, posted['amount'])):,.2f}", style="bold")
    return table
