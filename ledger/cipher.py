"""The key that encrypts what the ledger keeps secret; keys can be rotated."""

import contextlib
import os
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from ledger.errors import KeyUnusable

VARIABLE = "CASEBRIDGE_ENCRYPTION_KEY"


class Cipher:
    """Encrypts with the first of several Fernet keys, decrypts with any of them."""

    def __init__(self, keys: str) -> None:
        try:
            self._fernet = MultiFernet([Fernet(key.strip()) for key in keys.split(",")])
        except ValueError as error:
            raise KeyUnusable(
                f"{VARIABLE} (or ledger.key) must hold Fernet keys, 32 bytes in URL-safe base64, separated by commas."
            ) from error

    @classmethod
    def open(cls, directory: Path) -> "Cipher":
        """Use the keys of ``CASEBRIDGE_ENCRYPTION_KEY``, else those of ``ledger.key`` in ``directory``, made if missing.

        Raises:
            KeyUnusable: the keys are malformed.
        """
        return cls(os.environ.get(VARIABLE) or _key_file(directory))

    def encrypt(self, secret: bytes) -> bytes:
        """``secret`` encrypted and signed."""
        return self._fernet.encrypt(secret)

    def decrypt(self, encrypted: bytes) -> bytes:
        """What was encrypted. Raises KeyUnusable when it was with a key we do not have."""
        try:
            return self._fernet.decrypt(encrypted)
        except InvalidToken:
            raise KeyUnusable(
                f"A stored token was encrypted with another key: give every machine the same {VARIABLE},"
                " or disconnect the firm and connect it again."
            ) from None


def _key_file(directory: Path) -> str:
    path = directory / "ledger.key"
    if not path.exists():
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Written aside (mode 0600) and linked whole: of several processes that start at once, one's key stands.
        descriptor, written = tempfile.mkstemp(dir=directory, prefix="ledger.key.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(Fernet.generate_key())
                file.flush()
                os.fsync(descriptor)
            with contextlib.suppress(FileExistsError):
                os.link(written, path)
        finally:
            Path(written).unlink()
    return path.read_text().strip()
