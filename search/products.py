"""A picture tower with its work written as plain products of matrices: those can be computed in eight bits.

Two things that towers are made of are exported as something slower. Patches are cut out by a convolution, which stays
in fp32. And the three products of attention are made as one, whose result is then turned and cut, several copies of it.
Of ViT-B-32's 34 ms a picture in eight bits that took 3 (docs/decisions/0019-eight-bits.md).
"""

from typing import Any, cast

from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

LEAST_PATCH = 8
"""Pixels of a side. Smaller ones are convolutional nets' own, with many short products: in fp32 those are faster."""


def as_products(tower: nn.Module) -> None:
    """Replaces what is known here, wherever it is in the tower; everything else stays."""
    for name, part in list(tower.named_children()):
        if (replaced := _replaced(part)) is not None:
            setattr(tower, name, replaced)
        else:
            as_products(part)


def _replaced(part: nn.Module) -> nn.Module | None:
    from timm.layers.attention import Attention  # noqa: PLC0415 - with torchvision two seconds

    if type(part) is nn.Conv2d and _cuts_patches(part):
        return _Patches(part)
    if type(part) is nn.MultiheadAttention and _is_plain(part):
        return _TorchAttention(part)
    if type(part) is Attention and _is_plain_in_timm(part):
        return _TimmAttention(part)
    return None


class _Patches(nn.Module):
    """A convolution whose steps are as wide as it is, `[n, c, h, w]` to `[n, d, h / side, w / side]`."""

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self.side = convolution.kernel_size[0]
        self.product = _linear(convolution.weight.flatten(1), convolution.bias)

    def forward(self, pixels: Tensor) -> Tensor:
        side = self.side
        down, across = pixels.shape[2] // side, pixels.shape[3] // side
        whole = pixels[:, :, : down * side, : across * side]
        cut = whole.reshape(pixels.shape[0], pixels.shape[1], down, side, across, side).permute(0, 2, 4, 1, 3, 5)
        patches = cut.reshape(pixels.shape[0], down * across, -1)
        embedded = cast("Tensor", self.product(patches))
        return embedded.transpose(1, 2).reshape(pixels.shape[0], -1, down, across)


class _SelfAttention(nn.Module):
    """`[n, tokens, d]` to the same, with a product each for queries, keys and values."""

    def __init__(self, heads: int, weight: Tensor, bias: Tensor | None, out: nn.Module) -> None:
        super().__init__()
        self.heads = heads
        biases = [None] * 3 if bias is None else bias.chunk(3)
        self.query, self.key, self.value = map(_linear, weight.chunk(3), biases)
        self.out = out

    def attended(self, tokens: Tensor) -> Tensor:
        """What every token makes of the others."""
        number, length, _ = tokens.shape
        queries, keys, values = (
            product(tokens).reshape(number, length, self.heads, -1).transpose(1, 2)
            for product in (self.query, self.key, self.value)
        )
        mixed = scaled_dot_product_attention(queries, keys, values).transpose(1, 2)
        return cast("Tensor", self.out(mixed.reshape(number, length, -1)))


class _TorchAttention(_SelfAttention):
    """In place of torch's own, as open_clip calls it."""

    def __init__(self, attention: nn.MultiheadAttention) -> None:
        super().__init__(attention.num_heads, attention.in_proj_weight, attention.in_proj_bias, attention.out_proj)
        self.whole = attention

    def forward(self, query: Tensor, key: Tensor, value: Tensor, **others: Any) -> tuple[Tensor, Tensor | None]:
        if key is query and value is query and others.get("attn_mask") is None:
            return self.attended(query), None
        return cast("tuple[Tensor, Tensor | None]", self.whole(query, key, value, **others))


class _TimmAttention(_SelfAttention):
    """In place of timm's own."""

    def __init__(self, attention: Any) -> None:
        super().__init__(attention.num_heads, attention.qkv.weight, attention.qkv.bias, attention.proj)
        self.whole = attention

    def forward(self, tokens: Tensor, attn_mask: Tensor | None = None, **others: Any) -> Tensor:
        if attn_mask is None and not any(others.values()):
            return self.attended(tokens)
        return cast("Tensor", self.whole(tokens, attn_mask=attn_mask, **others))


def _cuts_patches(convolution: nn.Conv2d) -> bool:
    side = convolution.kernel_size[0]
    return (
        side >= LEAST_PATCH
        and convolution.kernel_size == convolution.stride == (side, side)
        and convolution.padding in ((0, 0), "valid")
        and convolution.dilation == (1, 1)
        and convolution.groups == 1
    )


def _is_plain(attention: nn.MultiheadAttention) -> bool:
    is_one_width = attention.in_proj_weight is not None
    return is_one_width and attention.batch_first and attention.bias_k is None and not attention.add_zero_attn


def _is_plain_in_timm(attention: Any) -> bool:
    extras = (getattr(attention, name, None) for name in ("q_norm", "k_norm", "norm", "gate"))
    return all(extra is None or isinstance(extra, nn.Identity) for extra in extras)


def _linear(weight: Tensor, bias: Tensor | None) -> nn.Linear:
    product = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None)
    product.weight = nn.Parameter(weight.detach().clone(), requires_grad=False)
    if bias is not None:
        product.bias = nn.Parameter(bias.detach().clone(), requires_grad=False)
    return product
