"""Pair rainy with clean images by their names."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from restorekit.errors import ConfigError, DataError, did_you_mean

from .listing import without_suffix

RULES = ("same", "prefix")
#: Stands for the rule that :func:`find_rule` finds.
AUTO = "auto"
_KeyOf = Callable[[str], "str | None"]


@dataclass
class Matches:
    """What :func:`match_names` found, as indices into the two lists of names.

    Attributes:
        pairs: (rainy, clean), one for each rainy image that has a partner, in their order.
        unmatched_lq: Rainy images without a clean one.
        unmatched_gt: Clean images without a rainy one.
    """

    pairs: list[tuple[int, int]] = field(default_factory=list)
    unmatched_lq: list[int] = field(default_factory=list)
    unmatched_gt: list[int] = field(default_factory=list)


def match_names(lq_names: Sequence[str], gt_names: Sequence[str], rule: str = "same") -> Matches:
    """Pair rainy with clean images; one clean image may belong to many rainy ones.

    Args:
        lq_names: Names of the rainy images without suffix; folders in them must be the same.
        gt_names: Names of the clean images.
        rule: One of

            * ``same``: the names are the same (``1.jpg`` and ``1.png`` are);
            * ``prefix``: the rainy name is the clean one, or begins with it and goes on with
              neither a letter nor a digit (``901_3`` and ``901``);
            * a template of the clean name (``norain-{id}.png``), where ``{id}`` is the last
              number in the rainy name;
            * templates of both, ``LQ:GT`` (``rain-{id}x2.png:norain-{id}.png``), where ``{id}``
              is any text;
            * ``auto``: what :func:`find_rule` finds.

    Raises:
        ConfigError: If there is no such rule.
        DataError: If two clean images would fit one rainy image.

    Example:
        >>> match_names(["901_1", "901_2", "902_1"], ["901", "902"], "prefix").pairs
        [(0, 0), (1, 0), (2, 1)]
    """
    if rule == AUTO:
        rule = find_rule(lq_names, gt_names)
    if rule == "prefix":
        return _collect(lq_names, gt_names, _prefix_partner(gt_names))
    lq_key, gt_key = _keys(rule)
    index_of: dict[str, int] = {}
    for index, name in enumerate(gt_names):
        key = gt_key(name)
        if key is None:
            continue
        if key in index_of:
            raise DataError(
                f"The clean images {gt_names[index_of[key]]} and {name} both fit pairing={rule!r}: "
                "keep one of them or choose another rule."
            )
        index_of[key] = index

    def partner(name: str) -> int | None:
        key = lq_key(name)
        return None if key is None else index_of.get(key)

    return _collect(lq_names, gt_names, partner)


def suggest_rule(lq_names: Sequence[str], gt_names: Sequence[str]) -> str | None:
    """Return an obvious rule that gives every image a partner, or None.

    Example:
        >>> suggest_rule(["rain-001x2", "rain-002x2"], ["norain-001", "norain-002"])
        'rain-{id}x2:norain-{id}'
    """
    return _obvious_rule(lq_names, gt_names, most_unmatched=0.0)


def find_rule(lq_names: Sequence[str], gt_names: Sequence[str]) -> str:
    """Return the rule that ``auto`` stands for.

    It is ``same`` if any two names are the same; otherwise an obvious rule that leaves at most
    one image in ten without a partner; otherwise ``same``.
    """
    if not set(lq_names).isdisjoint(gt_names):
        return "same"
    return _obvious_rule(lq_names, gt_names, most_unmatched=0.1) or "same"


def _obvious_rule(
    lq_names: Sequence[str], gt_names: Sequence[str], most_unmatched: float
) -> str | None:
    """Return the first obvious rule that leaves at most this share without a partner."""
    if not lq_names or not gt_names:
        return None
    lq, gt = (names[0].rpartition("/")[2] for names in (lq_names, gt_names))
    by_last = re.sub(r"(.*)(?<!\d)\d+", r"\1{id}", gt)
    by_first = ":".join(re.sub(r"\d+", "{id}", name, count=1) for name in (lq, gt))
    for rule in (*RULES, by_last, by_first):
        try:
            found = match_names(lq_names, gt_names, rule)
        except (ConfigError, DataError):
            continue
        if len(found.unmatched_lq) <= most_unmatched * len(lq_names) and len(
            found.unmatched_gt
        ) <= most_unmatched * len(gt_names):
            return rule
    return None


def _collect(
    lq_names: Sequence[str], gt_names: Sequence[str], partner: Callable[[str], int | None]
) -> Matches:
    matches = Matches()
    for index, name in enumerate(lq_names):
        found = partner(name)
        if found is None:
            matches.unmatched_lq.append(index)
        else:
            matches.pairs.append((index, found))
    taken = {gt for _, gt in matches.pairs}
    matches.unmatched_gt = [index for index in range(len(gt_names)) if index not in taken]
    return matches


def _prefix_partner(gt_names: Sequence[str]) -> Callable[[str], int | None]:
    index_of = {name: index for index, name in enumerate(gt_names)}

    def partner(name: str) -> int | None:
        for length in range(len(name), 0, -1):
            # Not 90 for 901_3: the clean name ends where a word of the rainy one does.
            if length < len(name) and name[length].isalnum():
                continue
            if name[:length] in index_of:
                return index_of[name[:length]]
        return None

    return partner


def _keys(rule: str) -> tuple[_KeyOf, _KeyOf]:
    if rule == "same":
        return str, str
    lq_rule, colon, gt_rule = rule.rpartition(":")
    if gt_rule.count("{id}") != 1 or (colon and lq_rule.count("{id}") != 1):
        raise ConfigError(
            f"pairing={rule!r} is not a rule.{did_you_mean(rule, (AUTO, *RULES))} Use 'auto', "
            "'same', 'prefix', or a template with {id} in it, such as 'norain-{id}.png' or "
            "'rain-{id}.png:norain-{id}.png'."
        )
    return (_template_key(lq_rule) if colon else _last_number), _template_key(gt_rule)


def _template_key(template: str) -> _KeyOf:
    before, after = without_suffix(template).split("{id}")
    pattern = re.compile(f"{re.escape(before)}(.+){re.escape(after)}")

    def key(name: str) -> str | None:
        folder, slash, base = name.rpartition("/")
        found = pattern.fullmatch(base)
        return folder + slash + found.group(1) if found else None

    return key


def _last_number(name: str) -> str | None:
    folder, slash, base = name.rpartition("/")
    numbers = re.findall(r"\d+", base)
    return folder + slash + numbers[-1] if numbers else None
