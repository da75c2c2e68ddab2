"""Taking up a training from a checkpoint, under a config that may have changed since.

What the training has learned comes from the checkpoint: weights, the optimiser's state, how
far the run is. What it does from there comes from the config: learning rate, weight decay,
schedules, batch size. Each difference is logged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mmengine.optim import OptimWrapper, OptimWrapperDict

from restorekit.errors import CheckpointError

#: Arguments of PyTorch's optimisers that choose an implementation, not a method.
_IMPLEMENTATION = {"foreach", "fused", "capturable", "differentiable", "maximize"}
#: Hyper-parameters that tell one optimiser from another.
_DEFINING = {"betas", "momentum", "alpha", "rho", "lr_decay", "max_iter"}
#: What schedules record of their progress, as opposed to what they are.
_PROGRESS = {
    *("last_step", "base_values", "verbose", "best", "num_bad_epochs", "cooldown_counter"),
}


@dataclass(frozen=True)
class Position:
    """How far a training is, counted in samples: valid whatever the batch size.

    Attributes:
        epoch: Whole epochs done; 0 in a loop that counts iterations.
        samples: Samples drawn by all processes since then.
        batch: Samples of one step of all processes.
        images: Length of the training set.
    """

    epoch: int
    samples: int
    batch: int
    images: int

    @classmethod
    def of_epochs(cls, checkpoint: Mapping[str, Any], steps: int, batch: int) -> Position:
        """Return the position within the epochs of a run.

        Args:
            checkpoint: A training checkpoint, also one that does not hold its position.
            steps: Steps of an epoch under the present config.
            batch: Samples of one step under the present config.

        Raises:
            CheckpointError: If a checkpoint without its position was written within an epoch
                that had another number of steps.
        """
        meta = checkpoint["meta"]
        if "position" in meta:
            return cls(**meta["position"])
        epoch, iteration = meta["epoch"], meta["iter"]
        info = checkpoint.get("message_hub", {}).get("runtime_info", {})
        steps_then = info.get("max_iters", 0) // (info.get("max_epochs") or 1) or steps
        done = iteration - epoch * steps_then
        if not 0 <= done <= steps_then:
            done = 0
        if 0 < done < steps_then and steps_then != steps:
            raise CheckpointError(
                f"The checkpoint was written after {done} of the {steps_then} steps of an epoch, "
                f"which has {steps} steps now, and does not say how many images that were: resume "
                "with the batch size and the data of then, or from a checkpoint between epochs."
            )
        samples = steps * batch if done == steps_then else done * batch
        return cls(epoch, samples, batch, images=-1)

    @classmethod
    def of_iterations(cls, checkpoint: Mapping[str, Any], batch: int) -> Position:
        """Return the position in a run that counts iterations; see :meth:`of_epochs`."""
        meta = checkpoint["meta"]
        if "position" not in meta:
            return cls(0, meta["iter"] * batch, batch, images=-1)
        saved = cls(**meta["position"])
        return cls(0, saved.epoch * saved.images + saved.samples, saved.batch, saved.images)


def load_optimizer(
    wrapper: OptimWrapper, saved: Mapping[str, Any], trained_with: Any, filename: str
) -> list[str]:
    """Give the optimiser the state of a checkpoint; its hyper-parameters stay the config's.

    Args:
        wrapper: The wrapper with the freshly built optimiser, or a dict of wrappers.
        saved: What the wrapper's ``state_dict`` returned when the checkpoint was written.
        trained_with: What :func:`optimizer_names` returned then; None if that was not recorded.
        filename: The checkpoint, for messages.

    Returns:
        A description of each hyper-parameter that has another value now.

    Raises:
        CheckpointError: If the state is that of another optimiser or of other parameters.
    """
    if isinstance(wrapper, OptimWrapperDict):
        if set(wrapper.keys()) != set(saved):
            raise CheckpointError(
                f"{filename} holds optimisers for {', '.join(sorted(saved))}, and the config has "
                f"them for {', '.join(sorted(wrapper.keys()))}: start from its weights with "
                "--load-from."
            )
        return [
            f"{name}.{change}"
            for name, one in wrapper.items()
            for change in load_optimizer(one, saved[name], (trained_with or {}).get(name), filename)
        ]
    groups = wrapper.optimizer.state_dict()["param_groups"]
    _require_same_optimizer(type(wrapper.optimizer).__name__, groups, saved, trained_with, filename)
    changes = {
        _change(key, _configured(before, key), _configured(after, key)): None
        for before, after in zip(saved["param_groups"], groups, strict=True)
        for key in before.keys() & after.keys() - {"params"} - _IMPLEMENTATION
        if not key.startswith("initial_") and _configured(before, key) != _configured(after, key)
    }
    # mmengine's settings beside the groups are hyper-parameters, too.
    state = {key: value for key, value in saved.items() if key != "base_param_settings"}
    wrapper.load_state_dict({**state, "param_groups": groups})
    return sorted(changes)


def optimizer_names(wrapper: OptimWrapper) -> str | dict[str, str]:
    """Return the class name of the optimiser, or of each by its name in the config."""
    if isinstance(wrapper, OptimWrapperDict):
        return {name: type(one.optimizer).__name__ for name, one in wrapper.items()}
    return type(wrapper.optimizer).__name__


def _configured(group: Mapping[str, Any], key: str) -> Any:
    """Return a hyper-parameter as it was before a schedule changed it."""
    value = group.get(f"initial_{key}", group[key])
    return list(value) if isinstance(value, tuple) else value


def _change(what: str, before: Any, after: Any) -> str:
    return f"{what} {before} → {after}"


def _require_same_optimizer(
    name: str,
    groups: Sequence[Mapping[str, Any]],
    saved: Mapping[str, Any],
    trained_with: str | None,
    filename: str,
) -> None:
    remedy = "keep that optimiser, or start from the weights alone with --load-from."
    before = saved["param_groups"]
    if trained_with is None:
        # An optimiser is known by its hyper-parameters; later versions of PyTorch have more.
        keys = {key for key in before[0] if not key.startswith("initial_")} - _IMPLEMENTATION
        different = keys - groups[0].keys() or any(
            key not in keys for key in _DEFINING & groups[0].keys()
        )
        weight_decays = [group.get("decoupled_weight_decay") for group in (before[0], groups[0])]
        if different or (None not in weight_decays and weight_decays[0] != weight_decays[1]):
            trained_with = f"an optimiser that has {', '.join(sorted(keys - {'params'}))}"
    if trained_with not in (None, name):
        raise CheckpointError(
            f"{filename} was trained with {trained_with}, and the config has {name}: {remedy}"
        )
    sizes = [[len(group["params"]) for group in side] for side in (before, groups)]
    if sizes[0] != sizes[1]:
        raise CheckpointError(
            f"{filename}: its {name} trained {sum(sizes[0])} parameters in {len(before)} groups, "
            f"and the config's trains {sum(sizes[1])} in {len(groups)}: start from the weights "
            "alone with --load-from."
        )


class ScheduleReplay:
    """Takes the steps that fresh schedules would have taken up to the present position.

    The rate is then that of a run that followed the present config from its start, whatever
    the schedules of the checkpoint were.

    Args:
        schedulers: A list, or a dict of lists by optimiser, as the Runner has them.
        scalars: Logged values by name: schedules that wait for a measure are shown those of
            past validations.
    """

    def __init__(self, schedulers: Any, scalars: Mapping[str, Any]) -> None:
        lists = schedulers.values() if isinstance(schedulers, dict) else [schedulers or []]
        self._all = [scheduler for group in lists for scheduler in group]
        self._by_iteration = [one for one in self._all if not one.by_epoch]
        self._by_epoch = [one for one in self._all if one.by_epoch]
        self._measured: list[tuple[Any, Iterator[float]]] = []
        for one in self._by_epoch:
            if getattr(one, "need_val_args", False):
                logged = scalars.get(f"val/{one.monitor}")
                values = logged.data[0].tolist() if logged is not None else []
                self._measured.append((one, iter(values)))

    def iterations(self, count: int, validates_after: Callable[[int], bool] | None = None) -> None:
        """Take the steps of ``count`` iterations, with validations where they count those."""
        for done in range(1, count + 1):
            for one in self._by_iteration:
                one.step()
            if self._measured and validates_after and validates_after(done):
                self._validate()

    def epochs(
        self, count: int, steps: int, validates_after: Callable[[int], bool] | None = None
    ) -> None:
        """Take the steps of ``count`` epochs of ``steps`` iterations."""
        for done in range(1, count + 1):
            self.iterations(steps)
            for one in self._by_epoch:
                one.step()
            if validates_after and validates_after(done):
                self._validate()

    def _validate(self) -> None:
        for one, values in self._measured:
            value = next(values, None)
            if value is not None:
                one.step({one.monitor: value})


def schedule_changes(schedulers: Any, saved: Any) -> list[str]:
    """Describe how the config's schedules differ from a checkpoint's."""
    if isinstance(schedulers, dict):
        saved = saved if isinstance(saved, dict) else {}
        return [
            f"{name}.{change}"
            for name, group in schedulers.items()
            for change in schedule_changes(group, saved.get(name))
        ]
    built: Sequence[Any] = schedulers or []
    before = saved if isinstance(saved, list) else []
    if len(built) != len(before):
        return [_change("number of schedules", len(before), len(built))]
    changes = []
    for one, state in zip(built, before, strict=True):
        name = type(one).__name__
        then, now = _description(state), _description(one.__dict__)
        if then.keys() != now.keys():
            changes.append(f"{name} in place of another schedule")
            continue
        changes += [
            _change(f"{name}.{key}", then[key], now[key]) for key in now if then[key] != now[key]
        ]
    return changes


def without_functions(states: Any) -> Any:
    """Return the states of schedules as data: some of them hold a function."""
    if isinstance(states, dict):
        return {key: without_functions(one) for key, one in states.items() if not callable(one)}
    return [without_functions(one) for one in states] if isinstance(states, list) else states


def _description(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return what defines a schedule, without how far it is."""
    # Milestones are kept as a counter.
    return {
        key: sorted(value) if isinstance(value, Mapping) else value
        for key, value in state.items()
        if isinstance(value, (bool, int, float, str, list, Mapping))
        and not key.startswith("_")
        and key not in _PROGRESS
    }


def use_raw_weights(checkpoint: dict[str, Any]) -> None:
    """Put the weights that were trained where a checkpoint holds their moving average."""
    raw = checkpoint.pop("ema_state_dict")
    for name in checkpoint["state_dict"]:
        if f"module.{name}" in raw:
            checkpoint["state_dict"][name] = raw[f"module.{name}"]
