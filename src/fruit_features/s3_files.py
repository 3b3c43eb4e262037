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
from s3fs.core import S3FileSystem, set_custom_error_handler

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


class PatientS3FileSystem(S3FileSystem):
    """s3fs that tries for half a minute, keeps no listings, reads by one request.

    ``file_systems.register_s3`` puts it in the place of s3fs's own.
    """

    # Waits of 0.1 s, each 1.7 times the one before: 28 s in all.
    retries = 10

    # What reading raises in the end, beside OSError.
    READ_ERRORS = (OSError, BotoCoreError, aiohttp.ClientError, asyncio.TimeoutError)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take s3fs's own arguments."""
        super().__init__(*args, **{**OPTIONS, **kwargs})


def _passes(error: Exception) -> bool:
    """Tell whether an error may be gone a little later."""
    if isinstance(error, ClientError):
        answer = error.response.get("ResponseMetadata", {})
        return answer.get("HTTPStatusCode") in PASSING_STATUS
    return isinstance(error, ConnectionError | HTTPClientError | ConnectionResetError)


set_custom_error_handler(_passes)
