"""Loading the model: seconds from disk, minutes from a hub, and never in the way of the process's end."""

import asyncio
import threading
from contextlib import suppress

from bot.settings import Settings
from search.embedder import Embedder
from search.quantising import Quantised

LEAST_PARAMETERS = 20_000_000
"""Of the picture tower, from which it is quantised; smaller ones take less than 10 ms a picture as they are."""


def load_model(settings: Settings) -> Embedder:
    """Loads the model that the settings name; blocks.

    Raises:
        ModelError
    """
    from search.clip import ClipEmbedder, Compute  # noqa: PLC0415 - imports torch, 2 s

    compute = Compute(settings.device, settings.precision, settings.threads)
    exact = ClipEmbedder.load(settings.model, compute)
    is_worth_it = exact.device.type == "cpu" and exact.picture_parameters >= LEAST_PARAMETERS
    if settings.engine == "torch" or not is_worth_it:
        return exact
    from search.quantised import QuantisedEmbedder  # noqa: PLC0415

    place = Quantised(settings.data_dir / "engines", exact.model_id)
    return QuantisedEmbedder(exact, place, compute.chosen_threads())


async def load_in_background(settings: Settings) -> Embedder:
    """The same, on a thread that, unlike the event loop's own, does not keep the process from ending: a first start
    may be stopped in the middle of a download of gigabytes.

    Raises:
        ModelError
    """
    loop = asyncio.get_running_loop()
    loaded: asyncio.Future[Embedder] = loop.create_future()

    def work() -> None:
        try:
            embedder = load_model(settings)
        except Exception as exc:  # noqa: BLE001 - raised again where it is awaited
            tell(exc)
        else:
            tell(embedder)

    def tell(outcome: Embedder | Exception) -> None:
        with suppress(RuntimeError):  # the loop is closed: the bot was stopped meanwhile
            loop.call_soon_threadsafe(_settle, loaded, outcome)

    threading.Thread(target=work, name="model-loading", daemon=True).start()
    return await loaded


def _settle(loaded: asyncio.Future[Embedder], outcome: Embedder | Exception) -> None:
    if loaded.done():  # cancelled: nobody waits any more
        return
    if isinstance(outcome, Exception):
        loaded.set_exception(outcome)
    else:
        loaded.set_result(outcome)
