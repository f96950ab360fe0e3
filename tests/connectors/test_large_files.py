"""A file of 256 MiB on its way from the portal to a case system: whole, and never in memory."""

import threading

import psutil
import pytest

from sandbox.seed import Shares, WorldOptions
from sandbox.testing import SandboxServer
from tests.connectors.casefile import Binder, Casefile
from tests.connectors.clients import portal_client
from tests.connectors.filing import Cabinet
from tests.connectors.mailroom import KEY

MIB = 1024 * 1024
SIZE = 256 * MIB


class Watch:
    """How much this process grew at most, the sandbox in it included, looked at every few milliseconds."""

    def __enter__(self):
        self._process, self._over = psutil.Process(), threading.Event()
        self._before = self.most = self._process.memory_info().rss
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _look(self):
        while not self._over.wait(0.01):
            self.most = max(self.most, self._process.memory_info().rss)

    @property
    def growth(self) -> int:
        return self.most - self._before


async def test_memory_stays_flat_on_the_way_to_clio():
    with SandboxServer(WorldOptions(matters=3, shares=Shares.trouble_free()), limits_on=False) as server:
        cabinet = Cabinet(server)
        document = await carry(cabinet)
        [kept] = cabinet.papers()
        assert (kept["size"], kept["sha256"]) == (SIZE, document.sha256)


@pytest.mark.parametrize("system", [Casefile, Binder], ids=["smartadvocate", "casepeer"])
async def test_memory_stays_flat_on_the_way_to_systems_that_take_it_in_one_request(system):
    with SandboxServer(WorldOptions(matters=3, shares=Shares.trouble_free()), limits_on=False) as server:
        firm = system(server)
        firm.records.switches.max_upload_bytes = SIZE
        document = await carry(firm)
        [kept] = firm.documents
        assert (kept.size, kept.sha256) == (SIZE, document.sha256)


async def carry(files):
    """One file from the portal to the case system; what the portal says of it."""
    portal = portal_client(files.server, KEY)
    number = files.put("deposition.mp4", size=SIZE)
    document = await portal.document(number)
    paper = files.paper(size=document.size, sha256=document.sha256, name=document.name, content_type="video/mp4")
    with Watch() as watch:
        await files.files.file_paper(paper, portal.download(document), resuming=False)
    assert watch.growth < 64 * MIB, f"{watch.growth / MIB:.0f} MiB"
    await files.files.close()
    await portal.close()
    return document
