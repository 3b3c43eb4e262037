"""One run at a time in a place on S3."""

import _thread
import datetime as dt
import json
import logging
import os
import socket
import threading
import uuid
from email.utils import parsedate_to_datetime
from typing import Any

from fruit_features.emr.s3 import Place, s3_client
from fruit_features.exceptions import RunningError

logger = logging.getLogger(__name__)

# A run says so often that it is alive; silent for so long, it is dead.
HEARTBEAT_SECONDS = 15.0
EXPIRY_SECONDS = 60.0


class S3RunLock:
    """Holds a place on S3 for one run; a killed run's lock is free after a minute.

    The lock is an object that is written only if it is not there, or is still the one
    that was read (``If-None-Match``, ``If-Match``): of two runs one gets it. Its age is
    told by S3's clock alone.
    """

    def __init__(self, place: Place) -> None:
        """Name the place."""
        self._place = place
        self._object = {"Bucket": place.bucket, "Key": place.key(".lock")}
        self._client = s3_client()
        self._holder = {
            "run": uuid.uuid4().hex,
            "host": socket.gethostname(),
            "process": os.getpid(),
        }
        self._tag: str | None = None
        self._ended = threading.Event()

    def acquire(self) -> None:
        """Take the place.

        Raises:
            RunningError: If another run has it.
        """
        self._tag = self._write(IfNoneMatch="*") or self._take_over()
        if self._tag is None:
            raise RunningError(self._who())
        self._ended.clear()
        threading.Thread(target=self._beat, daemon=True).start()

    def share_with_spark(self) -> None:
        """Do nothing: a killed run's Spark ends before its lock does."""

    def release(self) -> None:
        """Give the place up."""
        self._ended.set()
        if self._tag:
            self._tag = None
            self._client.delete_object(**self._object)

    def _take_over(self) -> str | None:
        """Write over a lock that nobody keeps alive."""
        from botocore.exceptions import ClientError

        try:
            found = self._client.head_object(**self._object)
        except ClientError:
            return self._write(IfNoneMatch="*")  # Given up this moment.
        if _age(found) < EXPIRY_SECONDS:
            return None
        logger.warning("the run that held %s is dead: taken over", self._place.address)
        return self._write(IfMatch=found["ETag"])

    def _write(self, **condition: str) -> str | None:
        """Write the lock if a condition holds; return its tag, or ``None``."""
        from botocore.exceptions import ClientError

        now = dt.datetime.now(dt.timezone.utc).isoformat()
        body = json.dumps({**self._holder, "alive": now}).encode()
        try:
            answer = self._client.put_object(**self._object, Body=body, **condition)
        except ClientError as error:
            # 412: there is another; 409: another is just being written.
            if error.response["ResponseMetadata"]["HTTPStatusCode"] not in (409, 412):
                raise
            # Or it is there by this very request, whose answer was lost.
            holder, tag = self._read()
            return tag if holder.get("run") == self._holder["run"] else None
        return str(answer["ETag"])

    def _read(self) -> tuple[dict[str, Any], str | None]:
        from botocore.exceptions import ClientError

        try:
            answer = self._client.get_object(**self._object)
            return json.load(answer["Body"]), answer["ETag"]
        except (ClientError, ValueError):
            return {}, None

    def _beat(self) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        while not self._ended.wait(HEARTBEAT_SECONDS):
            try:
                tag = self._write(IfMatch=self._tag or "")
            except (BotoCoreError, ClientError):
                logger.warning(
                    "the lock in %s could not be renewed", self._place.address
                )
                continue
            if self._ended.is_set():
                return
            if tag is None:
                logger.error(
                    "another run has taken %s: this one ends", self._place.address
                )
                _thread.interrupt_main()
                return
            self._tag = tag

    def _who(self) -> str:
        holder, _ = self._read()
        whose = f"process {holder.get('process')} on {holder.get('host')}"
        return (
            f"another run ({whose}) is at work in {self._place.address}; wait for its "
            "end, or for a minute if it was killed, or choose another place with "
            "FRUIT_FEATURES_PREFIX=<prefix>"
        )


def _age(found: dict[str, Any]) -> float:
    date = found["ResponseMetadata"]["HTTPHeaders"].get("date")
    now = parsedate_to_datetime(date) if date else dt.datetime.now(dt.timezone.utc)
    return float((now - found["LastModified"]).total_seconds())
