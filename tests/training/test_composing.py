"""Training pictures and the class vectors, on made-up drawings: no art is needed."""

from __future__ import annotations

import pytest
import torch

from training.compose import MOST_THINGS, Composer, Contents
from training.gallery import Gallery
from training.meanings import Meanings
from training.measure import recall
from training.palette import BACKDROP_NAMES, COLOUR_NAMES, COLOURS, nearest_colour

CONCEPTS, SIDE = 6, 32


@pytest.fixture
def gallery() -> Gallery:
    """Six things: discs of different colours."""
    axis = torch.linspace(-1, 1, SIDE)
    disc = (axis[:, None] ** 2 + axis[None] ** 2 < 0.8).float()
    colours = torch.rand(CONCEPTS, 3, 1, 1, generator=torch.Generator().manual_seed(0))
    drawings = torch.cat([colours.expand(-1, -1, SIDE, SIDE), disc.expand(CONCEPTS, 1, -1, -1)], 1)
    places = torch.arange(CONCEPTS)
    return Gallery(
        (drawings * 255).to(torch.uint8),
        places,
        torch.full((CONCEPTS,), -1),
        places[:, None],
        torch.ones(CONCEPTS, 1),
    )


def _composer(gallery: Gallery, several: float = 0.5) -> Composer:
    return Composer(gallery, torch.ones(CONCEPTS, dtype=torch.bool), seed=3, several=several)


def test_same_seed_other_pictures(gallery: Gallery) -> None:
    """One seed always gives the same pictures and contents."""
    one, other = (_composer(gallery).compose(64, SIDE) for _ in range(2))
    torch.testing.assert_close(one.pixels, other.pixels, rtol=0, atol=0)
    assert torch.equal(one.contents.concepts, other.contents.concepts)


def test_pixels_out_of_range(gallery: Gallery) -> None:
    """Pictures are finite and within 0..1, whatever befell them."""
    pixels = _composer(gallery).compose(256, SIDE).pixels
    assert pixels.shape == (256, 3, SIDE, SIDE)
    assert pixels.isfinite().all()
    assert pixels.min() >= 0
    assert pixels.max() <= 1


def test_contents_contradict_each_other(gallery: Gallery) -> None:
    """Every picture has a thing; a repeated thing is named once; classes exist."""
    contents = _composer(gallery).compose(512, SIDE).contents
    things = (contents.concepts >= 0).sum(1)
    assert things.min() >= 1
    assert (things[contents.counts > 1] == 1).all()
    assert contents.counts.max() <= MOST_THINGS
    assert contents.concepts.max() < CONCEPTS
    assert contents.colours.max() < len(COLOUR_NAMES)
    assert contents.backdrops.max() < len(BACKDROP_NAMES)


def test_easy_pictures_are_crowded(gallery: Gallery) -> None:
    """At difficulty 0 there is one thing in each picture."""
    contents = _composer(gallery).compose(128, SIDE, difficulty=0).contents
    assert ((contents.concepts >= 0).sum(1) == 1).all()
    assert (contents.counts == 1).all()


def test_unknown_answers_are_punished() -> None:
    """Changing an embedding's colour costs nothing where the colour is not known."""
    torch.manual_seed(0)
    meanings = Meanings(CONCEPTS, 8)
    unknown = torch.full((1, MOST_THINGS), -1)
    contents = Contents(torch.tensor([[2, -1, -1, -1]]), unknown, torch.tensor([-1]), torch.tensor([1]))
    loss = meanings.loss(meanings.vectors("concepts")[[2]], contents)
    loss.backward()  # type: ignore[no-untyped-call]
    assert loss.isfinite()
    gradient = meanings.get_parameter("colours").grad
    assert gradient is None or not gradient.any()


def test_combined_vector_misses_a_part() -> None:
    """A description's vector is of unit length and nearest to what it names."""
    torch.manual_seed(0)
    meanings = Meanings(CONCEPTS, 64)
    unknown = torch.full((1, MOST_THINGS), -1)
    contents = Contents(torch.tensor([[1, 4, -1, -1]]), unknown, torch.tensor([-1]), torch.tensor([1]))
    combined = meanings.combine(contents)
    torch.testing.assert_close(combined.norm(dim=1), torch.ones(1))
    assert set((combined @ meanings.vectors("concepts").T)[0].topk(2).indices.tolist()) == {1, 4}


@pytest.mark.parametrize("name", COLOURS)
def test_colour_is_taken_for_another(name: str) -> None:
    """A named colour, lighter or darker, keeps its name."""
    middle = torch.tensor(COLOURS[name])
    assert COLOUR_NAMES[int(nearest_colour((middle * 0.96).clamp(0, 1)))] == name


def test_recall_counts_ties_and_ranks_wrongly() -> None:
    """The first question's answer is first, the second's comes after one other."""
    questions = torch.tensor([[1.0, 0.0], [0.8, 0.6]])
    answers = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    found = recall(questions, answers)
    assert (found.at_1, found.at_10) == (0.5, 1.0)
