"""A model that is loaded when it is needed, and can be dropped when it is not."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TypeVar

from PIL import Image

from search.embedder import Embedder, Embedding, Pixels
from search.errors import ModelDamaged
from search.freed_memory import give_back

T = TypeVar("T")


class OnDemand:
    """See `Embedder`. Whatever computes waits on its own thread until the model is there; the event loop asks `ready`.

    What is known of a model once it was loaded is known for good: only its weights are dropped.
    """

    def __init__(self, model_id: str, load: Callable[[], Embedder]) -> None:
        """`load` blocks, and raises ModelError."""
        self._model_id = model_id
        self._load = load
        self._lock = threading.Lock()
        self._held: Embedder | None = None
        self._dimensions: int | None = None
        self._image_size: int | None = None

    @property
    def held(self) -> Embedder | None:
        """What is in memory just now."""
        return self._held

    @property
    def known_dimensions(self) -> int | None:
        """None until it was loaded for the first time."""
        return self._dimensions

    async def ready(self) -> None:
        """See `Embedder`. On a thread that does not keep the process from ending: a first start may be stopped in the
        middle of a download of gigabytes.

        Raises:
            ModelError
        """
        if self._held is None:
            await on_daemon(self._loaded, "model-loading")

    def drop(self) -> bool:
        """Lets it go; who computes with it just now finishes. False where there is nothing to drop."""
        if not self._lock.acquire(blocking=False):  # it is just being loaded: somebody needs it
            return False
        try:
            was_held, self._held = self._held is not None, None
        finally:
            self._lock.release()
        return was_held

    @property
    def model_id(self) -> str:
        """See `Embedder`. Known before anything is loaded."""
        return self._model_id

    @property
    def dimensions(self) -> int:
        """See `Embedder`. Loads it, the first time."""
        return self._loaded().dimensions if self._dimensions is None else self._dimensions

    @property
    def image_size(self) -> int:
        """See `Embedder`. Loads it, the first time."""
        return self._loaded().image_size if self._image_size is None else self._image_size

    def prepare(self, image: Image.Image) -> Pixels:
        """See `Embedder`."""
        return self._loaded().prepare(image)

    def embed_images(self, batch: Sequence[Pixels]) -> Embedding:
        """See `Embedder`."""
        return self._loaded().embed_images(batch)

    def embed_texts(self, texts: Sequence[str]) -> Embedding:
        """See `Embedder`."""
        return self._loaded().embed_texts(texts)

    def _loaded(self) -> Embedder:
        held = self._held
        if held is not None:
            return held
        with self._lock:
            if self._held is None:
                self._held = self._checked(self._load())
                give_back()
            return self._held

    def _checked(self, embedder: Embedder) -> Embedder:
        if embedder.model_id != self._model_id:
            raise ModelDamaged(
                f"The files of the model {self._model_id} were changed while the bot was running: they are "
                f"{embedder.model_id} now. Put them back, or restart the bot."
            )
        self._dimensions, self._image_size = embedder.dimensions, embedder.image_size
        return embedder


async def on_daemon(work: Callable[[], T], name: str) -> T:
    """What `work` returns or raises, on a thread that, unlike the event loop's own, does not keep the process from
    ending."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def run() -> None:
        try:
            result = work()
        except Exception as exc:  # noqa: BLE001 - raised again where it is awaited
            _tell(loop, partial(_fail, done, exc))
        else:
            _tell(loop, partial(_finish, done, result))

    threading.Thread(target=run, name=name, daemon=True).start()
    return await done


def _fail(future: asyncio.Future[T], exc: Exception) -> None:
    if not future.done():  # cancelled: nobody waits any more
        future.set_exception(exc)


def _finish(future: asyncio.Future[T], result: T) -> None:
    if not future.done():
        future.set_result(result)


def _tell(loop: asyncio.AbstractEventLoop, settle: Callable[[], None]) -> None:
    with suppress(RuntimeError):  # the loop is closed: the bot was stopped meanwhile
        loop.call_soon_threadsafe(settle)
