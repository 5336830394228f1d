"""The short form of `make fuzz`."""

from search.images import DecodingLimits
from tests.fuzzing.mutations import mutated
from tests.fuzzing.run import fuzz
from tests.fuzzing.seeds import seeds

MOST_KB = 400 * 1024


async def test_a_mutated_picture_ends_in_neither_a_picture_nor_a_reason() -> None:
    """Hundreds of them, of every accepted format, each come out as one or the other, in bounded memory."""
    report = await fuzz(600, seed=7, limits=DecodingLimits(max_pixels=4_000_000))
    total = report.total
    assert set(report.by_format) == {"JPEG", "PNG", "GIF", "WEBP", "AVIF", "HEIF"}
    assert total.tried == total.read + total.refused + total.crashed == 600
    assert min(total.read, total.refused) > 50, "the mutations are too weak or too strong to find anything"
    assert report.peak_kb < MOST_KB
    assert report.own_growth_kb < MOST_KB


def test_a_crash_cannot_be_made_again() -> None:
    """The same libraries make the same seeds, and a number makes the same mutant of them."""
    honest = seeds()
    assert seeds() == honest
    assert [mutated(honest, number) for number in range(200)] == [mutated(honest, number) for number in range(200)]
