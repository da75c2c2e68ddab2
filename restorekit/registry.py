"""The registries: every network, block, loss, dataset, transform, metric and hook by name.

Each is a child of mmengine's registry of the same name with the scope ``restorekit``, so
a config may use mmengine's own classes beside ours. A registry imports its modules when
it is first asked for a name; importing this module imports none of them.

Example:
    >>> from restorekit.registry import MODELS
    >>> MODELS.build(dict(type='SSIMLoss')).window_size
    11
"""

from __future__ import annotations

import contextlib
from types import ModuleType
from typing import Any

from mmengine import registry as mmengine_registry

from .errors import UnknownNameError, did_you_mean

SCOPE = "restorekit"


class Registry(mmengine_registry.Registry):
    """An mmengine registry whose answer to an unknown name is the nearest known one.

    The registries fill themselves from ``locations`` and from the plugins that other
    installed packages offer (see :mod:`restorekit.plugins`).

    Example:
        >>> from restorekit.registry import MODELS
        >>> MODELS.get("DDN").__name__
        'DDN'
        >>> MODELS.get("DDM")
        Traceback (most recent call last):
        restorekit.errors.UnknownNameError: 'DDM' is not a registered model. Did you mean 'DDN'...
    """

    def import_from_location(self) -> None:
        """Import our own modules and installed plugins, once."""
        if self._imported:
            return
        super().import_from_location()
        if self.parent is not None:
            self.parent.import_from_location()
        from .plugins import load_installed_plugins

        load_installed_plugins()

    def get(self, key: str) -> Any:
        """Return the class or function registered as ``key``.

        Raises:
            UnknownNameError: If nothing has that name, here or in mmengine.
        """
        found = None
        if isinstance(key, str):
            # mmengine tries to import what it does not know, and fails on '' and '.x'.
            with contextlib.suppress(RuntimeError):
                found = super().get(key)
        if not self._is_usable(found):
            known = self.names()
            group = next((word for word, one in ALL_REGISTRIES.items() if one is self), None)
            listed = f" `restorekit list {group}` shows all {len(known)} names;" if group else ""
            raise UnknownNameError(
                f"{key!r} is not a registered {self.name}.{did_you_mean(str(key), known)}{listed} "
                "a name of your own needs `custom_imports` in the config, `--plugin FILE`, or an "
                "installed plugin package."
            )
        return found

    def _is_usable(self, found: Any) -> bool:
        """Return whether this can be meant; 'torch' finds a module, 'os.remove' a function."""
        if self.parent is None:
            # Backends and measures are called with what a command was given.
            return any(found is one for one in self.module_dict.values())
        return found is not None and not isinstance(found, ModuleType)

    def names(self) -> list[str]:
        """Return all names that :meth:`get` finds, restorekit's and mmengine's, sorted."""
        self.import_from_location()
        names = set(self.module_dict)
        if self.parent is not None:
            names |= set(self.parent.module_dict)
        return sorted(names)


def _child(name: str, parent: mmengine_registry.Registry, *locations: str) -> Registry:
    return Registry(name, parent=parent, scope=SCOPE, locations=list(locations))


#: Networks, their blocks, losses, restorers and data preprocessors.
MODELS = _child(
    "model",
    mmengine_registry.MODELS,
    "restorekit.archs",
    "restorekit.losses",
    "restorekit.models",
    "restorekit.interop",
)
DATASETS = _child("dataset", mmengine_registry.DATASETS, "restorekit.datasets")
TRANSFORMS = _child("transform", mmengine_registry.TRANSFORMS, "restorekit.transforms")
DATA_SAMPLERS = _child("sampler", mmengine_registry.DATA_SAMPLERS, "restorekit.datasets")
METRICS = _child(
    "metric",
    mmengine_registry.METRICS,
    "restorekit.metrics.evaluator",
)
#: mmengine has no registry of this kind.
MEASURES = Registry(
    "measure",
    scope=SCOPE,
    locations=["restorekit.metrics.measures", "restorekit.metrics.library_measures"],
)
HOOKS = _child("hook", mmengine_registry.HOOKS, "restorekit.hooks", "restorekit.engine")
LOOPS = _child("loop", mmengine_registry.LOOPS, "restorekit.engine")
OPTIM_WRAPPERS = _child("optim_wrapper", mmengine_registry.OPTIM_WRAPPERS, "restorekit.engine")

#: Engines that run a network; functions that open a network file. Not a kind of mmengine's.
BACKENDS = Registry("backend", scope=SCOPE, locations=["restorekit.inference.backends"])

FUNCTIONS = _child("function", mmengine_registry.FUNCTIONS, "restorekit.datasets")

# Empty, so that plugins can add to them, and because mmengine looks for a registry of the
# config's scope whatever it builds.
OPTIMIZERS = _child("optimizer", mmengine_registry.OPTIMIZERS)
OPTIM_WRAPPER_CONSTRUCTORS = _child(
    "optimizer wrapper constructor", mmengine_registry.OPTIM_WRAPPER_CONSTRUCTORS
)
PARAM_SCHEDULERS = _child("parameter scheduler", mmengine_registry.PARAM_SCHEDULERS)
VISUALIZERS = _child("visualizer", mmengine_registry.VISUALIZERS)
VISBACKENDS = _child("vis_backend", mmengine_registry.VISBACKENDS)
EVALUATOR = _child("evaluator", mmengine_registry.EVALUATOR)
INFERENCERS = _child("inferencer", mmengine_registry.INFERENCERS)
LOG_PROCESSORS = _child("log_processor", mmengine_registry.LOG_PROCESSORS)
MODEL_WRAPPERS = _child("model_wrapper", mmengine_registry.MODEL_WRAPPERS)
RUNNERS = _child("runner", mmengine_registry.RUNNERS)
RUNNER_CONSTRUCTORS = _child("runner constructor", mmengine_registry.RUNNER_CONSTRUCTORS)
STRATEGIES = _child("strategy", mmengine_registry.STRATEGIES)
TASK_UTILS = _child("task util", mmengine_registry.TASK_UTILS)
WEIGHT_INITIALIZERS = _child("weight initializer", mmengine_registry.WEIGHT_INITIALIZERS)

#: What ``restorekit list`` shows, by the word a user types.
ALL_REGISTRIES = {
    "models": MODELS,
    "datasets": DATASETS,
    "transforms": TRANSFORMS,
    "samplers": DATA_SAMPLERS,
    "metrics": METRICS,
    "measures": MEASURES,
    "hooks": HOOKS,
    "loops": LOOPS,
    "optim_wrappers": OPTIM_WRAPPERS,
    "optimizers": OPTIMIZERS,
    "optim_wrapper_constructors": OPTIM_WRAPPER_CONSTRUCTORS,
    "schedules": PARAM_SCHEDULERS,
    "visualizers": VISUALIZERS,
    "vis_backends": VISBACKENDS,
    "functions": FUNCTIONS,
    "backends": BACKENDS,
}
