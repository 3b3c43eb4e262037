"""Salted hashes of the erased photos, which no run ingests again."""

import hashlib
import logging
import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

logger = logging.getLogger(__name__)

SALT_BYTES, HASH_BYTES = 32, 16


class ErasureList:
    """Recognizes erased photos by a hash of their key, without naming them.

    The salt is the list's own: without the list, trying names does not reveal which
    photos a receipt is about.
    """

    def __init__(self, stored: dict[str, Any] | None = None) -> None:
        """Load a list as ``stored`` returned it, or start one."""
        stored = stored or {"salt": secrets.token_hex(SALT_BYTES), "photos": []}
        self._salt = bytes.fromhex(stored["salt"])
        self._hashes: set[str] = set(stored["photos"])

    def hash_of(self, key: str) -> str:
        """Return the hash that identifies a photo here and in receipts."""
        name = key.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(name, digest_size=HASH_BYTES, key=self._salt).hexdigest()

    def add(self, keys: Iterable[str]) -> None:
        """Put photos on the list."""
        self._hashes.update(map(self.hash_of, keys))

    def __contains__(self, key: str) -> bool:
        """Return whether a photo was erased."""
        return bool(self._hashes) and self.hash_of(key) in self._hashes

    def stored(self) -> dict[str, Any]:
        """Return the list for JSON."""
        return {"salt": self._salt.hex(), "photos": sorted(self._hashes)}


def without_erased(
    images: "pd.DataFrame", erased: dict[str, Any] | None
) -> "pd.DataFrame":
    """Remove erased photos, whose files may still exist, from a listing."""
    if not erased or not erased["photos"]:
        return images
    listed = ErasureList(erased)
    known = images["image_key"].map(lambda key: key in listed).astype(bool)
    if known.any():
        logger.info("%s images left out: they were erased", f"{known.sum():,}")
    return images[~known].reset_index(drop=True)
