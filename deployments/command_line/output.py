"""What the commands say: tables and sentences for people, or one JSON document for scripts."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, and nothing else there.")]

people = Console(highlight=False, soft_wrap=True)
beside = Console(stderr=True, highlight=False, soft_wrap=True)
"""Where progress and hints go, so that standard output stays what was asked for."""


class Refused(Exception):
    """A command that cannot be carried out: one sentence that names the fix. ``code`` is what the process ends with."""

    def __init__(self, sentence: str, code: int = 2) -> None:
        super().__init__(sentence)
        self.code = code


def print_json(found: Any) -> None:
    """The one document of a command run with ``--json``."""
    typer.echo(orjson.dumps(found, default=str, option=orjson.OPT_INDENT_2).decode())


def print_table(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], title: str = "") -> None:
    """Rows as a table; ``columns`` give the heading of each key that is shown."""
    table = Table(title=title or None, title_justify="left")
    for place, heading in enumerate(columns.values()):
        table.add_column(heading, no_wrap=place == 0)  # what names the row stays whole
    for row in rows:
        table.add_row(*(Text("" if row[key] is None else str(row[key])) for key in columns))
    people.print(table)


def say(text: str, *, under: str = "") -> None:
    """A line for people, whatever stands in it; ``under`` is a heading before it."""
    if under:
        people.print(f"[bold]{escape(under)}[/bold] ", end="")
    people.print(text, markup=False)
