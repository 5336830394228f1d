"""Every method the sandbox plays, by name."""

from sandbox.errors import NotFound, NotPlayed
from sandbox.methods import (
    chats,
    copying,
    deleting,
    editing,
    files,
    profile,
    queries,
    reactions,
    sending,
    topics,
    updates,
)
from sandbox.methods.call import Method
from sandbox.methods.not_played import NOT_PLAYED

METHODS: dict[str, Method] = {
    "getUpdates": updates.get_updates,
    "setWebhook": updates.set_webhook,
    "deleteWebhook": updates.delete_webhook,
    "getWebhookInfo": updates.get_webhook_info,
    "getMe": profile.get_me,
    "setMyCommands": profile.set_my_commands,
    "getMyCommands": profile.get_my_commands,
    "deleteMyCommands": profile.delete_my_commands,
    "setMyName": profile.set_my_name,
    "getMyName": profile.get_my_name,
    "setMyDescription": profile.set_my_description,
    "getMyDescription": profile.get_my_description,
    "setMyShortDescription": profile.set_my_short_description,
    "getMyShortDescription": profile.get_my_short_description,
    "sendMessage": sending.send_message,
    "sendPhoto": sending.send_photo,
    "sendDocument": sending.send_document,
    "sendMediaGroup": sending.send_media_group,
    "sendChatAction": sending.send_chat_action,
    "forwardMessage": copying.forward_message,
    "forwardMessages": copying.forward_messages,
    "copyMessage": copying.copy_message,
    "copyMessages": copying.copy_messages,
    "editMessageText": editing.edit_message_text,
    "editMessageCaption": editing.edit_message_caption,
    "editMessageMedia": editing.edit_message_media,
    "editMessageReplyMarkup": editing.edit_message_reply_markup,
    "deleteMessage": deleting.delete_message,
    "deleteMessages": deleting.delete_messages,
    "setMessageReaction": reactions.set_message_reaction,
    "getFile": files.get_file,
    "getUserProfilePhotos": files.get_user_profile_photos,
    "getChat": chats.get_chat,
    "getChatMember": chats.get_chat_member,
    "getChatAdministrators": chats.get_chat_administrators,
    "getChatMemberCount": chats.get_chat_member_count,
    "leaveChat": chats.leave_chat,
    "banChatMember": chats.ban_chat_member,
    "unbanChatMember": chats.unban_chat_member,
    "setChatTitle": chats.set_chat_title,
    "setChatDescription": chats.set_chat_description,
    "pinChatMessage": chats.pin_chat_message,
    "unpinChatMessage": chats.unpin_chat_message,
    "unpinAllChatMessages": chats.unpin_all_chat_messages,
    "createForumTopic": topics.create_forum_topic,
    "editForumTopic": topics.edit_forum_topic,
    "closeForumTopic": topics.close_forum_topic,
    "reopenForumTopic": topics.reopen_forum_topic,
    "deleteForumTopic": topics.delete_forum_topic,
    "answerCallbackQuery": queries.answer_callback_query,
    "answerInlineQuery": queries.answer_inline_query,
}
_BY_LOWER_NAME = {name.lower(): (name, method) for name, method in METHODS.items()}
_NOT_PLAYED = {name.lower(): name for name in NOT_PLAYED}


def proper_name(name: str) -> str:
    """The method's name as documented, whatever its case; unknown ones stay as they are."""
    known = _BY_LOWER_NAME.get(name.lower())
    return known[0] if known else _NOT_PLAYED.get(name.lower(), name)


def method_of(name: str) -> Method:
    """Raises NotPlayed for what only the real Telegram does, NotFound for what it does not know either."""
    known = _BY_LOWER_NAME.get(name.lower())
    if known:
        return known[1]
    if name.lower() in _NOT_PLAYED:
        raise NotPlayed(_NOT_PLAYED[name.lower()])
    raise NotFound("method not found")
