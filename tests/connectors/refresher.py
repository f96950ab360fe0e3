"""A process that asks for the firm's access token with many threads at once, over the ledger it shares with others.

python -m tests.connectors.refresher LEDGER_URL OAUTH_BASE THREADS LEASE
"""

import asyncio
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from connectors.oauth import OAuthApp
from connectors.tokens import TokenKeeper
from ledger import Ledger

KEY = "clio:harrow-pike"


async def ask(ledger: Ledger, oauth_base: str, lease: float) -> str:
    app = OAuthApp("Clio", oauth_base, client_id="sandbox-us-client", client_secret="sandbox-us-secret")
    keeper = TokenKeeper("Clio", ledger.tokens, KEY, app.refresh, "sandbox-refresh-harrow-pike", lease=lease)
    try:
        return await keeper.current()
    finally:
        await keeper.close()
        await app.close()


def main(ledger_url: str, oauth_base: str, threads: int, lease: float) -> None:
    ready = threading.Barrier(threads)

    def one(_: int) -> str:
        ready.wait()
        return asyncio.run(ask(ledger, oauth_base, lease))

    with Ledger.open(ledger_url) as ledger, ThreadPoolExecutor(threads) as pool:
        sys.stdout.write("\n".join(pool.map(one, range(threads))))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
