"""Posting updates to a bot's own server: order, retries, the secret header, replies that are calls.

https://core.telegram.org/bots/api#setwebhook and #making-requests-when-getting-updates
"""

import asyncio
import json
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import chain

import httpx
from starlette.requests import Request
from starlette.types import Message

from sandbox import parameters
from sandbox.clock import Clock
from sandbox.parameters import MAX_REPLY_BYTES, Parameters
from sandbox.settings import Settings
from sandbox.updates import KEPT_SECONDS, Update, UpdateQueue

logger = logging.getLogger(__name__)

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name
ANSWER_SECONDS = 60.0
LONGEST_PAUSE = 60.0
"""Seconds; pauses between tries double up to here, as Telegram's do, until the update expires after a day."""

NOT_IN_REPLIES = frozenset({"setwebhook", "deletewebhook", "close", "logout"})
"""What would end the delivery whose reply it is; Telegram does not carry it out either."""

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
        self._client = httpx.AsyncClient(
            timeout=ANSWER_SECONDS,
            verify=False,  # noqa: S501 - local, self-signed
            trust_env=False,  # a proxy cannot reach a bot's server on this machine
        )
        self._free = asyncio.Semaphore(address.max_connections)
        self._deliveries: dict[int, asyncio.Task[None]] = {}
        """Queue (chat) to the task that posts its updates, one after the other."""
        self._undelivered: dict[int, deque[Update]] = {}

    @property
    def under_way(self) -> int:
        """Updates taken from the queue and not delivered yet."""
        return sum(map(len, self._undelivered.values()))

    def start(self) -> None:
        """Posts what waits, and from now on whatever comes."""
        self._updates.on_put = self._post_waiting
        self._post_waiting()

    async def stop(self) -> None:
        """Ends deliveries and puts back what was not delivered."""
        self._updates.on_put = None
        tasks = [task for task in self._deliveries.values() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._updates.put_back(chain.from_iterable(self._undelivered.values()))
        self._undelivered.clear()
        await self._client.aclose()

    def _post_waiting(self) -> None:
        while update := self._updates.take():
            waiting = self._undelivered.setdefault(update.queue, deque())
            waiting.append(update)
            if update.queue not in self._deliveries:
                task = asyncio.get_running_loop().create_task(self._post_all(update.queue, waiting))
                self._deliveries[update.queue] = task

    async def _post_all(self, queue: int, waiting: deque[Update]) -> None:
        """Posts what waits in one queue, and what comes meanwhile."""
        try:
            while waiting:
                await self._post(waiting)
        finally:
            del self._deliveries[queue]
            if not waiting:
                self._undelivered.pop(queue, None)

    async def _post(self, waiting: deque[Update]) -> None:
        """One update, taken out when it is delivered or hopeless; one that breaks must not stop those behind it."""
        update = waiting[0]
        try:
            response = await self._deliver(update)
        except Exception as error:
            logger.exception("update %d cannot be posted", update.update_id)
            self._failed(f"{type(error).__name__}: {error}")
            response = None
        waiting.popleft()
        if response is not None:
            await self._carry_out(response)

    async def _deliver(self, update: Update) -> httpx.Response | None:
        """Tries until the bot's server takes the update; None when the update expires first."""
        pause = self._settings.webhook_retry_seconds
        while self._clock.now() - update.created < KEPT_SECONDS:
            answer = await self._try(update)
            if isinstance(answer, httpx.Response):
                return answer
            await asyncio.sleep(min(answer, KEPT_SECONDS) or pause)
            pause = min(LONGEST_PAUSE, pause * 2)
        return None

    async def _try(self, update: Update) -> httpx.Response | float:
        """The server's reply when it took the update, else the seconds to wait as it asked, or 0."""
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
        return response

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
        if method and not method.lower().startswith("get") and method.lower() not in NOT_IN_REPLIES:
            await self._perform(method, given)


async def _reply(response: httpx.Response) -> Parameters:
    """The body of a reply, read as the body of a request would be."""

    async def receive() -> Message:
        return {"type": "http.request", "body": response.content, "more_body": False}

    kind = response.headers.get("content-type", "").encode()
    scope = {"type": "http", "method": "POST", "query_string": b"", "headers": [(b"content-type", kind)]}
    return await parameters.read_reply(Request(scope, receive))
