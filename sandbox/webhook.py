"""Posting updates to a bot's own server: order, retries, the secret header, replies that are calls.

https://core.telegram.org/bots/api#setwebhook and #making-requests-when-getting-updates
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx
from starlette.requests import Request
from starlette.types import Message

from sandbox import parameters
from sandbox.clock import Clock
from sandbox.parameters import MAX_REPLY_BYTES, Parameters
from sandbox.settings import Settings
from sandbox.updates import KEPT_SECONDS, Update, UpdateQueue

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name
ANSWER_SECONDS = 60.0
LONGEST_PAUSE = 60.0
"""Seconds; pauses between tries double up to here, as Telegram's do, until the update expires after a day."""

Perform = Callable[[str, Parameters], Awaitable[None]]
"""Carries out a method that the bot's server named in its reply."""


@dataclass(frozen=True)
class Address:
    """What setWebhook was told."""

    url: str
    secret: str = ""
    max_connections: int = 40
    has_certificate: bool = False
    ip_address: str | None = None


class Webhook:
    """Takes updates out of a bot's queue and posts them. Updates of one chat go in order, chats beside each other."""

    def __init__(self, address: Address, updates: UpdateQueue, clock: Clock, settings: Settings, perform: Perform):
        self.address = address
        self.last_error: tuple[int, str] | None = None
        """When (Unix seconds) and why a delivery failed last."""
        self._updates = updates
        self._clock = clock
        self._settings = settings
        self._perform = perform
        self._client = httpx.AsyncClient(timeout=ANSWER_SECONDS, verify=False)  # noqa: S501 - local, self-signed
        self._free = asyncio.Semaphore(address.max_connections)
        self._under_way: dict[int, asyncio.Task[None]] = {}
        """Queue (chat) to the delivery of its oldest update."""
        self._undelivered: dict[int, Update] = {}

    @property
    def under_way(self) -> int:
        """Updates taken from the queue and not delivered yet."""
        return len(self._undelivered)

    def start(self) -> None:
        """Posts what waits, and from now on whatever comes."""
        self._updates.on_put = self._post_waiting
        self._post_waiting()

    async def stop(self) -> None:
        """Ends deliveries and puts back what was not delivered."""
        self._updates.on_put = None
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for update in self._undelivered.values():
            self._updates.put_back(update)
        self._undelivered.clear()
        await self._client.aclose()

    def _post_waiting(self) -> None:
        while update := self._updates.take(lambda waiting: waiting.queue not in self._under_way):
            self._undelivered[update.queue] = update
            task = asyncio.get_running_loop().create_task(self._deliver(update))
            self._under_way[update.queue] = task

    async def _deliver(self, update: Update) -> None:
        """Tries until the bot's server takes the update or the update expires."""
        pause = self._settings.webhook_retry_seconds
        while self._clock.now() - update.created < KEPT_SECONDS:
            retry_after = await self._try(update)
            if retry_after is None:
                break
            await asyncio.sleep(retry_after or pause)
            pause = min(LONGEST_PAUSE, pause * 2)
        del self._undelivered[update.queue]
        del self._under_way[update.queue]
        self._post_waiting()

    async def _try(self, update: Update) -> float | None:
        """None when delivered, else the seconds to wait as the server asked, or 0."""
        headers = {"Content-Type": "application/json"}
        if self.address.secret:
            headers[SECRET_HEADER] = self.address.secret
        body = json.dumps(await update.as_object(), ensure_ascii=False).encode()
        try:
            async with self._free:
                response = await self._client.post(self.address.url, content=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return self._failed(str(error) or type(error).__name__)
        if not response.is_success:
            asked = response.headers.get("retry-after", "")
            self._failed(f"Wrong response from the webhook: {response.status_code} {response.reason_phrase}")
            return float(asked) if asked.isdecimal() else 0.0
        await self._carry_out(response)
        return None

    def _failed(self, reason: str) -> float:
        self.last_error = (self._clock.date(), reason)
        return 0.0

    async def _carry_out(self, response: httpx.Response) -> None:
        """A reply may be a call: a body like that of a request, with the name in `method`."""
        if not response.content or len(response.content) > MAX_REPLY_BYTES:
            return
        given = await _reply(response)
        method = given.text("method")
        given.values.pop("method", None)
        if method and not method.lower().startswith("get"):
            await self._perform(method, given)


async def _reply(response: httpx.Response) -> Parameters:
    """The body of a reply, read as the body of a request would be."""

    async def receive() -> Message:
        return {"type": "http.request", "body": response.content, "more_body": False}

    kind = response.headers.get("content-type", "").encode()
    scope = {"type": "http", "method": "POST", "query_string": b"", "headers": [(b"content-type", kind)]}
    return await parameters.read_reply(Request(scope, receive))
