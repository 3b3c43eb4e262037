"""S3 file system for every dataset and worker: retries, caching, reads."""

import asyncio
from typing import Any

import aiohttp
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    HTTPClientError,
)
from fsspec.asyn import sync_wrapper
from s3fs.core import S3FileSystem, set_custom_error_handler

from fruit_features.storage.whole_files import WholeFiles

# HTTP status codes to retry, beside SlowDown.
PASSING_STATUS = {500, 502, 503, 504}

OPTIONS = {
    # Spark writes too, which would make cached listings stale.
    "use_listings_cache": False,
    # Otherwise every read asks for the length first: two requests.
    "max_concurrency": 1,
    "config_kwargs": {
        "connect_timeout": 5,
        "read_timeout": 30,
        # s3fs retries; botocore below it would multiply the attempts.
        "retries": {"mode": "standard", "total_max_attempts": 1},
        "max_pool_connections": 64,
    },
}


class PatientS3FileSystem(WholeFiles, S3FileSystem):
    """s3fs with 28 s of retries, no listing cache, one request per read, atomic writes.

    ``file_systems.register_s3`` registers it in place of s3fs's own class.
    """

    # s3fs waits 0.1 s, then 1.7 times as long each time: 28 s in all.
    retries = 10

    # What reading raises after the last retry.
    READ_ERRORS = (OSError, BotoCoreError, aiohttp.ClientError, asyncio.TimeoutError)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Accept s3fs's own arguments."""
        super().__init__(*args, **{**OPTIONS, **kwargs})

    async def _exists(self, path: str) -> bool:
        """Check object and folder by one request; s3fs needs two."""
        bucket, key, version = self.split_path(self._strip_protocol(path))
        if not key or version:
            return bool(await super()._exists(path))
        try:
            found = await self._call_s3(
                "list_objects_v2", Bucket=bucket, Prefix=key, Delimiter="/"
            )
        except FileNotFoundError:
            return False  # No such bucket.
        names = [each["Key"] for each in found.get("Contents", [])]
        names += [each["Prefix"] for each in found.get("CommonPrefixes", [])]
        if key in names or f"{key}/" in names:
            return True
        # A page of 1,000 keys with the same prefix may precede it.
        return bool(found["IsTruncated"] and await super()._exists(path))

    exists = sync_wrapper(_exists)

    async def _files(self, path: str, **kwargs: Any) -> Any:
        """List files without Hadoop's folder markers."""
        found = await self._find(path, **kwargs)
        if isinstance(found, dict):
            return {k: v for k, v in found.items() if not k.endswith("/")}
        return [name for name in found if not name.endswith("/")]

    # Recursive deletion uses s3fs's own `_find`, so it deletes the markers too.
    find = sync_wrapper(_files)


def _passes(error: Exception) -> bool:
    """Return whether to retry after an error."""
    if isinstance(error, ClientError):
        answer = error.response.get("ResponseMetadata", {})
        return answer.get("HTTPStatusCode") in PASSING_STATUS
    return isinstance(error, ConnectionError | HTTPClientError | ConnectionResetError)


set_custom_error_handler(_passes)
