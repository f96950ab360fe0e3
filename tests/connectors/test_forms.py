"""Forms with a file in them: whole or never ended, sent once, and timed by what moves."""

import asyncio
import contextlib
from email.parser import BytesParser
from email.policy import HTTP

import pytest

from connectors.errors import AnswerLost, FixData, RateLimited, Unavailable
from connectors.http import BearerAuth, Connection, Damaged, Form, Patience, Timeouts

CONTENT = bytes(range(256)) * 4096
SIZE = len(CONTENT)
PLAIN = b"Content-Length: 2\r\nContent-Type: application/json\r\n\r\n{}"
OK, REFUSED = b"HTTP/1.1 200 OK\r\n" + PLAIN, b"HTTP/1.1 413 Too Large\r\nConnection: close\r\n" + PLAIN


class Vendor:
    """Answers one after the other over a real socket; keeps the heads and the bodies as far as they came."""

    def __init__(self, *answers: bytes, reads: bool = True) -> None:
        self.answers, self.reads, self.heads, self.bodies = list(answers), reads, [], []

    async def serve(self, reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                self.heads.append((await reader.readuntil(b"\r\n\r\n")).decode("latin-1"))
                self.bodies.append(b"")
                length = next(int(line[15:]) for line in self.heads[-1].splitlines() if "Content-Length" in line)
                while self.reads and len(self.bodies[-1]) < length and (piece := await reader.read(65536)):
                    self.bodies[-1] += piece
                if not self.reads or len(self.bodies[-1]) == length:
                    writer.write(self.answers.pop(0) if self.answers else b"")
                if not self.answers:
                    break
        if self.reads:
            writer.close()

    def parts(self, number: int = 0):
        """A body as another reader of such forms understands it: file name and bytes by name of the part."""
        kind = next(line for line in self.heads[number].splitlines() if line.startswith("Content-Type"))
        parts = BytesParser(policy=HTTP).parsebytes(f"{kind}\r\n\r\n".encode() + self.bodies[number]).iter_parts()
        return {
            part.get_param("name", header="content-disposition"): (part.get_filename(), part.get_payload(decode=True))
            for part in parts
        }


@contextlib.asynccontextmanager
async def connected(vendor, **options):
    server = await asyncio.start_server(vendor.serve, "127.0.0.1", 0)
    link = Connection(
        "Vendor",
        f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}",
        explain=lambda answer: FixData("refused", status=answer.status),
        patience=Patience(first_pause=0.0),
        **options,
    )
    try:
        yield link
    finally:
        await link.aclose()
        server.close()


class File:
    """A file in pieces, which may be slow, or end in trouble."""

    def __init__(self, content=CONTENT, pause=0.0, error=None):
        self.content, self.pause, self.error, self.times = content, pause, error, 0

    async def __aiter__(self):
        self.times += 1
        for start in range(0, len(self.content), 262_144):
            await asyncio.sleep(self.pause)
            yield self.content[start : start + 262_144]
        if self.error is not None:
            raise self.error


def form(file=None, fields=None, size=SIZE, **changes):
    whole = {"part": "file", "file_name": "er-bill.pdf", "content_type": "application/pdf", "size": size}
    return Form("Vendor", fields or {"comments": "casebridge file:1"}, pieces=file or File(), **whole | changes)


async def upload(link, sent=None):
    return await link.upload("/cases/1/documents", route="/cases/{id}/documents", form=sent or form())


async def test_fields_and_file_arrive_whole_and_their_length_is_said_beforehand():
    vendor = Vendor(OK)
    fields = {"documentName": "Röntgen 👨‍👩‍👧.pdf", "description": "two\r\nlines, --dashes", "empty": ""}
    async with connected(vendor) as link:
        answer = await upload(link, form(fields=fields))
    assert answer.body == {}
    assert "transfer-encoding" not in vendor.heads[0].lower()
    read = {
        name: (file_name, content.decode() if file_name is None else content)
        for name, (file_name, content) in vendor.parts().items()
    }
    assert read == {name: (None, text) for name, text in fields.items()} | {"file": ("er-bill.pdf", CONTENT)}
    assert link.counts.requests["Vendor", "POST /cases/{id}/documents", 200] == 1


