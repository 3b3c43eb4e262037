"""Lock of a data folder on S3."""

import datetime as dt
import json
import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any, cast

from fruit_features.exceptions import RunningError
from fruit_features.storage.clients import explain
from fruit_features.storage.s3 import Place, s3_client

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 15.0
EXPIRY_SECONDS = 60.0

# HTTP status: no lock, another run's lock, a concurrent write.
NOT_OURS = (404, 412, 409)


class S3RunLock:
    """Locks a place on S3 for one run; a killed run's lock expires after a minute.

    The lock is an object written conditionally (``If-None-Match``, ``If-Match``), so
    that only one of two runs gets it. Its age is measured by S3's clock alone. If the
    lock is lost or cannot be renewed, the run is ended before another can start.
    """

    def __init__(
        self, place: Place, end_at_once: Callable[[str, threading.Event], None]
    ) -> None:
        """Prepare the lock of a place.

        Args:
            place: Whose object ``.lock`` is the lock.
            end_at_once: Ends the run if the lock is lost: called in a thread with the
                error message and an event that is set when the run has ended.
        """
        self._end_at_once = end_at_once
        self._place = place
        self._object = {"Bucket": place.bucket, "Key": place.key(".lock")}
        self._client = s3_client()
        self._holder = {
            "run": uuid.uuid4().hex,
            "host": socket.gethostname(),
            "process": os.getpid(),
        }
        self._tag: str | None = None
        self._lost: str | None = None
        self._renewed = 0.0
        self._renewing = threading.Lock()
        self._ended = threading.Event()

    def acquire(self) -> None:
        """Acquire the lock, renewed in the background, or raise ``RunningError``."""
        self._renewed = time.monotonic()
        self._tag = self._write(IfNoneMatch="*") or self._take_over()
        if self._tag is None:
            raise RunningError(self._who())
        self._ended.clear()
        threading.Thread(target=self._beat, daemon=True).start()

    def share_with_spark(self) -> None:
        """Do nothing: the Spark of a killed run ends before its lock expires."""

    def release(self) -> None:
        """Release the lock; raise ``RunningError`` if it was lost meanwhile."""
        self._ended.set()
        with self._renewing:
            tag, self._tag = self._tag, None
            lost, self._lost = self._lost, None
        if lost:
            raise RunningError(lost)
        if tag:
            self._delete(tag)

    def _delete(self, tag: str) -> None:
        """Delete this run's lock; not every S3 honours ``If-Match`` here."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            if self._read()[1] == tag:
                self._client.delete_object(**self._object, IfMatch=tag)
        except (BotoCoreError, ClientError) as error:
            if _status(error) not in NOT_OURS:
                logger.warning(
                    "the lock in %s stays for a minute: %s",
                    self._place.address,
                    explain(error, "delete it"),
                )

    def _take_over(self) -> str | None:
        """Overwrite an expired lock."""
        from botocore.exceptions import ClientError

        try:
            found = self._client.head_object(**self._object)
        except ClientError:
            return self._write(IfNoneMatch="*")  # Released just now.
        if _age(found) < EXPIRY_SECONDS:
            return None
        logger.warning("the run that held %s is dead: taken over", self._place.address)
        return self._write(IfMatch=found["ETag"])

    def _write(self, **condition: str) -> str | None:
        """Write the lock conditionally; return its ETag, or ``None`` if refused."""
        from botocore.exceptions import ClientError

        now = dt.datetime.now(dt.timezone.utc).isoformat()
        body = json.dumps({**self._holder, "alive": now}).encode()
        try:
            answer = self._client.put_object(**self._object, Body=body, **condition)
        except ClientError as error:
            if _status(error) not in NOT_OURS:
                raise
            # A retry is refused if the first request succeeded but its answer was lost.
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
        seconds = HEARTBEAT_SECONDS
        while not self._ended.wait(seconds):
            with self._renewing:
                fault = None if self._ended.is_set() else self._renew()
                silent = time.monotonic() - self._renewed
                # One heartbeat before another run may take over.
                over = self._tag is None or silent > EXPIRY_SECONDS - HEARTBEAT_SECONDS
                if fault and over:
                    self._lost = (
                        f"the lock of {self._place.address} is lost, {fault}: this run "
                        "has ended, so as not to write beside another; run again to go "
                        "on, when no other run is at work there"
                    )
            if fault and not over:
                logger.warning("the lock of %s: %s", self._place.address, fault)
            # Retry sooner after a fault.
            seconds = HEARTBEAT_SECONDS / (3 if fault else 1)
            if self._lost:
                self._end_at_once(self._lost, self._ended)
                return

    def _renew(self) -> str | None:
        """Renew the lock; return why it failed, with ``_tag`` unset if it is lost."""
        from botocore.exceptions import BotoCoreError, ClientError

        began = time.monotonic()
        try:
            self._tag = self._write(IfMatch=self._tag or "")
        except (BotoCoreError, ClientError) as error:
            return f"it could not be renewed: {explain(error, 'renew it')}"
        if self._tag:
            self._renewed = began
            return None
        holder, _ = self._read()
        return "another run has taken it" if holder else "somebody has deleted it"

    def _who(self) -> str:
        holder, _ = self._read()
        whose = f"process {holder.get('process')} on {holder.get('host')}"
        return (
            f"another run ({whose}) is at work in {self._place.address}; wait for its "
            "end, or for a minute if it was killed, or choose another place with "
            "FRUIT_FEATURES_PREFIX=<prefix>"
        )


def _status(error: Exception) -> int | None:
    answer = getattr(error, "response", {}).get("ResponseMetadata", {})
    return cast(int | None, answer.get("HTTPStatusCode"))


def _age(found: dict[str, Any]) -> float:
    date = found["ResponseMetadata"]["HTTPHeaders"].get("date")
    now = parsedate_to_datetime(date) if date else dt.datetime.now(dt.timezone.utc)
    return float((now - found["LastModified"]).total_seconds())
