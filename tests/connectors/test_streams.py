"""Where files may be fetched from and sent to, what goes out there, and what comes of it."""

import asyncio
import contextlib
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.casestatus import CaseStatusClient
from connectors.errors import FixData, Unavailable, UnexpectedAnswer
from connectors.http import AddressRefused, ForeignAddress, Lent, Patience, Streams, Transport
from tests.connectors.fakes import shared

LISTED = ("files.vendor.test", "*.amazonaws.com", "storage.vendor.test:8443")
REFUSED = [
    "https://evil.test/x",
    "https://files.vendor.test.evil.test/x",
    "https://evilfiles.vendor.test/x",
    "https://evilamazonaws.com/x",
    "https://amazonaws.com/x",
    "https://.amazonaws.com/x",
    "https://bucket.amazonaws.com./x",
    "http://files.vendor.test/x",
    "ftp://files.vendor.test/x",
    "file:///etc/passwd",
    "//files.vendor.test/x",
    "files.vendor.test/x",
    "https:files.vendor.test/x",
    "",
    "https://",
    "https:///x",
    "https://files.vendor.test@evil.test/x",
    "https://evil.test@files.vendor.test/x",
    "https://a:b@files.vendor.test/x",
    "https://@files.vendor.test/x",
    "https://files.vendor.test:443@evil.test/x",
    "https://files.vendor.test:8443/x",
    "https://storage.vendor.test/x",
    "https://files.vendor.test:/x",
    "https://files.vendor.test:99999/x",
    "https://127.0.0.1/x",
    "https://169.254.169.254/latest/meta-data/",
    "https://2130706433/x",
    "https://[::1]/x",
    "https://[files.vendor.test/x",
    "https://evil.test\\.amazonaws.com/x",
    "https://evil.test#.amazonaws.com/x",
    "https://evil.test?.amazonaws.com/x",
    "https://evil.test%2f.amazonaws.com/x",
    "https://evil.test%00.amazonaws.com/x",
    "https://evil.test\t.amazonaws.com/x",
    "https://evil.test\uff0f.amazonaws.com/x",
    "https://evil.test;.amazonaws.com/x",
    "https://évil.amazonaws.com/x",
    "https://files.vendor.test/x HTTP/1.1\r\nHost: evil.test",
    "https://files.vendor.test/\0",
    " https://files.vendor.test/x",
]


@pytest.mark.parametrize("address", REFUSED)
async def test_other_hosts_are_refused_before_anything_is_sent(address):
    streams = Streams("Vendor", LISTED)
    with pytest.raises(ForeignAddress, match="nothing was transferred"):
        await anext(streams.read(address))
    with pytest.raises(ForeignAddress):
        await streams.put(address, {}, 0, _pieces())
    assert streams._opened is None
    assert streams._counts.total == 0


@pytest.mark.parametrize(
    "address",
    [
        "https://files.vendor.test/a%2Fb/{x}[1]?X-Amz-Signature=%2f&b=1%202",
        "https://FILES.vendor.test/x",
        "https://bucket.s3.us-west-2.amazonaws.com/x",
        "https://my_bucket.amazonaws.com/x",
        "https://storage.vendor.test:8443/x",
    ],
)
def test_listed_hosts_are_taken_and_the_address_goes_out_as_it_was_written(address):
    url = Streams("Vendor", LISTED)._checked(address)
    assert url.raw_path_qs == address.partition("://")[2][address.partition("://")[2].index("/") :]
    assert url.raw_authority == urlsplit(address).netloc.lower() or url.raw_authority == urlsplit(address).netloc


def test_plain_http_is_for_test_installations_only():
    assert Streams("Vendor", LISTED, insecure=True)._checked("http://files.vendor.test/x").scheme == "http"


hosts = ["evil.test", "files.vendor.test", ".amazonaws.com", "127.0.0.1", "443", "8443"]
signs = ["://", *":/\\@#?%.[]\t\n \0éA", "\uff0f", "\u3002", "\uff1a"]
parts = st.sampled_from(["https", "http", *hosts, *signs])


@given(
    st.lists(parts, max_size=10).map("".join) | st.lists(parts, max_size=6).map(lambda some: "https://" + "".join(some))
)
@example("https://files.vendor.test\\@evil.test/")
def test_no_spelling_leads_to_another_host(address):
    streams = Streams("Vendor", LISTED)
    with contextlib.suppress(ForeignAddress):
        url = streams._checked(address)
        host, port = url.host, url.port
        assert (host, port) == ("storage.vendor.test", 8443) or port == 443
        assert host in ("files.vendor.test", "storage.vendor.test") or host.endswith(".amazonaws.com")
        assert url.user is None


def test_the_portals_own_host_and_the_blocks_are_listed_and_nothing_else():
    client = CaseStatusClient("k", shared=shared(), host="https://portal.test", file_hosts=["*.amazonaws.com"])
    for address in ("https://portal.test/blob/1", "https://bucket.amazonaws.com/1"):
        assert client._files._checked(address)
    for address in ("http://portal.test/blob/1", "https://other.test/blob/1"):
        with pytest.raises(ForeignAddress):
            client._files._checked(address)


