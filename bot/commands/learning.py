"""`calibrate`."""

import asyncio

from rich.progress import Progress, TaskID

from bot.commands.terminal import console, read_settings


def calibrate() -> None:
    """Learn from the archive's captions when to say that nothing looks like what was asked for. Stop the bot first."""
    settings = read_settings()
    from bot.calibration import calibrate_archive  # noqa: PLC0415 - keeps --help quick

    with Progress(console=console) as bars:
        tasks: dict[str, TaskID] = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done)

        calibration = asyncio.run(calibrate_archive(settings, show))
    console.print(f"Calibrated on {calibration.origin}. It holds from the bot's next start.")
