"""Chatlens in a bot that already exists, and the same way in its own."""

from types import new_class
from typing import Any

from telegram.ext import Application, ApplicationBuilder

from bot.inbox import Inbox
from bot.lifecycle import AnyApplication, Lifecycle, Unable
from bot.settings import Settings

AnyBuilder = ApplicationBuilder[Any, Any, Any, Any, Any, Any]


def install(builder: AnyBuilder, settings: Settings | None = None, unable: Unable | None = None) -> AnyBuilder:
    """Adds the whole of Chatlens to the application that `builder` will build; returns the builder.

    Call it before `build()`, then add handlers and run the application as ever. It takes the builder's update queue
    and makes a subclass of its application class. Chatlens opens and closes with the application's `initialize` and
    `shutdown`, by whichever way they are called. Its handlers stand in a group of their own and leave out the
    commands that the host answers itself.

    Settings left out are read from the environment (CHATLENS_…); `token` and `api_url` are the host's business. The
    model is loaded while updates are taken already; where it cannot be had, `unable` is told why. Left out, that is
    logged, the host goes on, and whoever asks for a picture is told that something went wrong.

    Raises:
        RuntimeError: the builder has an updater of its own already; give it none.
    """
    inbox = Inbox()
    lifecycle = Lifecycle(settings or Settings(), inbox, unable)
    builder.update_queue(inbox)
    base, arguments = _chosen_class(builder)
    return builder.application_class(_with_lifecycle(base, lifecycle), arguments)


def _chosen_class(builder: AnyBuilder) -> tuple[type[AnyApplication], dict[str, Any]]:
    """What the host told the builder, which has no public way to say it."""
    chosen = getattr(builder, "_application_class", Application)
    base = getattr(chosen, "value", chosen)  # python-telegram-bot wraps its own default
    return base, dict(getattr(builder, "_application_kwargs", None) or {})


def _with_lifecycle(base: type[AnyApplication], lifecycle: Lifecycle) -> type[AnyApplication]:
    """A subclass of the host's application class, because `initialize` does not call `post_init`, and `post_init`
    has room for one callback, which is the host's."""

    async def initialize(self: AnyApplication) -> None:
        await lifecycle.open(self)
        await base.initialize(self)

    async def start(self: AnyApplication) -> None:
        await base.start(self)
        await lifecycle.start(self)

    async def stop(self: AnyApplication) -> None:
        await lifecycle.stop()
        await base.stop(self)

    async def shutdown(self: AnyApplication) -> None:
        await base.shutdown(self)
        await lifecycle.close()

    body = {"__slots__": (), "initialize": initialize, "start": start, "stop": stop, "shutdown": shutdown}
    return new_class(f"Chatlens{base.__name__}", (base,), exec_body=lambda namespace: namespace.update(body))
