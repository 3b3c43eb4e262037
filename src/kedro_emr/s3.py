"""Addresses on S3, and what lies there compressed."""

import zlib
from typing import NamedTuple
from urllib.parse import urlsplit

GZIP = b"\x1f\x8b"


class Place(NamedTuple):
    """A bucket and a key prefix without a trailing slash; the prefix may be empty."""

    bucket: str
    prefix: str

    @property
    def address(self) -> str:
        """The place as an address."""
        return f"s3://{self.bucket}/{self.prefix}"

    def key(self, name: str) -> str:
        """Return the key of an object at this place."""
        return f"{self.prefix}/{name}".lstrip("/")


def place_of(address: str) -> Place | None:
    """Return the place of an address; ``None`` if it is not on S3."""
    parts = urlsplit(address, allow_fragments=False)
    if parts.scheme not in ("s3", "s3a", "s3n"):
        return None
    return Place(parts.netloc, parts.path.strip("/"))


def gunzip(content: bytes) -> bytes:
    """Decompress gzip, a truncated file as far as it goes; return others as they are.

    A node that was taken away does not finish its files.
    """
    parts = []
    while content.startswith(GZIP):
        unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        try:
            parts.append(unpacker.decompress(content))
        except zlib.error:
            break
        content = unpacker.unused_data
    return b"".join(parts) or content
