"""Short-lived access tokens, encrypted at rest, one refresher at a time (``TokenStore`` of the connectors)."""

from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Select, select, update

from domain.token import Token
from ledger.cipher import Cipher
from ledger.database import Database, upsert
from ledger.store import Store
from ledger.tables import tokens

_token = TypeAdapter(Token)


class Tokens(Store):
    """Tokens by connection, e.g. ``clio:harrow-pike``."""

    def __init__(self, database: Database, key_directory: Path) -> None:
        super().__init__(database)
        self._key_directory = key_directory

    @cached_property
    def _cipher(self) -> Cipher:
        return Cipher.open(self._key_directory)

    def load(self, key: str) -> Token | None:
        """The current token, or None. Raises KeyUnusable when it was encrypted with a key we do not have."""
        with self._database.reading() as connection:
            row = connection.execute(select(tokens.c.body, tokens.c.version).where(tokens.c.key == key)).one_or_none()
        if row is None or row.body is None:
            return None
        return replace(_token.validate_json(self._cipher.decrypt(row.body)), version=row.version)

    def hold(self, key: str, owner: str, seconds: float) -> int | None:
        """Become the only refresher for ``seconds``; the fence number, or None while another one holds it."""
        with self._database.reading() as connection:
            # Those who wait ask often: they shall not stand in the way of the one who holds it.
            held_until = connection.execute(select(tokens.c.held_until).where(tokens.c.key == key)).scalar_one_or_none()
            if held_until is not None and held_until > self._database.now(connection):
                return None
        with self._database.writing() as connection:
            upsert(connection, tokens, [{"key": key, "version": 0, "fence": 0}], update=())
            row = connection.execute(_locked(key)).one()
            now = self._database.now(connection)
            if row.held_until is not None and row.held_until > now:
                return None
            fence: int = row.fence + 1
            values = {"fence": fence, "owner": owner, "held_until": now + timedelta(seconds=seconds)}
            connection.execute(update(tokens).where(tokens.c.key == key).values(values))
        return fence

    def save(self, key: str, fence: int, token: Token) -> Token | None:
        """Store ``token`` with the next version if ``fence`` is still the newest; None when it was overtaken.

        A hold that has run out but was not overtaken may still save: a rotated refresh token must not be lost.
        """
        with self._database.writing() as connection:
            row = connection.execute(_locked(key)).one_or_none()
            if row is None or row.fence != fence:
                return None
            saved = replace(token, version=row.version + 1)
            body = self._cipher.encrypt(_token.dump_json(saved))
            connection.execute(update(tokens).where(tokens.c.key == key).values(body=body, version=saved.version))
        return saved

    def release(self, key: str, fence: int) -> None:
        """Let the next refresher in; a no-op when already overtaken."""
        with self._database.writing() as connection:
            own = (tokens.c.key == key) & (tokens.c.fence == fence)
            connection.execute(update(tokens).where(own).values(owner=None, held_until=None))

    def forget(self, key: str) -> None:
        """Drop the token and overtake whoever is refreshing it (disconnect)."""
        with self._database.writing() as connection:
            gone = {"body": None, "owner": None, "held_until": None, "fence": tokens.c.fence + 1}
            connection.execute(update(tokens).where(tokens.c.key == key).values(gone))


def _locked(key: str) -> Select[Any]:
    return select(tokens).where(tokens.c.key == key).with_for_update()
