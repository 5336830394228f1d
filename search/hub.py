"""Whether the hub that a model comes from can be reached, asked before its own library asks.

The library cannot be told how often it tries and how long it waits: where the hub refuses it takes 50 s until it says
so, and 13 minutes where nothing answers. This takes 3 s, and half a minute.
"""

from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url, try_to_load_from_cache
from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled
from tenacity import Retrying, retry_if_not_exception_type, stop_after_attempt, wait_exponential

from search.model_spec import HUB, ModelSpec

TRIES = 3
PATIENCE = 10.0
"""Seconds that the hub may take for an answer, which has no content; more where the library was told so."""


def check_reachable(spec: ModelSpec) -> None:
    """Asks for the weights where this machine has none; any answer will do. Blocks. Raises whatever the hub's library
    raises for a hub that is away."""
    repository, file = _weights(spec)
    if not repository or _is_here(repository, file):
        return
    is_away = retry_if_not_exception_type((HfHubHTTPError, OfflineModeIsEnabled))
    tries = Retrying(stop=stop_after_attempt(TRIES), wait=wait_exponential(), retry=is_away, reraise=True)
    try:
        patience = max(PATIENCE, constants.HF_HUB_ETAG_TIMEOUT)
        tries(get_hf_file_metadata, hf_hub_url(repository, file), timeout=patience)
    except HfHubHTTPError:
        return  # it has answered; what it has against the file is told when that is fetched


def _weights(spec: ModelSpec) -> tuple[str, str]:
    """The repository and the file of the weights, as open_clip reads its own list; no repository for a model that does
    not come from the hub."""
    import open_clip  # noqa: PLC0415 - only after the operators are declared

    if spec.text.startswith(HUB):
        repository, file = spec.text.removeprefix(HUB), ""
    elif spec.pretrained is None or spec.weights_file is not None:
        repository, file = "", ""
    else:
        known = open_clip.get_pretrained_cfg(spec.name, spec.pretrained)
        repository, _, file = known.get("hf_hub", "").rpartition("/")
    return repository, file or open_clip.constants.HF_WEIGHTS_NAME


def _is_here(repository: str, file: str) -> bool:
    """In the cache, under one of the names that open_clip looks for."""
    import open_clip  # noqa: PLC0415

    names = (open_clip.constants.HF_SAFE_WEIGHTS_NAME, f"{file.rpartition('.')[0]}.safetensors", file)
    return any(isinstance(try_to_load_from_cache(repository, name), str) for name in names)