@pytest.mark.parametrize("content", [b"", b"\r\n", b"--", b"\r\n--boundary--\r\n" * 9])
async def test_no_content_is_taken_for_the_end(content):
    vendor = Vendor(OK)
    async with connected(vendor) as link:
        await upload(link, form(File(content), size=len(content)))
    assert vendor.parts()["file"] == ("er-bill.pdf", content)


async def test_a_name_cannot_break_out_of_its_line():
    vendor = Vendor(OK)
    async with connected(vendor) as link:
        await upload(link, form(file_name='a".pdf\r\nX-Evil: 1', fields={'x"\r\n': "y"}))
    assert vendor.parts() == {"x%22%0D%0A": (None, b"y"), "file": ("a%22.pdf%0D%0AX-Evil: 1", CONTENT)}


@pytest.mark.parametrize("error", [Damaged("Another SHA-256."), Unavailable("The portal was cut."), FixData("No.")])
async def test_what_stops_the_file_is_told_once_and_the_form_never_ends(error):
    vendor, file = Vendor(OK), File(error=error)
    async with connected(vendor) as link:
        with pytest.raises(type(error)) as stopped:
            await upload(link, form(file))
        assert stopped.value is error
    assert file.times == 1
    assert CONTENT not in vendor.bodies[0]


@pytest.mark.parametrize("size", [0, 1, SIZE - 1, SIZE + 1])
async def test_a_file_of_another_length_than_announced_never_ends(size):
    vendor = Vendor(OK)
    async with connected(vendor) as link:
        with pytest.raises(Damaged, match="more" if size < SIZE else "fewer"):
            await upload(link, form(size=size))
    assert len(vendor.bodies[0]) < int(vendor.heads[0].partition("Content-Length: ")[2].split()[0])


async def test_a_refused_token_is_replaced_and_the_form_sent_whole_again():
    class Tokens:
        async def current(self):
            return "old"

        async def replace(self, refused):
            return "new"

    vendor, file = Vendor(b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", OK), File()
    async with connected(vendor, auth=BearerAuth(Tokens())) as link:
        await upload(link, form(file))
    assert [("Bearer old" in head, "Bearer new" in head) for head in vendor.heads] == [(True, False), (False, True)]
    assert vendor.bodies[0] == vendor.bodies[1]
    assert file.times == 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"", AnswerLost),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", AnswerLost),
        (b"HTTP/1.1 502 Bad\r\nContent-Length: 0\r\n\r\n", AnswerLost),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 3\r\n\r\n<p>", AnswerLost),
        (b"HTTP/1.1 429 No\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", RateLimited),
        (REFUSED, FixData),
    ],
)
async def test_it_is_sent_once_whatever_comes_of_it(answer, error):
    vendor = Vendor(answer)
    async with connected(vendor) as link:
        with pytest.raises(error):
            await upload(link)
    assert len(vendor.heads) == 1


async def test_where_nobody_listens_it_surely_had_no_effect():
    async with connected(Vendor()) as link:
        link.base = "http://127.0.0.1:1"
        with pytest.raises(Unavailable):
            await upload(link)


async def test_a_refusal_that_comes_before_the_end_is_heard():
    size = 64 * 1024 * 1024
    vendor, file = Vendor(REFUSED, reads=False), File(bytes(size))
    async with connected(vendor) as link:
        with pytest.raises(FixData) as refused:
            await asyncio.wait_for(upload(link, form(file, size=size)), 5)
    assert refused.value.status == 413


async def test_a_vendor_that_takes_no_more_is_given_up_and_a_slow_file_is_waited_for():
    timeouts = Timeouts(connect=1.0, read=0.3, total=0.3)
    async with connected(Vendor(reads=False), timeouts=timeouts) as link:
        with pytest.raises(AnswerLost, match="in time"):
            await upload(link, form(File(bytes(64 * 1024 * 1024)), size=64 * 1024 * 1024))
    async with connected(Vendor(OK), timeouts=timeouts) as link:
        assert (await upload(link, form(File(pause=0.15)))).status == 200
