"""The whole state of a local Telegram. Everything else reads or changes one of these.

It lives in one event loop: whoever is outside (a test in another thread) goes through HTTP.
"""

import itertools
import re
import secrets
from collections.abc import Awaitable, Callable

from sandbox.calls import CallLog
from sandbox.chats import Chat, Chats
from sandbox.clock import Clock
from sandbox.errors import BadRequest, Unauthorized
from sandbox.events import Events
from sandbox.faults import Faults
from sandbox.files import Files
from sandbox.flood import FloodControl
from sandbox.messages import Message
from sandbox.parameters import Parameters
from sandbox.queries import Queries
from sandbox.settings import Settings
from sandbox.updates import UpdateQueue
from sandbox.users import Bot, User

DEFAULT_TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"  # noqa: S105 - the example in Telegram's own manual
DEFAULT_NAME = "Sandbox Bot"
FIRST_PERSON_ID = 700_000_001

Perform = Callable[[Bot, str, Parameters], Awaitable[None]]


async def _nobody_performs(bot: Bot, method: str, given: Parameters) -> None:
    raise RuntimeError(f"{method} of {bot.user.username}: this world is not served")


def _username(bot_name: str) -> str:
    """As BotFather wants it: letters, digits and underscores, with "bot" at the end."""
    name = re.sub(r"[^a-z0-9]+", "_", bot_name.lower()).strip("_") or "sandbox"
    return name if name.endswith("bot") else f"{name}_bot"


class World:
    """People, bots, chats, files and everything that can be set about them."""

    def __init__(self, token: str = DEFAULT_TOKEN, bot_name: str = DEFAULT_NAME) -> None:
        """A world without people, with one bot. Raises BadRequest for a token that is none."""
        self.clock = Clock()
        self.events = Events()
        self.calls = CallLog()
        self.faults = Faults()
        self.files = Files()
        self.chats = Chats()
        self.queries = Queries(self.clock)
        self.flood = FloodControl(self.clock)
        self.settings = Settings()
        self.perform: Perform = _nobody_performs
        """Carries out a bot's method by name; set by whoever serves this world."""
        self.inline_messages: dict[str, tuple[Chat, Message]] = {}
        """`inline_message_id` to the message sent through a bot."""
        self.people: dict[int, User] = {}
        self.bots: dict[str, Bot] = {}
        self._person_ids = itertools.count(FIRST_PERSON_ID)
        self.add_bot(bot_name, _username(bot_name), token)

    @property
    def bot(self) -> Bot:
        """The bot people see: the first one."""
        return next(iter(self.bots.values()))

    def add_bot(self, first_name: str, username: str, token: str | None = None) -> Bot:
        """What BotFather does. Raises BadRequest for a token that is not of the form `digits:letters`."""
        token = token or f"{next(self._person_ids)}:{secrets.token_urlsafe(26)}"
        number = token.partition(":")[0]
        if not number.isdecimal() or not token.partition(":")[2]:
            raise BadRequest("a bot token looks like 110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw")
        user = User(int(number), first_name, username=username, is_bot=True)
        self.bots[token] = Bot(token, user, UpdateQueue(self.clock))
        return self.bots[token]

    def add_person(
        self,
        first_name: str,
        user_id: int | None = None,
        *,
        last_name: str | None = None,
        username: str | None = None,
        language_code: str | None = "en",
    ) -> User:
        """A new person. Raises BadRequest when the id is taken."""
        number = user_id if user_id is not None else next(i for i in self._person_ids if i not in self.people)
        if number in self.people:
            raise BadRequest(f"a user with the id {number} exists already")
        self.people[number] = User(number, first_name, last_name, username, language_code=language_code)
        return self.people[number]

    def bot_by_token(self, token: str) -> Bot:
        """Raises Unauthorized for a token that belongs to no bot."""
        if token not in self.bots:
            raise Unauthorized
        return self.bots[token]

    def bot_by_id(self, user_id: int) -> Bot | None:
        """The bot with this user id."""
        return next((bot for bot in self.bots.values() if bot.id == user_id), None)

    def user(self, user_id: int) -> User | None:
        """A person or a bot."""
        if bot := self.bot_by_id(user_id):
            return bot.user
        return self.people.get(user_id)

    def person(self, user_id: int) -> User:
        """Raises BadRequest when there is no such person."""
        if user_id not in self.people:
            raise BadRequest(f"there is no person with the id {user_id}")
        return self.people[user_id]

    def dialog(self, person: User, bot: Bot) -> Chat:
        """The private chat of a person with a bot, opened if need be."""
        return self.chats.find(person.id, bot.id) or self.chats.create_private(person, bot.id)

    async def close(self) -> None:
        """Lets everyone who waits go and ends deliveries to webhooks."""
        self.faults.close()
        self.events.close()
        for bot in self.bots.values():
            bot.updates.close()
            if bot.webhook:
                await bot.webhook.stop()
        self.queries.close()
