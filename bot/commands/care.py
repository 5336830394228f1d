"""`retry`: what keeps an archive well."""

from bot.commands.terminal import console, read_settings, watch


def retry() -> None:
    """Try every photo again that could not be read. In a chat /retry does it for that chat."""
    settings = read_settings()
    from bot.remote import carry_out  # noqa: PLC0415 - keeps --help quick
    from bot.retrying import Retry, retry_alone  # noqa: PLC0415

    told = watch(carry_out(settings.data_dir, Retry.NAME, lambda: retry_alone(settings)))
    console.print(f"Photos that will be tried again: {told['photos']}.")
