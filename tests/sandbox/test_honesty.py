"""The sandbox says what is so: no hollow answers, no hidden failures."""

import pytest
import telegram
from telegram.error import BadRequest, TelegramError

from sandbox.server import serve_in_thread
from tests.sandbox.people import People


async def test_chat_promises_what_is_refused(bot: telegram.Bot, people: People) -> None:
    """getChat does not say that members may pin, rename or manage topics where they may not."""
    ann = await people.person()
    chat = await people.chat(ann, type="supergroup")
    said = await ann.say("pin me", chat)
    permissions = (await bot.get_chat(chat)).permissions
    assert permissions is not None
    assert (permissions.can_pin_messages, permissions.can_change_info, permissions.can_manage_topics) == (False,) * 3
    with pytest.raises(BadRequest, match=r"(?i)not enough rights to manage pinned messages"):
        await bot.pin_chat_message(chat, said["message_id"])
    with pytest.raises(BadRequest, match=r"(?i)not enough rights"):
        await bot.set_chat_title(chat, "Mine")


async def test_log_out_is_answered_with_a_hollow_true(bot: telegram.Bot) -> None:
    """There is no server to log out of, so logOut and close are among what is not played."""
    for refused in (bot.log_out(), bot.close()):
        with pytest.raises(TelegramError, match="Not Implemented: the sandbox does not play"):
            await refused


def test_late_error_of_the_server_is_lost() -> None:
    """What ends the server's thread after its start is raised at the end of the block."""

    async def fail() -> None:
        raise RuntimeError("the lights went out")

    with pytest.raises(RuntimeError, match="the lights went out"), serve_in_thread() as sandbox:
        sandbox.world.close = fail  # type: ignore[method-assign]


def test_late_error_hides_that_of_the_block() -> None:
    """An error of the block itself is the one that is seen."""
    with pytest.raises(KeyError, match="mine"), serve_in_thread():
        raise KeyError("mine")
