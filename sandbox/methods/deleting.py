"""https://core.telegram.org/bots/api#deletemessage and #deletemessages"""

from sandbox import posting
from sandbox.chats import Chat
from sandbox.errors import BadRequest
from sandbox.messages import Message
from sandbox.methods.call import MethodCall
from sandbox.methods.targets import inside, known_chat, message_of

MAX_AGE_SECONDS = 48 * 3600
MAX_MESSAGES = 100
UNDELETABLE = frozenset({"supergroup_chat_created", "channel_chat_created", "forum_topic_created"})
"""Service messages that no one can take out. https://core.telegram.org/bots/api#deletemessage"""


async def delete_message(call: MethodCall) -> bool:
    """One message, of the bot's own or, for an admin, anyone's."""
    chat = known_chat(call)
    inside(call, chat)
    message = message_of(call, chat, "delete")
    if not _deletable(call, chat, message):
        raise BadRequest("message can't be deleted for everyone")
    posting.delete(call.world, chat, [message.id])
    return True


async def delete_messages(call: MethodCall) -> bool:
    """Up to 100; what cannot be found is skipped."""
    chat = known_chat(call)
    inside(call, chat)
    ids = call.parameters.numbers("message_ids")
    if not ids:
        raise BadRequest("message identifiers are not specified")
    if len(ids) > MAX_MESSAGES:
        raise BadRequest("too many message identifiers specified")
    found = [chat.messages[i] for i in ids if i in chat.messages]
    posting.delete(call.world, chat, [m.id for m in found if _deletable(call, chat, m)])
    return True


def _deletable(call: MethodCall, chat: Chat, message: Message) -> bool:
    if not UNDELETABLE.isdisjoint(message.service):
        return False
    member = chat.member(call.bot.id)
    if member is not None and not chat.is_private and member.may("can_delete_messages"):
        return True
    if call.world.clock.now() - message.date > MAX_AGE_SECONDS:
        return False
    return message.is_by(call.bot.id) or chat.is_private
