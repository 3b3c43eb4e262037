"""A front for an S3 server: it delays requests, counts them, and makes trouble.

It keeps what it was asked for in memory: moto's server answers 100 to 300 requests a
second, the front some thousands, so that a benchmark need not measure moto. Whatever
changes objects must go through the front, which then forgets them and what lists them.
"""

import asyncio
import threading
import time
from collections import Counter, defaultdict
from concurrent.futures import Future
from contextlib import AbstractContextManager
from types import TracebackType
from typing import NamedTuple
from xml.etree import ElementTree

from aiohttp import ClientSession, ClientTimeout, TCPConnector, web
from yarl import URL

from cluster.processes import HOST

# They are about one connection, or aiohttp says them by itself.
NOT_HANDED_ON = {
    *("connection", "content-length", "date", "expect", "keep-alive", "server"),
    "transfer-encoding",
}
READS = ("GET", "HEAD")
SLOW_DOWN = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    "<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>"
)


class Place(NamedTuple):
    """An object; a bucket, where the key is empty."""

    bucket: str
    key: str


class Asked(NamedTuple):
    """What tells answers about a place apart; ``prefix`` is of what is listed."""

    method: str
    query: str
    range: str | None
    prefix: str


class Answer(NamedTuple):
    """What the server said, whole."""

    status: int
    headers: dict[str, str]
    body: bytes


class Front(AbstractContextManager["Front"]):
    """Listens, in a thread of its own, while the ``with`` lasts.

    Attributes:
        endpoint: Its address.
        delay: Seconds added to every request.
        cuts: So many answers with an object are still to end in the middle, and their
            connections with them.
        counts: Requests by kind: GET, HEAD, PUT, POST, DELETE, and LIST.
    """

    def __init__(self, server: str) -> None:
        """Name the server that it stands before."""
        self.endpoint = ""
        self.delay = 0.0
        self.cuts = 0
        self.counts: Counter[str] = Counter()
        self._server = server
        self._slow_until = 0.0
        self._kept: dict[Place, dict[Asked, Answer]] = defaultdict(dict)
        self._changes = 0

    def slow_down(self, seconds: float) -> None:
        """Answer everything by 503 SlowDown from now on, for so long."""
        self._slow_until = time.monotonic() + seconds

    def __enter__(self) -> "Front":
        """Listen on a free port."""
        listening: Future[str] = Future()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(listening)), daemon=True
        )
        self._thread.start()
        self.endpoint = listening.result(timeout=30)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Listen no more."""
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(timeout=30)

    async def _serve(self, listening: "Future[str]") -> None:
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        application = web.Application(client_max_size=2**30)
        application.router.add_route("*", "/{path:.*}", self._handle)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, HOST, 0).start()
        self._client = ClientSession(
            # moto gains nothing by more at once.
            connector=TCPConnector(limit=16),
            timeout=ClientTimeout(total=300),
            auto_decompress=False,
        )
        async with self._client:
            listening.set_result(f"http://{HOST}:{runner.addresses[0][1]}")
            await self._over.wait()
            await runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        is_list = "list-type" in request.query
        self.counts["LIST" if is_list else request.method] += 1
        body = await request.read()
        await asyncio.sleep(self.delay)
        if time.monotonic() < self._slow_until:
            return web.Response(status=503, text=SLOW_DOWN, content_type="text/xml")
        answer = await self._answer(request, body)
        if self.cuts and request.method == "GET" and not is_list:
            self.cuts -= 1
            return await _cut(request, answer)
        return web.Response(
            status=answer.status, headers=answer.headers, body=answer.body
        )

    async def _answer(self, request: web.Request, body: bytes) -> Answer:
        bucket, _, key = request.path[1:].partition("/")
        place, prefix = Place(bucket, key), request.query.get("prefix", "")
        query = request.rel_url.raw_query_string
        asked = Asked(request.method, query, request.headers.get("Range"), prefix)
        # An answer to "if it has changed" is good once.
        may_keep = request.method in READS and not any(
            name.lower().startswith("if-") for name in request.headers
        )
        if may_keep and asked in self._kept[place]:
            return self._kept[place][asked]
        changes = self._changes
        answer = await self._ask(request, body)
        if request.method not in READS:
            self._changes += 1
            self._forget(place, body)
        elif may_keep and answer.status in (200, 206) and changes == self._changes:
            self._kept[place][asked] = answer
        return answer

    async def _ask(self, request: web.Request, body: bytes) -> Answer:
        headers = [
            (name, value)
            for name, value in request.headers.items()
            if name.lower() not in NOT_HANDED_ON
        ]
        address = URL(self._server + request.raw_path, encoded=True)
        async with self._client.request(
            request.method, address, headers=headers, data=body, allow_redirects=False
        ) as answer:
            kept = {
                name: value
                for name, value in answer.headers.items()
                if name.lower() not in NOT_HANDED_ON
            }
            if request.method == "HEAD":
                # The length of what a GET would bring.
                kept["Content-Length"] = answer.headers.get("Content-Length", "0")
            return Answer(answer.status, kept, await answer.read())

    def _forget(self, place: Place, body: bytes) -> None:
        """Forget what a change concerns: objects, and what lists them."""
        keys = [place.key] if place.key else _keys(body)
        for key in keys:
            self._kept.pop(Place(place.bucket, key), None)
        lists = self._kept[Place(place.bucket, "")]
        for asked in list(lists):
            if not keys or any(key.startswith(asked.prefix) for key in keys):
                del lists[asked]


def _keys(body: bytes) -> list[str]:
    """Return the keys in a request to delete many."""
    if not body:
        return []
    elements = ElementTree.fromstring(body).iter()
    return [each.text or "" for each in elements if each.tag.endswith("Key")]


async def _cut(request: web.Request, answer: Answer) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    response.content_length = len(answer.body)
    await response.prepare(request)
    await response.write(answer.body[: len(answer.body) // 2])
    if request.transport:
        request.transport.abort()
    return response
