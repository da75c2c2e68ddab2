"""Judge a split: is it complete, intact and not swapped, and which version is it?"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from restorekit.catalog import Identity, KnownDataset, Split, SplitVersion, identify
from restorekit.datasets.layouts.rain_side import CERTAIN, UNDECIDED

from .examine import PairFacts, SplitFacts

_NAMED = 3
_LOSSY = {"JPEG"}


@dataclass
class Verdict:
    """The judgement of a split.

    Attributes:
        facts: Facts about its pairs.
        identity: The known data with its fingerprint, if there is one.
        expected: Expected number of pairs; None if it is unknown.
        identical: Pairs whose rainy image occurs a second time.
        swapped: Pairs whose images look swapped.
        lossy: Pairs with a JPEG file.
        problems: What is wrong, as phrases.
        notes: What is unusual but not wrong, as phrases.
    """

    facts: SplitFacts
    identity: Identity | None
    expected: int | None = None
    identical: list[str] = field(default_factory=list)
    swapped: list[str] = field(default_factory=list)
    lossy: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def judge(facts: SplitFacts, dataset: KnownDataset | None = None, split: str = "") -> Verdict:
    """Judge a split.

    Data with a known fingerprint is what its authors published: whatever else is noticed about
    it is then a note, not a problem.

    Args:
        facts: Facts about its pairs.
        dataset: The dataset that it should be, if that is known.
        split: The split of that dataset.
    """
    verdict = Verdict(facts, identify(facts.fingerprint) if facts.fingerprint else None)
    known = dataset.splits.get(split) if dataset else None
    verdict.problems += [finding.rstrip(".") for finding in facts.findings[:_NAMED]]
    if len(facts.findings) > _NAMED:
        verdict.problems.append(f"{len(facts.findings) - _NAMED} more images have no partner")
    broken = [pair.problem for pair in facts.pairs if pair.problem]
    if broken:
        verdict.problems.append(f"{len(broken)} cannot be used: {_some(broken, '; ')}")
    if dataset is not None and known is not None:
        verdict.expected = known.pairs
        _compare_identity(verdict, dataset, split)
        _compare_with(verdict, dataset, known)
    _find_identical(verdict, known)
    _find_swapped(verdict)
    _find_lossy(verdict, dataset)
    return verdict


def shared_backgrounds(one: Verdict, other: Verdict) -> int:
    """Return how many clean images of ``one`` are also in ``other``, pixel by pixel."""
    images = {pair.gt_digest for pair in other.facts.usable}
    return len({pair.gt_digest for pair in one.facts.usable if pair.gt_digest} & images)


def _compare_identity(verdict: Verdict, dataset: KnownDataset, split: str) -> None:
    identity = verdict.identity
    if identity is None:
        return
    if (identity.dataset.name, identity.fingerprint.split) != (dataset.name, split):
        verdict.problems.append(f"this is {identity}, not the {split} split of {dataset.id}")


def _compare_with(verdict: Verdict, dataset: KnownDataset, split: Split) -> None:
    count = len(verdict.facts.pairs)
    versions = [version for version in split.versions if version.pairs == count]
    if not versions:
        by_number = {version.pairs: version for version in reversed(split.versions)}
        expected = " or ".join(_expectation(version) for version in reversed(by_number.values()))
        verdict.problems.append(f"there are {count:,} instead of {expected}")
        return
    misfits = [_other_sizes(verdict.facts.usable, version) for version in versions]
    if all(misfits):
        sizes = " or ".join(_sizes(version) for version in versions)
        names = min(misfits, key=len)
        verdict.problems.append(f"{len(names)} are not {sizes}: {_some(names)}")
        return
    fitting = versions[misfits.index(min(misfits, key=len))]
    if fitting.version != dataset.version or (fitting.about and verdict.identity is None):
        verdict.notes.append(f"number and sizes are those of {fitting.about or fitting.version}")


def _find_identical(verdict: Verdict, split: Split | None) -> None:
    names = defaultdict(list)
    for pair in verdict.facts.usable:
        names[pair.lq_digest].append(pair.name)
    groups = [group for group in names.values() if len(group) > 1]
    verdict.identical = [name for group in groups for name in group[1:]]
    if not groups:
        return
    text = f"{len(verdict.identical)} have the pixels of another one: " + _some(
        [" = ".join(group[:_NAMED]) + (" = …" if len(group) > _NAMED else "") for group in groups]
    )
    allowed = max((version.duplicates for version in split.versions), default=0) if split else 0
    if verdict.identity is not None:
        verdict.notes.append(f"{text}; the original is so")
    elif len(verdict.identical) <= allowed:
        verdict.notes.append(f"{text}; the original has {allowed} such")
    else:
        verdict.problems.append(text)


def _find_swapped(verdict: Verdict) -> None:
    judged = [pair for pair in verdict.facts.usable if pair.evidence is not None]
    evidence = {pair.name: pair.evidence or 0.0 for pair in judged}
    right = sum(value > UNDECIDED for value in evidence.values())
    wrong = sum(value < -UNDECIDED for value in evidence.values())
    # Two standard deviations of a fair coin: chance does not reach it.
    if wrong - right > 2 * math.sqrt(wrong + right):
        verdict.swapped = [name for name, value in evidence.items() if value < 0]
        verdict.problems.append(
            f"rainy and clean images are swapped: in {wrong} of {len(judged)} pairs the clean one "
            "has more streaks"
        )
        return
    verdict.swapped = [name for name, value in evidence.items() if value < -CERTAIN]
    if verdict.swapped and verdict.identity is None:
        verdict.problems.append(
            f"{len(verdict.swapped)} look as if rainy and clean image were swapped: "
            f"{_some(verdict.swapped)}"
        )


def _find_lossy(verdict: Verdict, dataset: KnownDataset | None) -> None:
    pairs = verdict.facts.usable
    verdict.lossy = [pair.name for pair in pairs if _LOSSY & set(pair.formats)]
    formats = Counter(name for pair in pairs for name in pair.formats)
    if not verdict.lossy or verdict.identity is not None:
        return
    if dataset is not None and dataset.format == "PNG":
        verdict.problems.append(
            f"{len(verdict.lossy)} are JPEG files, but {dataset.title} is handed out as PNG: they "
            f"were compressed with a loss ({_some(verdict.lossy)})"
        )
    elif len(formats) > 1:
        kinds = ", ".join(f"{count} {name}" for name, count in formats.most_common())
        verdict.notes.append(f"files are of several formats ({kinds}): some lost quality")


def _other_sizes(pairs: Iterable[PairFacts], version: SplitVersion) -> list[str]:
    """Return the pairs of other sizes than expected, in either orientation."""
    if not version.sizes:
        return []
    allowed = {tuple(sorted(size)) for size in version.sizes}
    return [
        f"{pair.name} is {pair.size[0]}×{pair.size[1]}"
        for pair in pairs
        if tuple(sorted(pair.size)) not in allowed
    ]


def _expectation(version: SplitVersion) -> str:
    return f"{version.pairs:,}" + (f" ({version.about})" if version.about else "")


def _sizes(version: SplitVersion) -> str:
    return " or ".join(f"{width}×{height}" for width, height in version.sizes)


def _some(texts: Sequence[str], between: str = ", ") -> str:
    more = len(texts) - _NAMED
    return between.join(texts[:_NAMED]) + (f" and {more} more" if more > 0 else "")
