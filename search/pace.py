"""How many pictures are embedded at once: as many as a waiting question can bear."""

BATCH_SECONDS = 0.25
"""What a batch may last, because it is what a question may have to wait."""
SMALL_SECONDS = 0.05
"""The same for pictures that nobody waits for, while people ask: half of that is what a question waits on average."""
MAX_BATCH = 32
"""More gains nothing on a CPU: torch's rate is flat from 8 pictures on."""


class Pace:
    """Learns from the batches so far how many pictures fit into `BATCH_SECONDS`."""

    def __init__(self) -> None:
        self._seconds_each = BATCH_SECONDS
        self.batch = 1
        """Pictures the next batch should have."""
        self.small_batch = 1
        """Pictures of a batch that nobody waits for, while people ask."""

    def learn(self, pictures: int, seconds: float) -> None:
        """A batch of `pictures` took `seconds`."""
        self._seconds_each = (self._seconds_each + seconds / pictures) / 2
        self.batch = self._fitting(BATCH_SECONDS)
        self.small_batch = self._fitting(SMALL_SECONDS)

    def _fitting(self, seconds: float) -> int:
        return max(1, min(MAX_BATCH, int(seconds / max(self._seconds_each, 1e-6))))
