"""The world's clock: real time unless a test moves or freezes it."""

import time


class Clock:
    """Unix seconds. Dates, expiry and the flood model read it; waiting for the network does not."""

    def __init__(self) -> None:
        self._offset = 0.0
        self._frozen: float | None = None

    def now(self) -> float:
        """Seconds since 1970, as this world counts them."""
        return self._frozen if self._frozen is not None else time.time() + self._offset

    def date(self) -> int:
        """The whole second that goes into a message's `date`."""
        return int(self.now())

    @property
    def frozen(self) -> bool:
        """Whether time stands still until moved."""
        return self._frozen is not None

    def move_to(self, moment: float) -> None:
        """Makes `moment` the present."""
        if self._frozen is not None:
            self._frozen = moment
        else:
            self._offset = moment - time.time()

    def advance(self, seconds: float) -> None:
        """Moves the present by `seconds`, backwards when negative."""
        self.move_to(self.now() + seconds)

    def freeze(self, frozen: bool) -> None:
        """Stops time at the present, or lets it run on from there."""
        now = self.now()
        self._frozen = now if frozen else None
        self.move_to(now)
