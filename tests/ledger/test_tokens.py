"""Tokens: encrypted at rest, one refresher at a time, overtaken saves refused, keys rotated."""

import stat
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text

from domain.token import Token
from ledger import KeyUnusable, Ledger
from tests.ledger.samples import NOON, HandClock

TOKEN = Token("access-canary", NOON, "refresh-canary", "previous-canary", "fingerprint")


def keep(ledger: Ledger, token: Token = TOKEN, key: str = "clio:a") -> Token:
    fence = ledger.tokens.hold(key, "me", 60)
    assert fence is not None
    saved = ledger.tokens.save(key, fence, token)
    ledger.tokens.release(key, fence)
    assert saved is not None
    return saved


def test_a_token_comes_back_with_its_version(ledger: Ledger) -> None:
    assert ledger.tokens.load("clio:a") is None
    assert keep(ledger) == ledger.tokens.load("clio:a") == replace(TOKEN, version=1)
    assert keep(ledger).version == 2
    assert ledger.tokens.load("clio:b") is None


def test_nothing_of_it_can_be_read_in_the_database(ledger: Ledger) -> None:
    keep(ledger)
    with ledger._database.reading() as connection:
        [row] = connection.execute(text("SELECT * FROM tokens")).all()
    assert b"canary" not in bytes(row.body)
    assert "canary" not in str(row)


def test_one_refresher_at_a_time(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = HandClock(ledger, monkeypatch)
    assert ledger.tokens.hold("clio:a", "first", 30) == 1
    assert ledger.tokens.hold("clio:a", "first", 30) is None
    assert ledger.tokens.hold("clio:b", "first", 30) == 1
    clock.turn(seconds=30)
    assert ledger.tokens.hold("clio:a", "second", 30) == 2
    ledger.tokens.release("clio:a", 1)
    assert ledger.tokens.hold("clio:a", "third", 30) is None, "a late release lets nobody in"
    ledger.tokens.release("clio:a", 2)
    assert ledger.tokens.hold("clio:a", "third", 30) == 3


def test_an_overtaken_refresher_saves_nothing(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = HandClock(ledger, monkeypatch)
    ledger.tokens.hold("clio:a", "slow", 30)
    clock.turn(seconds=31)
    ledger.tokens.hold("clio:a", "quick", 30)
    assert ledger.tokens.save("clio:a", 2, TOKEN) is not None
    assert ledger.tokens.save("clio:a", 1, replace(TOKEN, access_token="late")) is None
    kept = ledger.tokens.load("clio:a")
    assert kept is not None
    assert kept.access_token == TOKEN.access_token
    assert ledger.tokens.save("never-held", 1, TOKEN) is None


def test_a_slow_refresher_that_nobody_overtook_still_saves(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = HandClock(ledger, monkeypatch)
    ledger.tokens.hold("clio:a", "slow", 30)
    clock.turn(hours=1)
    assert ledger.tokens.save("clio:a", 1, TOKEN) is not None, "a rotated refresh token must not be lost"


def test_a_forgotten_token_cannot_be_saved_back(ledger: Ledger) -> None:
    keep(ledger)
    fence = ledger.tokens.hold("clio:a", "refreshing", 30)
    assert fence is not None
    ledger.tokens.forget("clio:a")
    assert ledger.tokens.load("clio:a") is None
    assert ledger.tokens.save("clio:a", fence, TOKEN) is None
    assert keep(ledger).version == 2, "versions go on"
    ledger.tokens.forget("never-seen")


def test_the_key_file_is_private_and_stays(ledger: Ledger, home: Path, url: str) -> None:
    assert not (home / "ledger.key").exists(), "no key is made before it is needed"
    keep(ledger)
    assert stat.S_IMODE((home / "ledger.key").stat().st_mode) == 0o600
    assert sorted(path.name for path in home.iterdir()) == ["ledger.key"]
    with Ledger.open(url) as again:
        assert again.tokens.load("clio:a") == replace(TOKEN, version=1)


def test_keys_are_rotated(url: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    monkeypatch.setenv("CASEBRIDGE_ENCRYPTION_KEY", old)
    with Ledger.open(url) as first:
        keep(first)
    monkeypatch.setenv("CASEBRIDGE_ENCRYPTION_KEY", f"{new}, {old}")
    with Ledger.open(url) as both:
        assert both.tokens.load("clio:a") is not None
        keep(both)
    monkeypatch.setenv("CASEBRIDGE_ENCRYPTION_KEY", new)
    with Ledger.open(url) as second:
        assert second.tokens.load("clio:a") == replace(TOKEN, version=2)
    assert not home.exists()


def test_another_key_is_said_to_be_the_reason(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Ledger.open(url) as first:
        keep(first)
    monkeypatch.setenv("CASEBRIDGE_ENCRYPTION_KEY", Fernet.generate_key().decode())
    with Ledger.open(url) as other:
        with pytest.raises(KeyUnusable, match="encrypted with another key"):
            other.tokens.load("clio:a")
        other.tokens.forget("clio:a")
        assert other.tokens.load("clio:a") is None


def test_a_malformed_key_is_named_but_not_shown(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASEBRIDGE_ENCRYPTION_KEY", "canary")
    with pytest.raises(KeyUnusable, match="CASEBRIDGE_ENCRYPTION_KEY") as refused:
        keep(ledger)
    assert "canary" not in str(refused.value)
