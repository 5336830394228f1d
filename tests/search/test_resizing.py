"""Pictures brought to a model's size by torch are the pictures that the model was trained on."""

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


def test_resizing_writes_into_the_picture_it_was_given() -> None:
    """The fingerprint and the words beside it are read of the same picture."""
    given = picture((64, 64))
    before = given.tobytes()
    resized_by_torch(transform("squash"))(given)
    assert given.tobytes() == before


@pytest.mark.parametrize("kind", ["longest", "of its own"])
def test_a_transform_of_another_kind_is_replaced_by_a_guess(kind: str) -> None:
    """What begins in another way is the model's own business."""
    other = transform(kind) if kind == "longest" else torch.nn.Identity()
    assert resized_by_torch(other) is other
