"""Pictures brought to a model's size by torch are the pictures that the model was trained on."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter

from search.resizing import Resized, Transform, resized_by_torch
from search.torchvision_operators import declare_missing_operators

SIZES = [(800, 600), (600, 801), (320, 240), (161, 120), (64, 64), (40, 30), (5, 100), (1, 20)]


def transform(mode: str, side: int | tuple[int, int] = 64, filter_name: str = "bicubic") -> Transform:
    declare_missing_operators()
    from open_clip.transform import PreprocessCfg, image_transform_v2  # noqa: PLC0415 - only after they are declared

    config = PreprocessCfg(size=side, resize_mode=mode, interpolation=filter_name, mean=(0, 0, 0), std=(1, 1, 1))
    found: Transform = image_transform_v2(config, is_train=False)
    return found


def picture(size: tuple[int, int]) -> Image.Image:
    noise = np.random.default_rng(7).integers(0, 256, (size[1], size[0], 3), np.uint8)
    return Image.fromarray(noise).filter(ImageFilter.GaussianBlur(1))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("mode", ["squash", "shortest"])
@pytest.mark.parametrize("filter_name", ["bilinear", "bicubic"])
def test_a_faster_resize_shows_the_model_another_picture(mode: str, filter_name: str, size: tuple[int, int]) -> None:
    """Reduced or enlarged, wide or narrow: no pixel differs by more than one of 255 from open_clip's."""
    theirs = transform(mode, filter_name=filter_name)
    ours = resized_by_torch(theirs)
    assert isinstance(ours, Resized)
    wanted, got = theirs(picture(size)), ours(picture(size))
    assert (got.shape, got.dtype) == (wanted.shape, torch.float32)
    assert float((got - wanted).abs().max()) <= 1.001 / 255


def test_a_picture_that_is_no_rgb_is_refused_by_the_faster_resize() -> None:
    """Greys are shown to the model as open_clip shows them."""
    grey = picture((120, 90)).convert("L")
    theirs = transform("squash")
    assert float((resized_by_torch(theirs)(grey) - theirs(grey)).abs().max()) <= 1.001 / 255


@pytest.mark.parametrize("size", [(64,), [64]])
def test_one_number_squashes_a_picture_in_a_list(size: Sequence[int]) -> None:
    """It is the shorter side's, as torchvision has it."""
    theirs = transform("shortest")
    theirs.transforms[0].size = size  # type: ignore[attr-defined]
    wanted, got = theirs(picture((120, 90))), resized_by_torch(theirs)(picture((120, 90)))
    assert float((got - wanted).abs().max()) <= 1.001 / 255


@pytest.mark.parametrize("kind", ["longest", "of its own", "with a step more"])
def test_a_transform_of_another_kind_is_replaced_by_a_guess(kind: str) -> None:
    """What begins or goes on in another way is the model's own business."""
    other: Any = {"longest": transform("longest"), "of its own": torch.nn.Identity()}.get(kind, transform("squash"))
    if kind == "with a step more":
        other.transforms.append(torch.nn.Identity())
    assert resized_by_torch(other) is other