class Vendor:
    """Answers every request the same, over a real socket, and keeps what was asked."""

    def __init__(self, answer: bytes, *, hangs_up: bool) -> None:
        self.answer, self.hangs_up, self.requests = answer, hangs_up, []

    async def serve(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        length = next((int(line[15:]) for line in head.splitlines() if line.lower().startswith("content-length:")), 0)
        with contextlib.suppress(asyncio.IncompleteReadError):
            self.requests.append((head, await reader.readexactly(length)))
            writer.write(self.answer)
            await writer.drain()
        if self.hangs_up:
            writer.close()


@contextlib.asynccontextmanager
async def vendor(answer, *, hangs_up=True, **options):
    served = Vendor(answer, hangs_up=hangs_up)
    server = await asyncio.start_server(served.serve, "127.0.0.1", 0)
    host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    streams = Streams("Vendor", [host], insecure=True, **options)
    try:
        yield served, streams, f"http://{host}/x?sig=1"
    finally:
        await streams.close()
        server.close()


async def _pieces(*pieces, error=None):
    for piece in pieces:
        yield piece
    if error is not None:
        raise error


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nwords"


async def read(streams, address, start=0):
    return b"".join([piece async for piece in streams.read(address, start)])


async def test_no_credentials_go_along():
    async with vendor(OK) as (served, streams, address):
        assert await read(streams, address) == b"words"
        await streams.put(address, {"Content-Type": "image/jpeg", "x-amz-meta-a": "1"}, 5, _pieces(b"wo", b"rds"))
    [(got, _), (put, body)] = served.requests
    assert got.startswith("GET /x?sig=1 HTTP/1.1")
    assert "range" not in got.lower()
    assert body == b"words"
    assert "Content-Type: image/jpeg" in put
    assert "x-amz-meta-a: 1" in put
    for head in (got.lower(), put.lower()):
        assert "authorization" not in head
        assert "cookie" not in head
        assert "transfer-encoding" not in head


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(status):
    async with vendor(OK) as (elsewhere, _, target):
        answer = f"HTTP/1.1 {status} Found\r\nLocation: {target}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        async with vendor(answer.encode()) as (_, streams, address):
            with pytest.raises(UnexpectedAnswer, match=str(status)):
                await read(streams, address)
            with pytest.raises(UnexpectedAnswer, match=str(status)):
                await streams.put(address, {}, 5, _pieces(b"words"))
    assert elsewhere.requests == []


async def test_a_host_that_knows_no_ranges_sends_all_and_what_is_there_already_is_skipped():
    async with vendor(OK) as (served, streams, address):
        assert await read(streams, address, start=3) == b"ds"
        assert await read(streams, address, start=5) == b""
    assert "Range: bytes=3-" in served.requests[0][0]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (403, AddressRefused),
        (400, UnexpectedAnswer),
        (404, UnexpectedAnswer),
        (416, UnexpectedAnswer),
        (500, Unavailable),
    ],
)
async def test_what_the_host_refuses(status, kind):
    answer = f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
    async with vendor(answer) as (served, streams, address):
        with pytest.raises(kind):
            await read(streams, address)
        with pytest.raises(kind):
            await streams.put(address, {}, 5, _pieces(b"words"))
        assert len(served.requests) == 2, "nothing is repeated behind the caller's back"
        assert streams._counts.requests["Vendor", "PUT (file)", status] == 1


async def test_a_silent_host_is_given_up():
    async with vendor(OK.replace(b": 5", b": 50"), hangs_up=False, silence=0.05) as (_, streams, address):
        with pytest.raises(Unavailable):
            await read(streams, address)


async def test_what_stops_the_source_stops_the_upload_and_is_what_is_told():
    async with vendor(OK) as (served, streams, address):
        with pytest.raises(FixData, match="damaged"):
            await streams.put(address, {}, 5, _pieces(b"wor", error=FixData("It is damaged.")))
    assert served.requests == [], "the request never became whole"


async def test_who_must_be_asked_is_asked_before_each_transfer():
    class NotNow(Exception):
        pass

    def refuse():
        raise NotNow

    async with vendor(OK, may_send=refuse) as (served, streams, address):
        with pytest.raises(NotNow):
            await read(streams, address)
        with pytest.raises(NotNow):
            await streams.put(address, {}, 5, _pieces(b"words"))
        assert served.requests == []


async def test_lent_sockets_stay_open_for_the_others():
    async with vendor(OK) as (served, _, address):
        sockets = Transport()
        host = address.partition("/x")[0]
        for _ in range(2):
            client = CaseStatusClient("k", shared=shared(), host=host, transport=Lent(sockets))
            client.connection._patience = Patience(attempts=1)
            with pytest.raises(Unavailable):
                await client.me()
            await client.close()
            assert not sockets.client.closed
        await sockets.aclose()
        assert sockets.client.closed
        assert len(served.requests) == 2
