"""https://core.telegram.org/bots/api#getting-updates"""

from typing import Any

from sandbox.errors import BadRequest, Conflict
from sandbox.methods.call import MethodCall

MAX_TIMEOUT = 50
"""Seconds; Telegram answers a longer poll earlier."""


def _allow(call: MethodCall) -> None:
    kinds = call.parameters.array("allowed_updates")
    if kinds is not None:
        call.bot.updates.allow(str(kind) for kind in kinds)


async def get_updates(call: MethodCall) -> list[dict[str, Any]]:
    """Waits until there is something to tell, at most `timeout` seconds."""
    if call.bot.webhook is not None:
        raise Conflict("can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first")
    _allow(call)
    given = call.parameters
    return await call.bot.updates.poll(
        given.integer("offset"), given.integer("limit", 100, 1, 100), given.integer("timeout", 0, 0, MAX_TIMEOUT)
    )


async def set_webhook(call: MethodCall) -> bool:
    """From now on updates are posted to `url`; an empty one is deleteWebhook."""
    raise BadRequest("bad webhook: not yet")


async def delete_webhook(call: MethodCall) -> bool:
    """Back to getUpdates."""
    if call.parameters.boolean("drop_pending_updates"):
        call.bot.updates.clear()
    return True


async def get_webhook_info(call: MethodCall) -> dict[str, Any]:
    """https://core.telegram.org/bots/api#webhookinfo"""
    return {"url": "", "has_custom_certificate": False, "pending_update_count": len(call.bot.updates)}
