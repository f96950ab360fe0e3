"""`casebridge`: the commands put together, and how they fail: with one sentence that says what to do."""

import sys

import httpx
import typer
from prefect.exceptions import PrefectHTTPStatusError

from deployments.command_line import doctor, firms, runs
from deployments.command_line.output import Refused, beside
from domain.errors import BadInput
from ledger import LedgerTooNew, LedgerUnusable

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Keep law firms' case systems, client portals and accounting in step. Every command takes --json.",
    epilog="Works with the Prefect server at PREFECT_API_URL (and PREFECT_API_AUTH_STRING), and with the ledger at "
    "CASEBRIDGE_DATABASE_URL or below CASEBRIDGE_HOME. Ends with 0, with 2 when a command cannot be carried out, with 1 or 3 "
    "as the command says.",
)
app.add_typer(firms.app, name="firm")
app.command()(runs.sync)
app.command()(runs.report)
app.command("doctor")(doctor.examine)


def main() -> None:
    """Run the command that was typed."""
    try:
        app()
    except Refused as refused:
        beside.print(str(refused), markup=False)
        sys.exit(refused.code)
    except (PrefectHTTPStatusError, httpx.HTTPStatusError) as error:
        status = error.response.status_code
        beside.print(
            f"The Prefect server answered {status} to {error.request.url.path}. Its log says more.", markup=False
        )
        sys.exit(2)
    except (BadInput, LedgerUnusable, LedgerTooNew) as error:
        beside.print(str(error), markup=False)
        sys.exit(2)


if __name__ == "__main__":
    main()
