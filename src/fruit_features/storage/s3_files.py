"""S3 for every dataset and worker: what is tried again, and how files are read."""

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

# What an S3 answers that is to be asked again later, beside SlowDown.
PASSING_STATUS = {500, 502, 503, 504}

OPTIONS = {
    # Spark writes beside s3fs: what it has listed before may be old.
    "use_listings_cache": False,
    # Else every read asks for the length first, and makes two requests of one.
    "max_concurrency": 1,
    "config_kwargs": {
        "connect_timeout": 5,
        "read_timeout": 30,
        # s3fs tries again; botocore below it would multiply the attempts.
        "retries": {"mode": "standard", "total_max_attempts": 1},
        "max_pool_connections": 64,
    },
}


class PatientS3FileSystem(WholeFiles, S3FileSystem):
    """s3fs that tries for half a minute, keeps no listings, reads by one request.

    Nor does it upload what was written until an error, as s3fs does.

    ``file_systems.register_s3`` puts it in the place of s3fs's own.
    """

    # Waits of 0.1 s, each 1.7 times the one before: 28 s in all.
    retries = 10

    # What reading raises in the end, beside OSError.
    READ_ERRORS = (OSError, BotoCoreError, aiohttp.ClientError, asyncio.TimeoutError)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take s3fs's own arguments."""
        super().__init__(*args, **{**OPTIONS, **kwargs})

    async def _exists(self, path: str) -> bool:
        """Ask once, where s3fs asks for an object and then for a folder."""
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
        # A thousand names that begin like it may come before.
        return bool(found["IsTruncated"] and await super()._exists(path))

    exists = sync_wrapper(_exists)

    async def _files(self, path: str, **kwargs: Any) -> Any:
        """Leave out what Hadoop puts in place of folders: it is no file."""
        found = await self._find(path, **kwargs)
        if isinstance(found, dict):
            return {k: v for k, v in found.items() if not k.endswith("/")}
        return [name for name in found if not name.endswith("/")]

    # Removing a folder goes by s3fs's own, and removes these as well.
    find = sync_wrapper(_files)


def _passes(error: Exception) -> bool:
    """Tell whether an error may be gone a little later."""
    if isinstance(error, ClientError):
        answer = error.response.get("ResponseMetadata", {})
        return answer.get("HTTPStatusCode") in PASSING_STATUS
    return isinstance(error, ConnectionError | HTTPClientError | ConnectionResetError)


set_custom_error_handler(_passes)
