"""Files of the portal: whole, resumed where a connection broke, and never completed when they are not as announced."""

import asyncio
import hashlib
from dataclasses import replace

import pytest

from connectors.errors import ConnectorError, FixData, NotPermitted, Unavailable
from connectors.http import AddressRefused, Damaged, streams
from sandbox.casestatus.blobs import MadeBlob
from sandbox.faults import FaultKind, FaultRule
from sandbox.seed import WorldOptions
from sandbox.testing import SandboxServer
from tests.connectors.clients import portal_client
from tests.connectors.mailroom import KEY, Mailroom

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def served():
    with SandboxServer(WorldOptions(matters=3), limits_on=False) as server:
        yield server


@pytest.fixture
def room(served, monkeypatch):
    monkeypatch.setattr(streams, "_FIRST_PAUSE", 0.001)
    served.reset()
    return Mailroom(served)


@pytest.fixture
async def portal(room):
    client = portal_client(room.server, KEY)
    yield client
    await client.close()


def spoil(room, kind, **rule):
    """Spoil what is asked of the signed addresses."""
    return room.server.controls.faults.add(FaultRule("casestatus", kind, method="GET", path="/blob/*", **rule))


async def document(room, portal, size=3 * MIB, **changes):
    number = room.put("scan.pdf", size=size, seed=7)
    return replace(await portal.document(number), **changes)


async def fetched(portal, document, midway=lambda: None):
    """What comes, and what ended it; ``midway`` happens after each piece."""
    taken = b""
    try:
        async for piece in portal.download(document):
            taken += piece
            midway()
    except ConnectorError as error:
        return taken, error
    return taken, None


def expected(size=3 * MIB):
    return b"".join(MadeBlob(size, 7).read(0, size))


@pytest.mark.parametrize("size", [0, 1, 65_536, streams.PIECE, streams.PIECE + 1, 3 * MIB])
async def test_every_byte_comes(room, portal, size):
    file = await document(room, portal, size)
    assert await fetched(portal, file) == (expected(size), None)
    assert portal.counts.requests["Case Status", "GET (file)", 200] == 1


async def test_every_iteration_fetches_anew(room, portal):
    download = portal.download(await document(room, portal, 10))
    for _ in range(2):
        assert b"".join([piece async for piece in download]) == expected(10)


@pytest.mark.parametrize("after_bytes", [0, 1, MIB, 3 * MIB - 1])
async def test_a_cut_transfer_goes_on_where_it_broke(room, portal, after_bytes):
    spoil(room, FaultKind.CUT_DOWNLOAD, after_bytes=after_bytes)
    assert await fetched(portal, await document(room, portal)) == (expected(), None)
    counted = portal.counts.requests
    assert counted["Case Status", "GET (file)", 200] + counted["Case Status", "GET (file)", 206] == 2
    assert room.asked("casestatus", "GET /v1/api/files/{id}") == 3, "each connection begins with an address of its own"


