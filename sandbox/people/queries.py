"""Pressing buttons and using bots inline."""

from typing import Any

from starlette.responses import Response

from sandbox import file_ids, posting, rendering
from sandbox.chats import Chat
from sandbox.errors import BadRequest
from sandbox.markup import inline_keyboard
from sandbox.messages import Message
from sandbox.methods import inline_results
from sandbox.methods.call import MethodCall
from sandbox.parameters import Parameters
from sandbox.people.permissions import may_press, may_use_bots, may_write
from sandbox.people.request import PeopleRequest, answer
from sandbox.users import Bot
from sandbox.world import World

MAX_QUERY = 256
CHAT_TYPES = {"private": "sender", "group": "group", "supergroup": "supergroup", "channel": "channel"}


async def press(request: PeopleRequest) -> Response:
    """{chat_id, message_id, user_id, data} → what the bot answered within 10 s or for so long before, or null."""
    world, chat, person = request.world, request.chat(), request.person()
    may_press(chat, person)
    message, data = request.message(chat), request.fields.text("data")
    if data not in _callback_data(message):
        raise BadRequest("this message has no such button")
    bot = _author_bot(request, message)
    place = (chat.id, message.id)
    if cached := world.queries.cached(bot.id, person.id, data, message=place):
        return answer(cached)
    query = world.queries.ask(bot.id, person.id, data, message=place)
    bot.updates.put(
        "callback_query",
        {
            "id": query.id,
            "from": person.as_object(),
            "chat_instance": str(abs(chat.id) * 7919),
            "data": data,
        }
        | _where(world, message, chat, bot),
        queue=person.id,
    )
    return answer(await world.queries.wait(query))


def _callback_data(message: Message) -> list[str]:
    rows = (message.reply_markup or {}).get("inline_keyboard", [])
    return [button["callback_data"] for row in rows for button in row if "callback_data" in button]


def _author_bot(request: PeopleRequest, message: Message) -> Bot:
    author = message.via_bot or message.sender
    author_id = message.author_bot_id or (author.id if author else 0)
    return request.world.bot_by_id(author_id) or request.bot


async def ask(request: PeopleRequest) -> Response:
    """{chat_id, user_id, query, offset?} → {inline_query_id, results, next_offset, button?}, or null."""
    world, person, bot = request.world, request.person(), request.bot
    chat, text, offset = request.chat(), request.fields.text("query"), request.fields.text("offset")
    if not bot.supports_inline_queries:
        raise BadRequest("inline mode is off for this bot")
    text = text[:MAX_QUERY]
    if cached := world.queries.cached(bot.id, person.id, text, offset):
        return answer(cached)
    query = world.queries.ask(bot.id, person.id, text, offset)
    bot.updates.put(
        "inline_query",
        {
            "id": query.id,
            "from": person.as_object(),
            "query": text,
            "offset": offset,
            "chat_type": CHAT_TYPES[chat.type],
        },
        queue=person.id,
    )
    return answer(await world.queries.wait(query))


async def choose(request: PeopleRequest) -> Response:
    """{chat_id, user_id, query, result_id, inline_query_id, message_thread_id?} → the message posted."""
    world, person, bot, fields = request.world, request.person(), request.bot, request.fields
    chat, text = request.chat(), fields.text("query")[:MAX_QUERY]
    result = _result(request, bot, fields.text("result_id"))
    content = await inline_results.content(MethodCall(world, bot, Parameters({})), result)
    may_use_bots(chat, person)
    may_write(chat, person, content)
    message = posting.post(
        world,
        chat,
        content,
        None if chat.is_channel else person,
        sender_chat=chat.as_object() if chat.is_channel else None,
        thread_id=fields.integer("message_thread_id") or None,
        via_bot=bot.user,
        reply_markup=inline_keyboard(result.get("reply_markup")),
    )
    inline_id = _inline_message_id(world, chat, message)
    if bot.inline_feedback:
        chosen = {"result_id": result["id"], "from": person.as_object(), "query": text}
        bot.updates.put("chosen_inline_result", chosen | inline_id, queue=person.id)
    return answer(rendering.message(message, chat, bot, for_people=True))


def _inline_message_id(world: World, chat: Chat, message: Message) -> dict[str, str]:
    """Only messages with buttons can be edited later, so only those get an id."""
    if not message.reply_markup:
        return {}
    inline_id = file_ids.inline_message_id(chat.id, message.id)
    world.inline_messages[inline_id] = (chat, message)
    return {"inline_message_id": inline_id}


def _where(world: World, message: Message, chat: Chat, bot: Bot) -> dict[str, Any]:
    """A pressed button's message, or only its id when it was sent through the bot."""
    inline_id = file_ids.inline_message_id(chat.id, message.id)
    if world.inline_messages.get(inline_id, (None, None))[1] is message:
        return {"inline_message_id": inline_id}
    return {"message": rendering.message(message, chat, bot)}


def _result(request: PeopleRequest, bot: Bot, result_id: str) -> dict[str, Any]:
    shown = request.world.queries.shown(bot.id, request.fields.text("inline_query_id"))
    found = next((r for r in shown if r["id"] == result_id), None)
    if found is None:
        raise BadRequest("this result is no longer there; ask again")
    return found
