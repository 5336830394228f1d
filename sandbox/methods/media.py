"""Photos and documents that a bot uploads or sends again."""

from dataclasses import replace
from typing import Any

from sandbox import file_ids
from sandbox.errors import BadRequest
from sandbox.files import Document
from sandbox.formatting import caption_of
from sandbox.messages import Content
from sandbox.methods.call import MethodCall
from sandbox.parameters import Parameters, Upload
from sandbox.pictures import Picture

_NAMES = {"photo": "Photo", "document": "Document", "thumbnail": "Thumbnail"}


async def photo(call: MethodCall, file: Upload | str | None) -> Picture:
    """An uploaded photo, or the one behind a `file_id` of this bot."""
    if isinstance(file, Upload):
        return await call.world.files.add_picture(file.content)
    unique_id = own_file(call, file, "photo")
    found = call.world.files.photo(unique_id)
    if found is None:
        raise BadRequest("wrong file_id or the file is temporarily unavailable")
    return found


async def document(call: MethodCall, file: Upload | str | None) -> Document:
    """An uploaded document, or the one behind a `file_id` of this bot."""
    if isinstance(file, Upload):
        return await call.world.files.add_document(file.content, file.name)
    found = call.world.files.document(own_file(call, file, "document"))
    if found is None:
        raise BadRequest("wrong file_id or the file is temporarily unavailable")
    return found


def own_file(call: MethodCall, reference: str | None, kind: str) -> str:
    """The file_unique_id behind a `file_id` that this bot may use as this kind of file."""
    if reference is None:
        raise BadRequest(f"there is no {kind} in the request")
    if "." in reference:  # that is how Telegram tells addresses from ids; nothing is fetched from the network here
        raise BadRequest("failed to get HTTP URL content")
    file = file_ids.decode(reference)
    if file.bot_id != call.bot.id:
        raise BadRequest("wrong file identifier/HTTP URL specified")
    if file.kind != kind:
        raise BadRequest(f"can't use file of type {_NAMES[file.kind]} as {_NAMES[kind]}")
    return file.unique_id


async def album_item(call: MethodCall, item: Any, place: int) -> Content:
    """An InputMedia of an album; what Telegram's servers refuse about the file is reported with its place."""
    try:
        return await input_media(call, item)
    except BadRequest as refusal:
        if refusal.reason not in ("IMAGE_PROCESS_FAILED", "PHOTO_INVALID_DIMENSIONS"):
            raise
        reason = f'failed to send message #{place} with the error message "{refusal.reason}"'
        raise BadRequest(reason) from refusal


async def input_media(call: MethodCall, item: Any) -> Content:
    """https://core.telegram.org/bots/api#inputmedia, photos and documents."""
    if not isinstance(item, dict):
        raise BadRequest("can't parse InputMedia: expected an Object")
    fields = Parameters(item, call.parameters.files)
    file = fields.attached(item.get("media"))
    if file is None:
        raise BadRequest("can't parse InputMedia: media not found")
    text, entities = caption_of(fields, call.world.user)
    content = Content(text, entities, caption_above=fields.boolean("show_caption_above_media"))
    kind = item.get("type")
    if kind == "photo":
        return replace(content, photo=await photo(call, file), spoiler=fields.boolean("has_spoiler"))
    if kind == "document":
        return replace(content, document=await document(call, file))
    raise BadRequest(f"the sandbox plays photos and documents, not media of type {kind!r}")
