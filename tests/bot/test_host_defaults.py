"""A host bot with defaults and conversations of its own."""

from typing import Any

import pytest
from telegram import Update
from telegram.constants import ParseMode
from telegram.ext import Application, CallbackContext, CommandHandler, ConversationHandler, Defaults

from bot.installation import install
from bot.settings import Settings
from tests.conftest import polling
from tests.people import People, until

pytestmark = pytest.mark.usefixtures("loaded_once")


def builder(settings: Settings, token: str) -> Any:
    return (
        Application.builder()
        .token(token)
        .base_url(f"{settings.api_url}/bot")
        .base_file_url(f"{settings.api_url}/file/bot")
    )


async def test_a_hosts_parse_mode_silences_every_sentence(people: People, settings: Settings, sandbox: Any) -> None:
    """Our plain sentences are plain, whatever `Defaults(parse_mode=…)` the host has set."""
    hosted = builder(settings, sandbox.token).defaults(Defaults(parse_mode=ParseMode.MARKDOWN_V2))
    application = install(hosted, settings).build()
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Crew", [ann])
    async with polling(application):
        assert "photo" in await people.told(chat, ann, "/stats")


async def test_a_command_of_a_hosts_conversation_is_answered_twice(
    people: People, settings: Settings, sandbox: Any
) -> None:
    """A command that stands inside the host's ConversationHandler is the host's too."""

    async def start(update: Update, context: CallbackContext[Any, Any, Any, Any]) -> int:
        assert update.message is not None
        await update.message.reply_text("I am the host.")
        return 1

    application = install(builder(settings, sandbox.token), settings).build()
    application.add_handler(ConversationHandler([CommandHandler("start", start)], {1: []}, []))
    ann = await people.person("Ann")
    chat = await people.chat("supergroup", "Crew", [ann])
    async with polling(application):
        [question] = await people.post(chat, ann, text="/start")
        await until(lambda: people.from_bot(chat, question["message_id"]), "an answer")
        await people.told(chat, ann, "/stats")
        said = [message["text"] for message in await people.from_bot(chat, question["message_id"])]
    assert not [text for text in said if "I remember pictures" in text]


async def test_an_application_that_is_initialised_again_answers_with_closed_services(
    people: People, settings: Settings, sandbox: Any
) -> None:
    """`shutdown` and `initialize` once more is a restart: the new handlers answer, not the first ones."""
    application = install(builder(settings, sandbox.token), settings).build()
    async with polling(application):
        handlers = len(application.handlers[47])
    async with polling(application):
        assert len(application.handlers[47]) == handlers
