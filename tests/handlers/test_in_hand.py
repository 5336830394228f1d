"""What is still done while the bot ends."""

from typing import Any

from telegram import Update

from handlers.in_hand import InHand


async def test_an_ending_drops_a_purge_that_was_confirmed() -> None:
    """What binds is done in the time that is left; a question is not answered any more."""
    done: list[str] = []

    async def purge(update: Update, context: Any) -> None:
        done.append("purge")

    async def search(update: Update, context: Any) -> None:
        done.append("search")

    in_hand = InHand()
    in_hand.begin()
    await in_hand.end(3)
    for callback in (in_hand.counted(search), in_hand.counted(purge, is_binding=True)):
        await callback(Update(1), None)  # type: ignore[arg-type]
    assert done == ["purge"]
