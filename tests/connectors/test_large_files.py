"""A file of 256 MiB on its way from portal to Clio: whole, and never in memory."""

import threading

import psutil

from sandbox.seed import Shares, WorldOptions
from sandbox.testing import SandboxServer
from tests.connectors.clients import portal_client
from tests.connectors.filing import Cabinet
from tests.connectors.mailroom import KEY

MIB = 1024 * 1024


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


async def test_memory_stays_flat():
    with SandboxServer(WorldOptions(matters=3, shares=Shares.trouble_free()), limits_on=False) as server:
        cabinet = Cabinet(server)
        portal = portal_client(server, KEY)
        number = cabinet.put("deposition.mp4", size=256 * MIB)
        document = await portal.document(number)
        paper = cabinet.paper(size=document.size, sha256=document.sha256, name=document.name, content_type="video/mp4")
        with Watch() as watch:
            await cabinet.files.file_paper(paper, portal.download(document), resuming=False)
        [kept] = cabinet.papers()
        assert (kept["size"], kept["sha256"]) == (256 * MIB, document.sha256)
        assert watch.growth < 64 * MIB, f"{watch.growth / MIB:.0f} MiB"
        await cabinet.files.close()
        await portal.close()
