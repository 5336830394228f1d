"""What the bot says of itself."""

from telegram import BotCommand, Message

from handlers.commands import words_after
from handlers.errors import Context
from handlers.replies import Replies

COMMANDS = (
    BotCommand("search", "find earlier photos by words: /search red car"),
    BotCommand("similar", "as a reply to a photo: find others like it"),
    BotCommand("repost", "as a reply to a photo: was it posted before?"),
    BotCommand("settings", "how I behave here, for admins"),
    BotCommand("stats", "how many photos I remember here"),
    BotCommand("retry", "admins: I try unreadable photos again"),
    BotCommand("import", "admins: how to bring photos from before I came"),
    BotCommand("forget", "as a reply to your photo: I forget it"),
    BotCommand("optout", "I forget your photos and keep none"),
    BotCommand("optin", "I remember your photos again"),
    BotCommand("purge", "admins: I forget every photo of this chat"),
    BotCommand("privacy", "what I store, and for how long"),
    BotCommand("help", "what I can do"),
)
"""Registered with setMyCommands, in this order."""

HOW_TO_ASK = (
    "/search red car – the best-matching photos posted here (/help search: dates, people, -words)\n"
    "/similar – as a reply to a photo, or as the caption of a new one: others like it\n"
    "/repost – as a reply to a photo, or as its caption: was it posted here before?\n"
    "/settings – how I behave here, for admins\n"
    "/stats – how many photos I remember here\n"
    "/privacy – what I store, for how long, and how to have it forgotten"
)
SEARCH_LANGUAGE = """<b>How to search</b>, in any order and any language:

<code>/search red car</code> – what the photo shows, or what its caption or the text in it says
<code>/search beach -people</code> – steers away from people; <code>-"traffic light"</code> for several words
<code>/search cake from:@ann</code> – posted by Ann; also <code>from:me</code>, <code>from:"Ann Lee"</code>
<code>/search snow after:2024-05 before:2024-12-24</code> – from May 2024 on, before Christmas Eve
<code>/search on:2024-05-03</code> – that day; also <code>on:2024-05</code>, <code>on:2024</code>
<code>/search text:"happy birthday"</code> – these words stand in the caption or in the picture
<code>/search dog sort:new</code> – the newest of what fits; also <code>sort:old</code>, <code>sort:best</code>
<code>/search cat n:8</code> – eight photos, at most 10

Without words you get everything that is left, newest first: <code>/search from:me n:10</code>
As a reply to a photo, or as its caption, words change it: <code>/search same but at night</code>
In quotes everything is just words: <code>/search "from:me"</code>

-word only steers. What must not be missing or wrong (who, when, which text) is exact."""
"""HTML. Every example is understood by `search.language`; a test holds it to that."""
PRIVATE = "Here with me, plain words are a search, and every photo you send is remembered."
PROMISE = "I answer only from the photos of the chat in which you ask."
PRIVACY_WARNING = (
    "⚠️ My privacy mode is on, so Telegram shows me only commands, and I will not see your photos. Make me an admin "
    "here; or switch privacy mode off at @BotFather (/setprivacy), then remove me and add me again."
)


class Help:
    """/start and /help."""

    def __init__(self, replies: Replies) -> None:
        self._replies = replies

    async def start(self, message: Message, context: Context) -> None:
        """/start: who I am, then how to ask."""
        own = PRIVATE if message.chat.type == message.chat.PRIVATE else PROMISE
        await self._replies.say(
            context.bot, message, f"I remember pictures and find them again.\n\n{HOW_TO_ASK}\n\n{own}"
        )

    async def help(self, message: Message, context: Context) -> None:
        """/help: how to ask; /help search: the language of questions."""
        if words_after(message).strip().casefold() in ("search", "/search"):
            await self._replies.write(context.bot, message, SEARCH_LANGUAGE)
            return
        await self._replies.say(context.bot, message, f"{HOW_TO_ASK}\n\n{PRIVATE}\n{PROMISE}")


def introduction(title: str | None, sees_photos: bool) -> str:
    """What the bot says when it joins a group."""
    place = f"in {title}" if title else "here"
    text = (
        f"Hello! From now on I remember the photos posted {place}, so that you can find them again:\n\n{HOW_TO_ASK}\n\n"
        "What I store: a fingerprint of each photo that tells what it shows, its caption, who posted it and when. "
        f"The photos themselves stay with Telegram. {PROMISE} What was posted before I came, I cannot see; "
        "/import tells how to bring it."
    )
    return text if sees_photos else f"{text}\n\n{PRIVACY_WARNING}"
