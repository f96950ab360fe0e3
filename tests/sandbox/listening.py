"""An address that a vendor calls out to, and what reached it."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import orjson

Heard = list[tuple[Any, str | None]]
"""Bodies, with the secret of each."""


@contextlib.contextmanager
def listening(secret_header: str) -> Iterator[tuple[str, Callable[[int], Heard]]]:
    """The address, and a way to wait for the first so many bodies."""
    heard: Heard = []
    changed = threading.Event()

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = orjson.loads(self.rfile.read(int(self.headers["content-length"])))
            heard.append((body, self.headers[secret_header]))
            self.send_response(202)
            self.end_headers()
            changed.set()

        def log_message(self, *_: Any) -> None:
            pass

    def wait(count: int) -> Heard:
        while len(heard) < count and changed.wait(5):
            changed.clear()
        return heard

    listener = HTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{listener.server_port}/hook?token=t", wait
    listener.shutdown()
    listener.server_close()