async def test_as_long_as_it_goes_on_it_may_break_again(room, portal):
    spoil(room, FaultKind.CUT_DOWNLOAD, after_bytes=MIB // 4, count=9)
    assert await fetched(portal, await document(room, portal)) == (expected(), None)


async def test_a_transfer_that_gets_no_further_is_given_up(room, portal):
    spoil(room, FaultKind.CUT_BEFORE, count=None)
    taken, error = await fetched(portal, await document(room, portal))
    assert (taken, type(error)) == (b"", Unavailable)
    assert room.asked("casestatus", "GET /blob/{id}") == 6


@pytest.mark.parametrize("status", [500, 503, 429, 408])
async def test_faults_that_pass_are_waited_out(room, portal, status):
    spoil(room, FaultKind.STATUS, status=status, count=2)
    assert await fetched(portal, await document(room, portal)) == (expected(), None)


async def test_an_address_that_has_expired_is_asked_for_again(room, portal):
    file = await document(room, portal)
    room.server.controls.clock.advance(3600)
    spoil(room, FaultKind.CLOCK_SKEW, seconds=3600)
    assert await fetched(portal, file) == (expected(), None)
    assert portal.counts.requests["Case Status", "GET (file)", 403] == 1


async def test_addresses_that_never_work_are_given_up(room, portal):
    spoil(room, FaultKind.CLOCK_SKEW, seconds=3600, count=None)
    taken, error = await fetched(portal, await document(room, portal))
    assert (taken, type(error)) == (b"", AddressRefused)


async def test_a_file_that_is_still_being_scanned_is_not_ready(room, portal):
    number = room.put("scan.pdf", "words", ready_in=60)
    taken, error = await fetched(portal, await portal.document(number))
    assert (taken, type(error)) == (b"", Unavailable)
    assert "scanning" in str(error)
    assert room.asked("casestatus", "GET /blob/{id}") == 0


@pytest.mark.parametrize("announced", [1, 3 * MIB - 1, 3 * MIB + 1, 5 * MIB])
async def test_another_size_than_announced_is_damage(room, portal, announced):
    file = replace(await document(room, portal), size=announced)
    taken, error = await fetched(portal, file)
    assert isinstance(error, Damaged)
    assert len(taken) < min(announced, 3 * MIB), "the last piece is withheld"
    assert f"announced {announced:,} bytes" in str(error)


@pytest.mark.parametrize("size", [1, 100, 3 * MIB])
async def test_another_hash_than_announced_is_damage_and_the_last_piece_is_withheld(room, portal, size):
    file = await document(room, portal, size, sha256=hashlib.sha256(b"other").hexdigest())
    taken, error = await fetched(portal, file)
    assert isinstance(error, Damaged)
    assert len(taken) < size
    assert expected(size).startswith(taken)


async def test_an_empty_file_with_a_hash_is_checked_too(room, portal):
    assert await fetched(portal, await document(room, portal, 0)) == (b"", None)
    _, error = await fetched(portal, await document(room, portal, 0, sha256="0" * 64))
    assert isinstance(error, Damaged)


async def test_without_a_hash_the_size_must_do_and_letter_case_does_not_matter(room, portal):
    file = await document(room, portal)
    for sha256 in (None, file.sha256.upper()):
        assert await fetched(portal, replace(file, sha256=sha256)) == (expected(), None)


async def test_a_file_that_changes_between_two_connections_is_damage(room, portal):
    file = await document(room, portal)
    spoil(room, FaultKind.CUT_DOWNLOAD, after_bytes=MIB)
    other = MadeBlob(3 * MIB, 8)
    taken, error = await fetched(portal, file, lambda: setattr(room.file(file.id), "blob", other))
    assert isinstance(error, Damaged)
    assert "SHA-256" in str(error)
    assert len(taken) < 3 * MIB


async def test_a_file_that_is_deleted_meanwhile_is_not_taken_for_a_case_that_is_gone(room, portal):
    file = await document(room, portal)
    spoil(room, FaultKind.CUT_DOWNLOAD, after_bytes=MIB)
    gone = {"errors": [{"code": "not_found", "message": "There is no such file."}]}
    room.server.controls.faults.add(
        FaultRule("casestatus", FaultKind.STATUS, path="/v1/api/files/*", skip=1, status=404, body=gone)
    )
    taken, error = await fetched(portal, file)
    assert 0 < len(taken) < 3 * MIB
    assert isinstance(error, FixData)
    assert error.status is None, "404 would be taken for what Clio says of the matter"
    assert "deleted" in str(error)


async def test_a_key_that_is_refused_meanwhile_stops_it(room, portal):
    file = await document(room, portal)
    room.firm.api_enabled = False
    _, error = await fetched(portal, file)
    assert isinstance(error, NotPermitted)


async def test_a_reader_that_stops_early_leaves_nothing_behind(room, portal):
    before = asyncio.all_tasks()
    download = aiter(portal.download(await document(room, portal)))
    assert len(await anext(download)) <= streams.PIECE
    await download.aclose()
    await asyncio.sleep(0.01)
    assert asyncio.all_tasks() == before
    assert await fetched(portal, await document(room, portal, 10)) == (expected(10), None)
