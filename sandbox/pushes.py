"""Pushes: a vendor calling out when something happened, as the switches of the firm want it."""

import queue
import threading
from dataclasses import dataclass
from typing import Any

import httpx

from sandbox.switches import Switches

_PATIENCE = 5.0


@dataclass(slots=True)
class Push:
    """One push: its body, and the status it was answered with; ``dropped``, or ``failed`` without an answer."""

    body: dict[str, Any]
    outcome: int | str = "waiting"


class Pusher:
    """Sends pushes in a thread of its own, one after the other; ``sent`` is what was made so far.

    ``secret_header`` is where the secret of the switches goes.
    """

    def __init__(self, switches: Switches, secret_header: str) -> None:
        self.sent: list[Push] = []
        self._switches = switches
        self._secret_header = secret_header
        self._held: Push | None = None
        self._waiting: queue.Queue[Push] = queue.Queue()
        self._thread: threading.Thread | None = None

    def push(self, body: dict[str, Any]) -> None:
        """Announce something, if there is an address for it."""
        switches = self._switches
        if switches.push_url is None:
            return
        push = Push(body)
        self.sent.append(push)
        if switches.push_drop:
            push.outcome = "dropped"
            return
        if switches.push_reorder and self._held is None:
            self._held = push
            return
        pushes, self._held = [push, *([self._held] if self._held else [])], None
        for one in pushes:
            self._send(one)
            if switches.push_duplicate:
                again = Push(one.body)
                self.sent.append(again)
                self._send(again)

    def _send(self, push: Push) -> None:
        self._waiting.put(push)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()

    def _run(self) -> None:
        with httpx.Client(timeout=_PATIENCE, verify=False) as client:  # noqa: S501 - whoever is told runs locally
            while True:
                push = self._waiting.get()
                headers = {self._secret_header: self._switches.push_secret}
                try:
                    push.outcome = client.post(
                        self._switches.push_url or "", json=push.body, headers=headers
                    ).status_code
                except (httpx.HTTPError, httpx.InvalidURL):
                    push.outcome = "failed"
