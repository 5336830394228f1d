"""https://core.telegram.org/bots/api#getting-updates"""

import re
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from sandbox.errors import BadRequest, Conflict
from sandbox.methods.call import MethodCall
from sandbox.updates import DEFAULT_KINDS, KINDS
from sandbox.webhook import Address, Webhook

_SECRET = re.compile(r"[A-Za-z0-9_-]{0,256}")
MAX_TIMEOUT = 50
"""Seconds; Telegram answers a longer poll earlier."""


def _allow(call: MethodCall) -> None:
    kinds = call.parameters.array("allowed_updates")
    if kinds is not None:
        call.bot.updates.allow(str(kind) for kind in kinds)


async def get_updates(call: MethodCall) -> list[dict[str, Any]]:
    """Waits until there is something to tell, at most `timeout` seconds."""
    if call.bot.webhook is not None:
        raise Conflict(
            "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
        )
    _allow(call)
    given = call.parameters
    return await call.bot.updates.poll(
        given.integer("offset"), given.integer("limit", 100, 1, 100), given.integer("timeout", 0, 0, MAX_TIMEOUT)
    )


async def set_webhook(call: MethodCall) -> bool:
    """From now on updates are posted to `url`; an empty one is deleteWebhook."""
    url = call.parameters.text("url")
    if not url:
        return await delete_webhook(call)
    address = _address(call, url)
    _allow(call)
    world, bot = call.world, call.bot
    bot.updates.interrupt("terminated by setWebhook request")
    async with bot.webhook_lock:
        await _stop(call)
        bot.webhook = Webhook(address, bot.updates, world.clock, world.settings, partial(world.perform, bot))
        bot.webhook.start()
    return True


def _address(call: MethodCall, url: str) -> Address:
    """As a Bot API server that runs locally: HTTP and any port are fine."""
    given = call.parameters
    if not _is_address(url):
        raise BadRequest("bad webhook: An HTTPS URL must be provided for webhook")
    secret = given.text("secret_token")
    if not _SECRET.fullmatch(secret):
        raise BadRequest("secret token contains unallowed characters")
    connections = given.integer("max_connections", 40, 1, 100)
    return Address(url, secret, connections, "certificate" in given.files, given.text("ip_address") or None)


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


async def delete_webhook(call: MethodCall) -> bool:
    """Back to getUpdates."""
    async with call.bot.webhook_lock:
        await _stop(call)
    return True


async def _stop(call: MethodCall) -> None:
    webhook, call.bot.webhook = call.bot.webhook, None
    if webhook:
        await webhook.stop()
    if call.parameters.boolean("drop_pending_updates"):
        call.bot.updates.clear()


async def get_webhook_info(call: MethodCall) -> dict[str, Any]:
    """https://core.telegram.org/bots/api#webhookinfo"""
    webhook, updates = call.bot.webhook, call.bot.updates
    shown: dict[str, Any] = {"url": "", "has_custom_certificate": False, "pending_update_count": len(updates)}
    if updates.allowed != DEFAULT_KINDS:
        shown["allowed_updates"] = [kind for kind in KINDS if kind in updates.allowed]
    if webhook is None:
        return shown
    address = webhook.address
    shown |= {
        "url": address.url,
        "has_custom_certificate": address.has_certificate,
        "pending_update_count": len(updates) + webhook.under_way,
        "max_connections": address.max_connections,
    }
    if address.ip_address:
        shown["ip_address"] = address.ip_address
    if webhook.last_error:
        shown["last_error_date"], shown["last_error_message"] = webhook.last_error
    return shown
