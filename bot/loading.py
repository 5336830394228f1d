"""Loading the model: seconds from disk, minutes from a hub, and never in the way of the process's end."""

import asyncio
from functools import partial

from bot.settings import Settings
from search.embedder import Embedder
from search.model_spec import ModelSpec
from search.on_demand import OnDemand, on_daemon
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
    """The same, on a thread that, unlike the event loop's own, does not keep the process from ending.

    Raises:
        ModelError
    """
    return await on_daemon(partial(load_model, settings), "model-loading")


async def on_demand(settings: Settings) -> OnDemand:
    """The model that the settings name, which is loaded once it is needed.

    Raises:
        ModelUnknown: its files are not there.
    """
    spec = ModelSpec.parse(settings.model)
    await asyncio.to_thread(spec.check_files)
    return OnDemand(await asyncio.to_thread(spec.model_id), partial(load_model, settings))
