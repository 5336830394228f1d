"""What Telegram says of the bot's own membership."""

from telegram import ChatMember, ChatMemberUpdated

GONE = frozenset({ChatMember.LEFT, ChatMember.BANNED})


def has_joined(change: ChatMemberUpdated) -> bool:
    """Whether the bot was not there before and is now."""
    return is_absent(change.old_chat_member) and not is_absent(change.new_chat_member)


def is_absent(member: ChatMember) -> bool:
    """Whether somebody is not in the chat."""
    if member.status == ChatMember.RESTRICTED:
        return not getattr(member, "is_member", True)
    return member.status in GONE
