"""Find the network's weights in a checkpoint, whatever they are wrapped in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from restorekit.errors import CheckpointError, did_you_mean

#: Names and prefixes that say nothing of the network itself: `module.` of DataParallel,
#: `_orig_mod.` of torch.compile, `model.` of Lightning.
_WRAPPER = re.compile(
    r"(module|_orig_mod|model|net|network|net_?g|gen|generator|ema|model_ema|ema_model)",
    re.IGNORECASE,
)
#: Names under which other tensors lie.
_OTHER = re.compile(
    r"optim|^opt(_|$)|sched|scaler|grad|loss|criterion|percept|metric|discriminator|^net_?d$"
    r"|^dis$|critic|callback|loops|rng|random|history|message_hub|data_preprocessor|^meta$",
    re.IGNORECASE,
)
_AVERAGE = re.compile(r"(^|[_.])(ema|swa|averaged?|shadow)([_.]|$)", re.IGNORECASE)
#: Counts that trainings store beside the weights, and what they count.
_COUNTS = {
    "clock_net": "iteration",
    "clock": "iteration",
    "iter": "iteration",
    "iteration": "iteration",
    "global_step": "iteration",
    "epoch": "epoch",
}
_MAX_DEPTH = 8


@dataclass(frozen=True)
class FoundWeights:
    """A network's weights in a checkpoint.

    Attributes:
        weights: The state dict, without prefixes that wrappers put before its keys.
        key: Where it was found, as `generator.params_ema`; empty for the whole file.
        others: Keys of other versions of the same weights, such as those that are not averaged.
        facts: The iteration or epoch, where the checkpoint says it.
    """

    weights: dict[str, torch.Tensor]
    key: str = ""
    others: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)


def find_state_dict(content: object, source: str, key: str | None = None) -> FoundWeights:
    """Find the state dict in what a training saved, by looking for tensors.

    Any nesting of ``model``, ``state_dict``, ``model_state_dict``, ``net``, ``generator``,
    ``params`` and other names is searched, and prefixes of keys such as ``module.`` are
    treated alike. States of optimisers, discriminators and losses are passed over. Where a
    file holds weights and their average (``params`` and ``params_ema``), the average is
    taken.

    Args:
        content: What the file holds.
        source: The file, for messages.
        key: Which one to take, where there are several.

    Raises:
        CheckpointError: If there are no tensors, no ``key``, or several networks.
    """
    candidates = {
        path: weights for path, weights in _search(content, "", 0) if path is not None and weights
    }
    if not candidates:
        raise CheckpointError(f"{source} holds no state dict: there are no tensors in it.")
    if key is not None:
        if key not in candidates:
            raise CheckpointError(
                f"{source} holds no weights {key!r}.{did_you_mean(key, candidates)} "
                f"It holds {_names(candidates)}."
            )
        chosen = key
    else:
        # MMEngine swaps the two when it saves: its `state_dict` is the average.
        swapped = isinstance(content, Mapping) and "message_hub" in content
        chosen = _choose(
            {p: w for p, w in candidates.items() if not (swapped and p.startswith("ema_"))}, source
        )
    same = candidates[chosen].keys()
    return FoundWeights(
        candidates[chosen],
        chosen,
        tuple(p for p, w in candidates.items() if p != chosen and w.keys() == same),
        _facts(content),
    )


def _search(
    content: object, path: str, depth: int
) -> Iterator[tuple[str | None, dict[str, torch.Tensor]]]:
    """Yield every dict of tensors and its path."""
    if not isinstance(content, Mapping) or depth > _MAX_DEPTH:
        return
    tensors = {k: v for k, v in content.items() if isinstance(v, torch.Tensor)}
    if tensors and all(isinstance(name, str) for name in tensors):
        yield from _without_prefixes(tensors, path)
    for name, item in content.items():
        if isinstance(name, str) and isinstance(item, Mapping) and not _OTHER.search(name):
            yield from _search(item, _join(path, name), depth + 1)


def _without_prefixes(
    tensors: dict[str, torch.Tensor], path: str
) -> Iterator[tuple[str, dict[str, torch.Tensor]]]:
    """Treat `generator.conv.weight` as the weight `conv.weight` in a dict `generator`."""
    groups: dict[str, dict[str, torch.Tensor]] = {}
    for key, value in tensors.items():
        first, _, rest = key.partition(".")
        groups.setdefault(first if rest else "", {})[rest or key] = value
    wrapped = {name: group for name, group in groups.items() if _WRAPPER.fullmatch(name)}
    left = {k: v for k, v in tensors.items() if not _is_other(k, wrapped)}
    if not wrapped or left:
        yield path, tensors
        return
    for name, group in wrapped.items():
        # DataParallel's and torch.compile's prefixes are not worth naming.
        silent = len(wrapped) == 1
        yield from _without_prefixes(group, path if silent else _join(path, name))


def _is_other(key: str, wrapped: Mapping[str, object]) -> bool:
    first = key.partition(".")[0]
    return first in wrapped or first == "n_averaged" or bool(_OTHER.search(first))


def _choose(candidates: Mapping[str, Mapping[str, torch.Tensor]], source: str) -> str:
    """Return the average if there is one, else the only one that is largest."""
    sizes = {path: sum(w.numel() for w in found.values()) for path, found in candidates.items()}
    averages = [path for path in candidates if _AVERAGE.search(path)]
    # An average of a part (or an empty one) does not stand for the network.
    largest = max(sizes.values())
    whole = [path for path in averages if 2 * sizes[path] > largest]
    pool = whole or [path for path in candidates if path not in averages] or list(candidates)
    best = max(pool, key=lambda path: sizes[path])
    rivals = [path for path in pool if path != best and 2 * sizes[path] > sizes[best]]
    if rivals:
        raise CheckpointError(
            f"{source} holds several sets of weights, {_names([best, *rivals])}: choose one with "
            "--weights."
        )
    return best


def _facts(content: object) -> dict[str, Any]:
    if not isinstance(content, Mapping):
        return {}
    return {
        fact: content[name]
        for name, fact in reversed(_COUNTS.items())
        if type(content.get(name)) is int
    }


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _names(paths: Any) -> str:
    return ", ".join(repr(path) if path else "the whole file" for path in list(paths)[:6])
