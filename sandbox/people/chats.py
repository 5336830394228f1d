"""People, chats, members, topics, and a group's change into a supergroup."""

from dataclasses import asdict
from typing import Any

from starlette.responses import Response

from sandbox import delivery, membership, posting, rendering
from sandbox.chats import Chat
from sandbox.errors import BadRequest
from sandbox.people.request import PeopleRequest, answer
from sandbox.users import User

STATUSES = ("creator", "administrator", "member", "restricted", "left", "kicked")


async def list_chats(request: PeopleRequest) -> Response:
    """All chats, the main group first."""
    shown = request.world.chats.of_bot(request.bot.id)
    return answer([delivery.chat_for_people(chat, request.bot) for chat in shown])


async def list_users(request: PeopleRequest) -> Response:
    """All people."""
    return answer([user.as_object() for user in request.world.people.values()])


async def create_user(request: PeopleRequest) -> Response:
    """{first_name, last_name?, username?, language_code?, id?} → User"""
    fields = request.fields
    first_name = fields.text("first_name").strip()
    if not first_name:
        raise BadRequest("a person needs a first_name")
    user = request.world.add_person(
        first_name,
        fields.integer("id") or None,
        last_name=fields.text("last_name") or None,
        username=fields.text("username") or None,
        language_code=fields.text("language_code", "en"),
    )
    return answer(user.as_object())


async def create_chat(request: PeopleRequest) -> Response:
    """{type, title?, username?, is_forum?, protected?, members: [ids], admins?: [ids], bot?} → Chat

    `bot` is member, administrator or absent. A private chat takes one member and needs no bot.
    """
    fields, world = request.fields, request.world
    kind = fields.text("type", "group")
    members = [world.person(i) for i in fields.numbers("members")]
    admins = [world.person(i) for i in fields.numbers("admins")]
    if kind == "private":
        if len(members) != 1:
            raise BadRequest("a private chat has one member beside the bot")
        return answer(delivery.chat_for_people(world.dialog(members[0], request.bot), request.bot))
    chat = membership.create_chat(
        world,
        kind,
        members,
        admins,
        bot_status=_bot_status(fields.text("bot", "member"), kind),
        chat_id=fields.integer("id") or None,
        title=fields.text("title") or "Untitled",
        username=fields.text("username") or None,
        is_forum=fields.boolean("is_forum"),
        protected=fields.boolean("protected"),
    )
    return answer(delivery.chat_for_people(chat, request.bot))


def _bot_status(status: str, kind: str) -> str:
    if status not in ("member", "administrator", "absent"):
        raise BadRequest("bot is member, administrator or absent")
    return "administrator" if status == "member" and kind == "channel" else status


async def list_members(request: PeopleRequest) -> Response:
    """ChatMember objects of those inside."""
    chat = request.chat()
    return answer([rendering.member(m, chat) for m in chat.members.values() if m.inside])


async def set_member(request: PeopleRequest) -> Response:
    """{user_id (or "bot"), status, by?, denied?: [rights], anonymous?, title?} → ChatMember"""
    chat, fields = request.chat(), request.fields
    bot = fields.text("user_id") == "bot"
    user = request.bot.user if bot else _anyone(request, fields.integer("user_id"))
    by = _actor(request, chat, user)
    status = fields.text("status", "member")
    if status not in STATUSES:
        raise BadRequest(f"status is one of {', '.join(STATUSES)}")
    if chat.is_private:
        membership.block(request.world, by, request.bot, status in ("kicked", "left"))
        return answer({"status": status})
    if chat.is_channel and user.is_bot and status == "member":
        status = "administrator"  # bots are in channels as administrators only
    rights: dict[str, Any] = {
        "denied": frozenset(map(str, fields.array("denied") or [])),
        "anonymous": fields.boolean("anonymous"),
        "title": fields.text("title") or None,
    }
    member = membership.set_status(request.world, chat, user, status, by, **rights)
    return answer(rendering.member(member, chat))


def _anyone(request: PeopleRequest, user_id: int) -> User:
    found = request.world.user(user_id)
    if found is None:
        raise BadRequest(f"there is no user with the id {user_id}")
    return found


def _actor(request: PeopleRequest, chat: Chat, user: User) -> User:
    if request.fields.given("by"):
        return request.person("by")
    if chat.person:
        return chat.person
    return user if not user.is_bot else chat.creator() or user


async def migrate(request: PeopleRequest) -> Response:
    """The group becomes a supergroup → the new Chat."""
    return answer(delivery.chat_for_people(membership.migrate(request.world, request.chat()), request.bot))


async def list_topics(request: PeopleRequest) -> Response:
    """ForumTopic objects."""
    return answer([topic.as_object() for topic in request.chat().topics.values()])


async def create_topic(request: PeopleRequest) -> Response:
    """{name, user_id?} → ForumTopic"""
    chat = request.chat()
    if not chat.is_forum:
        raise BadRequest("this chat has no topics")
    name = request.fields.text("name").strip()
    if not name:
        raise BadRequest("a topic needs a name")
    by = request.person() if request.fields.given("user_id") else chat.creator()
    if by is None:
        raise BadRequest("user_id is needed: who opens the topic?")
    message = posting.create_topic(request.world, chat, name, by)
    return answer(chat.topics[message.id].as_object())


async def change_topic(request: PeopleRequest) -> Response:
    """{name?, closed?, user_id?} → ForumTopic"""
    chat = request.chat()
    topic = chat.topics.get(request.path_number("thread_id"))
    if topic is None:
        raise BadRequest("there is no such topic")
    by = request.person() if request.fields.given("user_id") else chat.creator()
    if name := request.fields.text("name").strip():
        topic.name = name
        note = {"forum_topic_edited": {"name": name}}
        posting.post_service(request.world, chat, by, note, thread_id=topic.thread_id)
    if request.fields.given("closed") and request.fields.boolean("closed") != topic.closed:
        topic.closed = not topic.closed
        event = "forum_topic_closed" if topic.closed else "forum_topic_reopened"
        posting.post_service(request.world, chat, by, {event: {}}, thread_id=topic.thread_id)
    delivery.chat_changed(request.world, chat)
    return answer(asdict(topic) | topic.as_object())


async def change_chat(request: PeopleRequest) -> Response:
    """{title?, protected?, hidden_members?, forbidden?: [permissions], user_id?} → Chat"""
    chat, fields = request.chat(), request.fields
    if fields.given("hidden_members"):
        chat.hidden_members = fields.boolean("hidden_members")
    if fields.given("protected"):
        chat.protected = fields.boolean("protected")
    if fields.given("forbidden"):
        chat.forbidden = frozenset(map(str, fields.array("forbidden") or []))
    if title := fields.text("title").strip():
        chat.title = title
        by = request.person() if fields.given("user_id") else chat.creator()
        posting.post_service(request.world, chat, by, {"new_chat_title": title})
    delivery.chat_changed(request.world, chat)
    return answer(delivery.chat_for_people(chat, request.bot))
