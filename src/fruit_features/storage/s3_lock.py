"""One run at a time in a place on S3."""

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

# A run says so often that it is alive; silent for so long, it is dead.
HEARTBEAT_SECONDS = 15.0
EXPIRY_SECONDS = 60.0

# What S3 answers where there is no lock, another one, one just being written.
NOT_OURS = (404, 412, 409)


class S3RunLock:
    """Holds a place on S3 for one run; a killed run's lock is free after a minute.

    The lock is an object that is written only if it is not there, or is still the one
    that was read (``If-None-Match``, ``If-Match``): of two runs one gets it. Its age is
    told by S3's clock alone. A run whose lock is taken, deleted or not to be renewed is
    ended, before another can be at work beside it.
    """

    def __init__(
        self, place: Place, end_at_once: Callable[[str, threading.Event], None]
    ) -> None:
        """Name the place.

        Args:
            place: What is held.
            end_at_once: Ends the run if the lock is lost: called in a thread with the
                message to leave with, and an event that is set when it has ended.
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
        """Take the place.

        Raises:
            RunningError: If another run has it.
        """
        self._renewed = time.monotonic()
        self._tag = self._write(IfNoneMatch="*") or self._take_over()
        if self._tag is None:
            raise RunningError(self._who())
        self._ended.clear()
        threading.Thread(target=self._beat, daemon=True).start()

    def share_with_spark(self) -> None:
        """Do nothing: a killed run's Spark ends before its lock does."""

    def release(self) -> None:
        """Give the place up.

        Raises:
            RunningError: If the place was lost meanwhile.
        """
        self._ended.set()
        with self._renewing:
            tag, self._tag = self._tag, None
            lost, self._lost = self._lost, None
        if lost:
            raise RunningError(lost)
        if tag:
            self._delete(tag)

    def _delete(self, tag: str) -> None:
        """Delete the lock if it is this run's; not every S3 looks at the condition."""
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
            if _status(error) not in NOT_OURS:
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
        seconds = HEARTBEAT_SECONDS
        while not self._ended.wait(seconds):
            with self._renewing:
                fault = None if self._ended.is_set() else self._renew()
                silent = time.monotonic() - self._renewed
                # Before another run may begin.
                over = self._tag is None or silent > EXPIRY_SECONDS - HEARTBEAT_SECONDS
                if fault and over:
                    self._lost = (
                        f"the lock of {self._place.address} is lost, {fault}: this run "
                        "has ended, so as not to write beside another; run again to go "
                        "on, when no other run is at work there"
                    )
            if fault and not over:
                logger.warning("the lock of %s: %s", self._place.address, fault)
            # Time for another attempt or two.
            seconds = HEARTBEAT_SECONDS / (3 if fault else 1)
            if self._lost:
                self._end_at_once(self._lost, self._ended)
                return

    def _renew(self) -> str | None:
        """Say that the run is alive.

        Returns:
            Why it could not be said, with the tag gone if it never can be again.
        """
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
