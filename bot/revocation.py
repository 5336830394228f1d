"""Notices that the token was revoked while the bot runs.

python-telegram-bot then ends the polling with a page in the log and leaves the application running, deaf, for ever.
"""

import asyncio
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from bot.updates import UpdatesRequest

log = logging.getLogger(__name__)

NO_UPDATES = b'{"ok": true, "result": []}'


class PollingRequest(UpdatesRequest):
    """The connection that asks for updates; tells when the token does not open it any more."""

    def __init__(self, revoked: Callable[[], None]) -> None:
        super().__init__(connection_pool_size=1)
        self._revoked = revoked
        self._is_revoked = False

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """See `BaseRequest`. The request that was refused never ends by itself: ending with an error, it would keep the
        updater from stopping in order. What is asked afterwards (the updater's last question) has no updates."""
        if self._is_revoked:
            return HTTPStatus.OK, NO_UPDATES
        code, payload = await super().do_request(*args, **kwargs)
        if code != HTTPStatus.UNAUTHORIZED:
            return code, payload
        self._is_revoked = True
        log.error("Telegram does not accept the token any more. The bot stops; nothing that was kept is lost.")
        self._revoked()
        never: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()
        return await never  # the updater, when it stops, cancels this
