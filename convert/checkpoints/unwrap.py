"""Find the weights in what a training script saved around them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from convert.errors import CheckpointError

WRAPPERS = ("model_state_dict", "state_dict", "model_state", "model", "state")
"""keys that training scripts keep weights under; what lies beside them is not looked at"""
PREFIXES = ("module.", "_orig_mod.")
"""what nn.DataParallel and torch.compile put before every name"""
_NAMED = 8


def unwrap(path: Path, loaded: object) -> tuple[Mapping[str, object], tuple[str, ...]]:
    """The state_dict in `loaded`, and the keys and prefixes that were taken off to reach it.

    Raises CheckpointError when there is none.
    """
    wrapping: list[str] = []
    while isinstance(loaded, Mapping) and (key := _wrapper(loaded)):
        loaded = loaded[key]
        wrapping.append(key)
    if not isinstance(loaded, Mapping):
        inside = f" under `{wrapping[-1]}`" if wrapping else ""
        raise CheckpointError(
            f"{path} holds a {type(loaded).__name__}{inside}, not weights by name. "
            "Save `model.state_dict()`."
        )
    if not loaded:
        raise CheckpointError(f"{path} holds no weights: it is a state_dict of nothing.")
    names = [str(name) for name in loaded]
    nested = [name for name, value in loaded.items() if isinstance(value, Mapping)]
    if nested:
        raise CheckpointError(
            f"{path} holds {', '.join(names[:_NAMED])}{' …' if len(names) > _NAMED else ''}, and "
            f"it is not known which of them are the weights. Save one state_dict alone, or under "
            f"one of {', '.join(WRAPPERS)}."
        )
    state = dict(zip(names, loaded.values(), strict=True))
    while prefix := next((p for p in PREFIXES if all(n.startswith(p) for n in state)), None):
        state = {name.removeprefix(prefix): value for name, value in state.items()}
        wrapping.append(prefix)
    return state, tuple(wrapping)


def _wrapper(loaded: Mapping[object, object]) -> str | None:
    return next((key for key in WRAPPERS if isinstance(loaded.get(key), Mapping)), None)
