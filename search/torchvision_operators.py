"""The torchvision import trap: a CPU build of torch beside torchvision's registry build.

torchvision registers fake kernels for its C++ operators while it is imported. Where its extension was built
for another torch the operators do not exist, and the import fails with "operator torchvision::nms does not
exist", though everything CLIP needs from torchvision is written in Python. Nothing else may enter here.
"""

from __future__ import annotations

import importlib
import sys

import torch

# Declarations only: calling either still fails, as it should; no CLIP model calls them.
_SCHEMAS = {
    "nms": "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}
# An operator lives as long as the library object that declared it.
_declared: list[torch.library.Library] = []


def declare_missing_operators() -> None:
    """Make ``import torchvision`` succeed; to be called before open_clip is imported.

    Declares the missing operators only when the import fails for want of them, so a matching pair of torch
    and torchvision is left alone. May be called any number of times.

    Raises:
        RuntimeError: torchvision cannot be imported for another reason.
        ModuleNotFoundError: torchvision is not installed.
    """
    if _declared:
        return
    try:
        importlib.import_module("torchvision")
    except RuntimeError as exc:
        if "torchvision::" not in str(exc):
            raise
        _forget_half_imported()
        _declare()
        importlib.import_module("torchvision")


def _declare() -> None:
    library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
    for schema in _SCHEMAS.values():
        library.define(schema)  # type: ignore[no-untyped-call]
    _declared.append(library)


def _forget_half_imported() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]
