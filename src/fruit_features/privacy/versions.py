"""What S3 keeps of objects that are gone: older versions, unfinished uploads."""

from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import groupby
from posixpath import commonprefix, dirname
from typing import Any

from fruit_features.privacy.refusals import Refusal
from fruit_features.storage.clients import without_keys
from fruit_features.storage.s3 import Place, s3_client

# As many objects S3 deletes at one request.
BATCH = 1000


class Versions:
    """Deletes what lies behind the objects of a bucket, and tells what it must not."""

    def __init__(self, bucket: str) -> None:
        """Name the bucket."""
        self._bucket = bucket
        self._client = s3_client()
        self.refused: list[Refusal] = []

    def keys(self, prefix: str) -> list[str]:
        """Return the keys of all objects that are there or of which a version is."""
        return sorted({each["Key"] for each, _ in self._versions(prefix)})

    def delete_old(self, prefix: str, but: Iterable[str] = ()) -> int:
        """Delete all but the current version of every object below a prefix.

        Args:
            prefix: What keys begin with.
            but: Prefixes that are left alone.

        Returns:
            How many versions went.
        """
        spared = tuple(but)
        old = [
            (each, is_marker)
            for each, is_marker in self._versions(prefix)
            if (is_marker or not each["IsLatest"])
            and not (spared and each["Key"].startswith(spared))
        ]
        return self._delete(old)

    def delete_all(self, prefix: str, keys: Collection[str]) -> int:
        """Delete objects in all their versions.

        They are listed folder by folder: a request for each takes hours for many.

        Args:
            prefix: What all keys begin with; named if S3 refuses to list.
            keys: Of the objects.

        Returns:
            How many went.
        """
        gone = 0
        for _, group in groupby(sorted(keys, key=dirname), dirname):
            wanted = set(group)
            found = self._versions(commonprefix(list(wanted)), prefix)
            gone += self._delete([each for each in found if each[0]["Key"] in wanted])
        return gone

    def abort_uploads(self, prefix: str, wanted: Callable[[str], bool]) -> int:
        """End uploads below a prefix that were begun and not completed.

        Args:
            prefix: What keys begin with.
            wanted: Tells of a key whether its uploads are to be ended.

        Returns:
            How many were ended.
        """
        uploads = [
            {"Key": each["Key"], "UploadId": each["UploadId"]}
            for page in self._pages("list_multipart_uploads", prefix)
            for each in page.get("Uploads", [])
            if wanted(each["Key"])
        ]
        return sum(self._abort(upload) for upload in uploads)

    def _abort(self, upload: dict[str, str]) -> bool:
        from botocore.exceptions import ClientError

        try:
            self._client.abort_multipart_upload(Bucket=self._bucket, **upload)
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchUpload":
                self._refuse(upload["Key"], error.response["Error"])
                return False
        return True

    def _versions(
        self, prefix: str, named: str | None = None
    ) -> Iterator[tuple[dict[str, Any], bool]]:
        """List versions, and marks that say that an object was deleted."""
        for page in self._pages("list_object_versions", prefix, named):
            for each in page.get("Versions", []):
                yield each, False
            for each in page.get("DeleteMarkers", []):
                yield each, True

    def _pages(
        self, operation: str, prefix: str, named: str | None = None
    ) -> Iterator[dict[str, Any]]:
        from botocore.exceptions import ClientError

        pages = self._client.get_paginator(operation)
        try:
            yield from pages.paginate(Bucket=self._bucket, Prefix=prefix)
        except ClientError as error:
            # S3 without versions has none to delete.
            if error.response["Error"]["Code"] != "NotImplemented":
                self._refuse(named or prefix, error.response["Error"], operation)

    def _delete(self, found: list[tuple[dict[str, Any], bool]]) -> int:
        gone = self._delete_batches(
            [each for each, is_marker in found if not is_marker]
        )
        # A mark that goes while a version stays would bring the object back.
        stay = {refusal.place for refusal in self.refused}
        marks = [
            each
            for each, is_marker in found
            if is_marker and self._address(each["Key"]) not in stay
        ]
        return gone + self._delete_batches(marks)

    def _delete_batches(self, versions: list[dict[str, Any]]) -> int:
        gone = 0
        for start in range(0, len(versions), BATCH):
            batch = [
                {"Key": each["Key"], "VersionId": each["VersionId"]}
                for each in versions[start : start + BATCH]
            ]
            answer = self._client.delete_objects(
                Bucket=self._bucket, Delete={"Objects": batch, "Quiet": True}
            )
            errors = answer.get("Errors", [])
            for error in errors:
                self._refuse(error["Key"], error)
            gone += len(batch) - len(errors)
        return gone

    def _refuse(self, key: str, error: dict[str, Any], operation: str = "") -> None:
        words = without_keys(error.get("Message", ""))
        said = [operation, error.get("Code", ""), words]
        self.refused.append(Refusal(self._address(key), ": ".join(filter(None, said))))

    def _address(self, key: str) -> str:
        return Place(self._bucket, key).address
