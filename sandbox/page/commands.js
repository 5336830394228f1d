// The bot's commands as one chat sees them: the narrowest scope that has any wins (Bot API, BotCommandScope).

import { store } from "./store.js";

const SCOPES = {
  private: ["chat", "all_private_chats", "default"],
  group: ["chat_member", "chat_administrators", "chat", "all_chat_administrators", "all_group_chats", "default"],
};

/** `[{command, description}]` for me in the chat on show; those in the reader's language before those in none. */
export function commands() {
  const { chat, bot, me } = store;
  if (!bot || !me) return [];
  const kind = !chat || chat.type === "private" ? "private" : "group";
  const languages = [navigator.language.slice(0, 2), ""];
  for (const type of SCOPES[kind]) {
    for (const language of languages) {
      const found = bot.commands.find(
        (set) =>
          set.language_code === language && set.commands.length > 0 && applies(JSON.parse(set.scope), type, chat, me),
      );
      if (found) return found.commands;
    }
  }
  return [];
}

/** Whether the bot has registered a command here. */
export const botKnows = (name) => commands().some((each) => each.command === name);

function applies(scope, type, chat, me) {
  if (scope.type !== type) return false;
  if (type.endsWith("administrators") && !chat.admins?.includes(me.id)) return false;
  if (scope.chat_id !== undefined && String(scope.chat_id) !== String(chat?.id)) return false;
  return scope.user_id === undefined || scope.user_id === me.id;
}
