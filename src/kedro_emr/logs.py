"""What EMR has written of a cluster to S3, decompressed.

EMR writes its logs every five minutes, and once more when a cluster ends.
"""

import re
from dataclasses import dataclass
from typing import Any, NamedTuple

from kedro_emr.clients import asking, without_keys
from kedro_emr.s3 import Place, gunzip

# Minutes until a log is there at the latest.
DELAY_MINUTES = 5

STREAMS = ("stdout", "stderr")
EXIT_CODE = re.compile(r"(?:exit code|exitCode|ret) '?(\d+)")


class Log(NamedTuple):
    """One stream of one program."""

    of: str
    text: str

    def last(self, lines: int | None = None) -> list[str]:
        """Return its last lines; all without a number."""
        return self.text.splitlines()[-(lines or 0) :]


@dataclass(frozen=True)
class Logs:
    """The logs of a cluster."""

    client: Any
    place: Place
    cluster: str

    @property
    def address(self) -> str:
        """Where they lie."""
        return f"{self.place.address}/{self.cluster}/"

    def of_step(self, step: str) -> list[Log]:
        """Return what a step's program wrote."""
        return self._under(f"steps/{step}/")

    def of_containers(self, application: str | None = None) -> list[Log]:
        """Return what YARN's containers wrote, of one application or all."""
        return self._under(f"containers/{f'{application}/' if application else ''}")

    def of_bootstrap(self) -> list[Log]:
        """Return what the bootstrap action wrote, on every node."""
        return self._under("node/", "/bootstrap-actions/")

    def exit_code(self, step: str) -> int:
        """Return what a failed step's program ended with; 1 if the log lacks it."""
        found = self._under(f"steps/{step}/", streams=("controller", "stderr"))
        codes = (EXIT_CODE.search(log.text) for log in found)
        return next((int(code[1]) for code in codes if code and code[1] != "0"), 1)

    def _under(
        self, folder: str, within: str = "", streams: tuple[str, ...] = STREAMS
    ) -> list[Log]:
        start = self.place.key(f"{self.cluster}/")
        with asking(f"read the logs at {self.address}{folder}"):
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.place.bucket, Prefix=start + folder
            )
            keys = [
                found["Key"] for page in pages for found in page.get("Contents", [])
            ]
            return [
                Log(key.removeprefix(start).removesuffix(".gz"), self._text(key))
                for key in sorted(keys)
                if within in key and _stream(key) in streams
            ]

    def _text(self, key: str) -> str:
        answer = self.client.get_object(Bucket=self.place.bucket, Key=key)
        content = answer["Body"].read()
        # Programs of others write it, and what is printed gets about.
        return without_keys(gunzip(content).decode("utf-8", errors="replace"))


def _stream(key: str) -> str:
    # stdout.gz; stderr-2026-11-25.gz of a stream that was rolled over.
    return re.split(r"[.-]", key.rsplit("/", 1)[-1])[0]
