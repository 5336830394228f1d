"""https://core.telegram.org/bots/api#getfile"""

from typing import Any

from sandbox import file_ids
from sandbox.errors import BadRequest, NotFound
from sandbox.files import StoredFile
from sandbox.methods.call import MethodCall
from sandbox.users import Bot
from sandbox.world import World

LINK_SECONDS = 3600
"""How long a link is good for, by the world's clock; Telegram promises at least this."""


async def get_file(call: MethodCall) -> dict[str, Any]:
    """A link to the bytes behind a `file_id`."""
    text = call.parameters.text("file_id")
    if not text:
        raise BadRequest("file_id not specified")
    try:
        file = file_ids.decode(text)
    except BadRequest as exc:
        raise BadRequest("invalid file_id") from exc
    stored = call.world.files.stored(file.unique_id)
    if file.bot_id != call.bot.id or stored is None:
        raise BadRequest("wrong file_id or the file is temporarily unavailable")
    size = len(await stored.content())
    if size > call.world.settings.max_download_bytes:
        raise BadRequest("file is too big")
    path = _path(call, file.unique_id, stored)
    return {"file_id": text, "file_unique_id": file.unique_id, "file_size": size, "file_path": path}


def _path(call: MethodCall, unique_id: str, stored: StoredFile) -> str:
    bot, now = call.bot, call.world.clock.now()
    bot.file_links = {path: link for path, link in bot.file_links.items() if now - link[1] <= LINK_SECONDS}
    path = bot.file_paths.setdefault(unique_id, f"{stored.folder}/file_{len(bot.file_paths)}{stored.suffix}")
    bot.file_links[path] = (unique_id, now)
    return path


def download(world: World, bot: Bot, path: str) -> StoredFile:
    """The bytes behind a link. Raises NotFound for one never given or given too long ago."""
    unique_id, given = bot.file_links.get(path, ("", 0.0))
    stored = world.files.stored(unique_id)
    if stored is None or world.clock.now() - given > LINK_SECONDS:
        raise NotFound
    return stored


async def get_user_profile_photos(call: MethodCall) -> dict[str, Any]:
    """Nobody here has any."""
    if call.world.user(call.parameters.integer("user_id")) is None:
        raise BadRequest("invalid user_id specified")
    return {"total_count": 0, "photos": []}
