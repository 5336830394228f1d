"""A tower written as products is the same tower."""

import pytest
import torch
from torch import Tensor, nn

from search.products import as_products
from search.torchvision_operators import declare_missing_operators

OPEN_CLIP = {"layers": 2, "width": 64, "head_width": 32, "patch_size": 16, "image_size": 72}
TIMM = {"timm_model_name": "vit_tiny_patch16_224", "timm_pool": "map", "timm_proj": "none", "image_size": 224}
POOLING = OPEN_CLIP | {"attentional_pool": True, "attn_pooler_queries": 4, "attn_pooler_heads": 2}
CONVOLUTIONS = {"timm_model_name": "convnext_atto", "timm_pool": "", "timm_proj": "linear", "image_size": 64}


def tower(vision: dict[str, object]) -> nn.Module:
    declare_missing_operators()
    import open_clip  # noqa: PLC0415 - after the operators are declared

    torch.manual_seed(3)
    text = {"context_length": 8, "vocab_size": 64, "width": 32, "heads": 1, "layers": 1}
    embed_dim = 192 if vision is TIMM else 32
    model = open_clip.CLIP(embed_dim=embed_dim, vision_cfg=vision, text_cfg=text)
    visual: nn.Module = model.visual
    return visual.eval()


def said(module: nn.Module, pixels: Tensor) -> Tensor:
    with torch.inference_mode():
        return nn.functional.normalize(module(pixels), dim=-1)


@pytest.mark.parametrize("vision", [OPEN_CLIP, TIMM, POOLING, CONVOLUTIONS], ids=["open_clip", "timm", "pool", "conv"])
def test_a_tower_as_products_sees_another_picture(vision: dict[str, object]) -> None:
    """Also where 72 pixels are no whole number of patches, and where what is asked is not what is looked at."""
    module = tower(vision)
    side = int(str(vision["image_size"]))
    pixels = torch.randn(3, 3, side, side, generator=torch.Generator().manual_seed(5))
    before = said(module, pixels)
    as_products(module)
    assert (said(module, pixels) * before).sum(dim=-1).min() > 0.99999


@pytest.mark.parametrize("vision", [OPEN_CLIP, TIMM], ids=["open_clip", "timm"])
def test_a_part_is_exported_as_it_was(vision: dict[str, object]) -> None:
    """What would stay in fp32, or be turned and cut, is gone from a transformer."""
    module = tower(vision)
    as_products(module)
    kinds = [type(part).__name__ for part in module.modules()]
    assert "_Patches" in kinds
    assert kinds.count("_TorchAttention") + kinds.count("_TimmAttention") == (2 if vision is OPEN_CLIP else 12)


def test_a_net_of_convolutions_is_taken_apart() -> None:
    """Its convolutions are faster as they are."""
    module = tower(CONVOLUTIONS)
    kinds = [type(part) for part in module.modules()]
    as_products(module)
    assert [type(part) for part in module.modules()] == kinds
