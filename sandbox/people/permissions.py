"""What a person may do in a chat: restrictions and rights bind people as they bind bots."""

from sandbox.chats import Chat, Member
from sandbox.errors import BadRequest, Forbidden
from sandbox.messages import Content
from sandbox.users import User

_WORDS = {"can_send_messages": "text messages", "can_send_photos": "photos", "can_send_documents": "documents"}


def may_act(chat: Chat, person: User) -> Member:
    """The person's standing in a chat. Raises BadRequest where the chat moved, Forbidden outside of it."""
    if chat.migrated_to is not None:
        raise BadRequest(f"this group lives on as the supergroup {chat.migrated_to}")
    found = chat.member(person.id)
    if found is None or not found.inside:
        raise Forbidden(f"{person.full_name} is not a member of this chat")
    return found


def may_write(chat: Chat, person: User, content: Content) -> None:
    """Raises Forbidden unless the person may post this, or change a message into it."""
    member = may_act(chat, person)
    if chat.is_channel:
        if not member.may("can_post_messages"):
            raise Forbidden("only administrators post in a channel")
    elif content.right in chat.denied_to(member):
        raise Forbidden(f"{person.full_name} may not send {_WORDS[content.right]} to this chat")


def may_use_bots(chat: Chat, person: User) -> None:
    """Raises Forbidden unless the person may post through inline bots."""
    member = may_act(chat, person)
    if not chat.is_channel and "can_send_other_messages" in chat.denied_to(member):
        raise Forbidden(f"{person.full_name} may not use inline bots in this chat")


def may_react(chat: Chat, person: User) -> None:
    """Raises Forbidden unless the person may react to messages."""
    member = may_act(chat, person)
    if not chat.is_channel and "can_react_to_messages" in chat.denied_to(member):
        raise Forbidden(f"{person.full_name} may not react in this chat")


def may_press(chat: Chat, person: User) -> None:
    """Raises Forbidden unless the person sees the button: as a member, or in a public chat."""
    if not chat.username:
        may_act(chat, person)
