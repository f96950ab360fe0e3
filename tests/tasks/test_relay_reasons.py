"""The table of the relays' reasons and the code that gives them must not part ways."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import ledger.deliveries
import tasks.relay
import tasks.troubles
from domain.relay_reasons import RELAY_REASONS

GIVEN_AT = {
    "Held": 0, "Refused": 0, "NotYet": 0, "stopped_by": 0,
    "_give_up": 1, "give_up": 1, "_postpone": 1, "postpone": 1, "_abandon": 1, "failed": 1,
}  # fmt: skip
"""Calls that say why, and the place of the code among their arguments."""


def given_codes(tree: ast.AST) -> Iterator[str]:
    """Every code that is written out where a reason is given."""
    for node in ast.walk(tree):
        match node:
            case ast.Call():
                yield from texts(given_to(node))
            case ast.Assign(targets=[ast.Subscript(value=ast.Name(id="wrong"), slice=code)]):
                yield from texts([code])
            case ast.FunctionDef(name="_code"):
                yield from texts([one.value for one in ast.walk(node) if isinstance(one, ast.Return)])
            case ast.AnnAssign(target=ast.Name(id="_CODES"), value=ast.Tuple(elts=[*pairs])):
                yield from texts([pair.elts[0] for pair in pairs if isinstance(pair, ast.Tuple)])
            case ast.keyword(arg="code", value=code) | ast.keyword(arg="given_up", value=ast.Tuple(elts=[code, *_])):
                yield from texts([code])
            case ast.Dict(keys=[*keys], values=[*values]):
                yield from texts([value for key, value in zip(keys, values, strict=True) if texts_of(key) == ["code"]])


def given_to(call: ast.Call) -> list[ast.expr | None]:
    """The arguments of a call that are codes, if it is one that takes any."""
    match call:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[*given]) if name in GIVEN_AT:
            return [*given[GIVEN_AT[name] :][:1]]
        case ast.Call(func=ast.Attribute(attr="to_thread"), args=[ast.Attribute(attr=name), *given]) if (
            name in GIVEN_AT
        ):
            return [*given[GIVEN_AT[name] :][:1]]
        case ast.Call(func=ast.Name(id="Row"), args=[*given]):
            return [key for one in given if isinstance(one, ast.Dict) for key in one.keys]
        case ast.Call(func=ast.Name(id="frozenset"), args=[ast.Set(elts=codes)]):
            return [*codes]
    return []


def texts(nodes: list[ast.expr | None]) -> Iterator[str]:
    for node in nodes:
        yield from texts_of(node)


def texts_of(node: ast.expr | None) -> list[str]:
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.IfExp(body=one, orelse=other):
            return texts_of(one) + texts_of(other)
    return []


def modules() -> list[Path]:
    relay = sorted(Path(next(iter(tasks.relay.__path__))).glob("*.py"))
    return [*relay, Path(ledger.deliveries.__file__), Path(tasks.troubles.__file__)]


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.stem)
def test_every_code_that_is_given_has_a_meaning_and_a_fix(path: Path) -> None:
    assert set(given_codes(ast.parse(path.read_text()))) <= set(RELAY_REASONS)


def test_every_code_of_the_table_is_given_somewhere() -> None:
    given = {code for path in modules() for code in given_codes(ast.parse(path.read_text()))}
    assert given == set(RELAY_REASONS)


@pytest.mark.parametrize("code", RELAY_REASONS)
def test_meanings_are_few_words_and_fixes_are_sentences(code: str) -> None:
    reason = RELAY_REASONS[code]
    assert len(reason.meaning) < 60
    assert not reason.meaning.endswith(".")
    assert reason.fix.endswith(".")
    assert code == code.lower()
