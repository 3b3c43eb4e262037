"""A front for an S3 server: it delays requests, counts them, and makes trouble.

It keeps what it was asked for in memory: moto's server answers 100 to 300 requests a
second, the front some thousands, so that a benchmark need not measure moto. Whatever
changes objects must go through the front, which then forgets them.
"""

import asyncio
import threading
import time
from collections import Counter
from concurrent.futures import Future
from contextlib import AbstractContextManager
from types import TracebackType
from typing import NamedTuple

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


class Asked(NamedTuple):
    """What tells answers apart that are kept."""

    path: str
    query: str
    method: str
    range: str | None


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
        self._kept: dict[Asked, Answer] = {}

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
        path, _, query = request.raw_path.partition("?")
        asked = Asked(path, query, request.method, request.headers.get("Range"))
        # An answer to "if it has changed" is good once.
        may_keep = request.method in READS and not any(
            name.lower().startswith("if-") for name in request.headers
        )
        if may_keep and asked in self._kept:
            return self._kept[asked]
        answer = await self._ask(request, body)
        if request.method not in READS:
            self._forget(path)
        elif may_keep and answer.status in (200, 206):
            self._kept[asked] = answer
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

    def _forget(self, path: str) -> None:
        """Forget what a change of a key may concern: it, and what lists it.

        A change of a bucket, such as a delete of many keys, may concern all in it.
        """
        _, bucket, *key = path.split("/", 2)
        for asked in list(self._kept):
            _, its_bucket, *its_key = asked.path.split("/", 2)
            concerned = not any(key) or not any(its_key) or asked.path == path
            if its_bucket == bucket and concerned:
                self._kept.pop(asked, None)


async def _cut(request: web.Request, answer: Answer) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    response.content_length = len(answer.body)
    await response.prepare(request)
    await response.write(answer.body[: len(answer.body) // 2])
    if request.transport:
        request.transport.abort()
    return response
