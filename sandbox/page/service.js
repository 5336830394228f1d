// The sentences in the middle of a conversation: who joined, which topic was made.

import { fullName } from "./person.js";

const names = (users) => users.map(fullName).join(", ");

const SENTENCES = {
  new_chat_members: (m, who) =>
    m.new_chat_members.length === 1 && m.new_chat_members[0].id === m.from?.id
      ? `${who} joined the group`
      : `${who} added ${names(m.new_chat_members)}`,
  left_chat_member: (m, who) =>
    m.left_chat_member.id === m.from?.id ? `${who} left the group` : `${who} removed ${fullName(m.left_chat_member)}`,
  new_chat_title: (m, who) => `${who} changed the name to “${m.new_chat_title}”`,
  new_chat_photo: (m, who) => `${who} changed the picture`,
  delete_chat_photo: (m, who) => `${who} removed the picture`,
  group_chat_created: (m, who) => `${who} created the group`,
  supergroup_chat_created: () => "The group was created",
  channel_chat_created: () => "The channel was created",
  migrate_to_chat_id: () => "The group became a supergroup",
  migrate_from_chat_id: () => "This was a basic group before",
  pinned_message: (m, who) => `${who} pinned a message`,
  forum_topic_created: (m, who) => `${who} created the topic “${m.forum_topic_created.name}”`,
  forum_topic_edited: (m, who) => `${who} edited the topic`,
  forum_topic_closed: (m, who) => `${who} closed the topic`,
  forum_topic_reopened: (m, who) => `${who} reopened the topic`,
  write_access_allowed: (m, who) => `${who} allowed the bot to write`,
};

/** The sentence of a service message, or null where it is an ordinary one. */
export function serviceText(message) {
  for (const [field, sentence] of Object.entries(SENTENCES)) {
    if (message[field] === undefined) continue;
    return sentence(message, message.from ? fullName(message.from) : (message.sender_chat?.title ?? "Someone"));
  }
  return null;
}
