"""What S3 keeps of deleted objects: older versions, unfinished uploads."""

from collections.abc import Callable, Iterator
from typing import Any

from fruit_features.privacy.refusals import Refusal
from fruit_features.storage.clients import without_keys
from fruit_features.storage.s3 import Place, s3_client

# S3 deletes at most this many objects per request.
BATCH = 1000

# Versions, and delete markers, which have no size.
VERSIONS = "[Versions, DeleteMarkers][]"

# S3's errors if there is nothing to do: no versioning, or done already.
HARMLESS = ("NotImplemented", "NoSuchUpload")


class Versions:
    """Deletes versions and uploads in a bucket, and collects refusals.

    Attributes:
        gone: How many were deleted.
        refused: What S3 refused to delete, and why.
    """

    def __init__(self, place: Place) -> None:
        """Name the bucket, and the prefix to report if S3 refuses to list."""
        self._place = place
        self._client = s3_client()
        self.gone = 0
        self.refused: list[Refusal] = []

    def keys(self) -> set[str]:
        """Return the keys of all objects, deleted ones with a version included."""
        found = self._list("list_object_versions", VERSIONS, self._place.key(""))
        return {each["Key"] for each in found}

    def delete(self, prefix: str, goes: Callable[[str, bool], bool]) -> None:
        """Delete the versions, delete markers and unfinished uploads of a prefix.

        ``goes`` decides by the key and whether the version is the current one.
        """
        found = [
            each
            for each in self._list("list_object_versions", VERSIONS, prefix)
            if goes(each["Key"], each["IsLatest"] and "Size" in each)
        ]
        self._delete([each for each in found if "Size" in each])
        # Deleting a marker while a version stays would bring the object back.
        stay = {refusal.place for refusal in self.refused}
        markers = [each for each in found if "Size" not in each]
        self._delete(
            [each for each in markers if self._address(each["Key"]) not in stay]
        )
        for upload in self._list("list_multipart_uploads", "Uploads[]", prefix):
            if goes(upload["Key"], False):
                self._abort(upload["Key"], upload["UploadId"])

    def _list(
        self, operation: str, expression: str, prefix: str
    ) -> Iterator[dict[str, Any]]:
        from botocore.exceptions import ClientError

        pages = self._client.get_paginator(operation)
        listed = pages.paginate(Bucket=self._place.bucket, Prefix=prefix)
        try:
            # JMESPath returns one `None` for a page without any.
            yield from filter(None, listed.search(expression))
        except ClientError as error:
            self._refuse(self._place.prefix, error.response["Error"], operation)

    def _delete(self, versions: list[dict[str, Any]]) -> None:
        for start in range(0, len(versions), BATCH):
            batch = [
                {"Key": each["Key"], "VersionId": each["VersionId"]}
                for each in versions[start : start + BATCH]
            ]
            answer = self._client.delete_objects(
                Bucket=self._place.bucket, Delete={"Objects": batch, "Quiet": True}
            )
            errors = answer.get("Errors", [])
            for error in errors:
                self._refuse(error["Key"], error)
            self.gone += len(batch) - len(errors)

    def _abort(self, key: str, upload: str) -> None:
        from botocore.exceptions import ClientError

        try:
            self._client.abort_multipart_upload(
                Bucket=self._place.bucket, Key=key, UploadId=upload
            )
            self.gone += 1
        except ClientError as error:
            self._refuse(key, error.response["Error"])

    def _refuse(self, key: str, error: dict[str, Any], operation: str = "") -> None:
        code, words = error.get("Code", ""), without_keys(error.get("Message", ""))
        if code not in HARMLESS:
            why = ": ".join(filter(None, [operation, code, words]))
            self.refused.append(Refusal(self._address(key), why))

    def _address(self, key: str) -> str:
        return Place(self._place.bucket, key).address
