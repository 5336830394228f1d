"""Telegram: whether it answers, and whether it lets the bot see photos at all."""

from collections.abc import AsyncIterator

from telegram.error import InvalidToken, TelegramError

from bot.checkups.finding import Finding, Patient

PATIENCE = 10.0


async def telegram(patient: Patient) -> AsyncIterator[Finding]:
    """Asked only where there is a token."""
    if patient.bot is None:
        return
    try:
        me = await patient.bot.get_me(read_timeout=PATIENCE, connect_timeout=PATIENCE)
    except InvalidToken:
        yield Finding("token", "Telegram does not accept the token. Copy it again from @BotFather (/mybots).")
    except TelegramError as exc:
        yield Finding("Telegram", f"Telegram does not answer: {exc.message}.")
    else:
        if not me.can_read_all_group_messages:
            yield Finding(
                "privacy mode",
                "Privacy mode is on: in groups the bot sees photos only where it is an admin. Switch it off at "
                "@BotFather (/setprivacy), then remove the bot from its groups and add it again.",
            )
