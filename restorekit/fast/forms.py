"""Replacing blocks by faster forms of them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar, TypeVar

import torch
from torch import nn

from restorekit.errors import RestoreKitError

Form = TypeVar("Form", bound=type["FastForm"])

#: Fast forms of a class, by the value of ``training`` that :func:`accelerate` applies them for.
_FORMS: dict[bool, dict[type[nn.Module], type[FastForm]]] = {False: {}, True: {}}


def accelerate(network: nn.Module, training: bool = False) -> nn.Module:
    """Return an equivalent network that is faster.

    Outputs equal those of ``network`` to 1e-5, and gradients to 1e-4, relative to the
    largest value. Both networks have the same parameters and buffers, not copies of them, and
    the same state dict. The network given is not changed.

    Where gradients are asked for, the result computes what ``network`` does, operation by
    operation, unless ``training`` is set.

    Hooks: a fast form does not call all of the submodules of the block that it replaces. If
    such a submodule has a forward or backward hook, running it raises an error. Second
    derivatives: with ``training``, those of non-local attention and of the SSIM loss do not
    exist and raise an error.

    Args:
        network: Any module: a network, a block or a loss. Blocks are replaced where their class
            has a registered form; a subclass of a registered class has not.
        training: Whether to accelerate what is computed with gradients too.

    Returns:
        A copy that shares parameters, buffers and the modules without a form, or
        ``network`` itself if nothing in it has a form.

    Example:
        >>> from restorekit.archs import DCSFN
        >>> network, lq = DCSFN(channels=8, num_units=2).eval(), torch.rand(1, 3, 32, 32)
        >>> with torch.inference_mode():
        ...     torch.testing.assert_close(accelerate(network)(lq), network(lq))
    """
    return _with_classes(network, lambda module: _form_of(module, training))


def plain(network: nn.Module) -> nn.Module:
    """Return the network that :func:`accelerate` was given, sharing its parameters.

    Example:
        >>> from restorekit.archs import DCSFN
        >>> network = DCSFN(channels=8, num_units=2)
        >>> again = plain(accelerate(network))
        >>> any(isinstance(module, FastForm) for module in again.modules())
        False
    """
    return _with_classes(
        network, lambda module: module.replaced if isinstance(module, FastForm) else None
    )


def register_fast_form(
    replaced: type[nn.Module], *, training: bool = False
) -> Callable[[Form], Form]:
    """Return a class decorator that makes a class the fast form of another.

    The class derives from :class:`FastForm` and from ``replaced``, in this order, and adds
    neither parameters nor attributes::

        @register_fast_form(MyBlock)
        class FastMyBlock(FastForm, MyBlock):
            def compute(self, x):
                ...

    Args:
        replaced: The class whose instances are replaced, not those of its subclasses.
        training: Whether the form is for ``accelerate(…, training=True)`` only. A form without
            it is also used there, unless there is one with it.

    Example:
        >>> class Double(nn.Module):
        ...     def forward(self, x):
        ...         return x + x
        >>> @register_fast_form(Double)
        ... class FastDouble(FastForm, Double):
        ...     def compute(self, x):
        ...         return 2 * x
        >>> type(accelerate(Double())).__name__
        'FastDouble'
    """

    def register(form: Form) -> Form:
        if not issubclass(form, replaced):
            raise TypeError(f"{form.__name__} must be a subclass of {replaced.__name__}")
        _FORMS[training][replaced] = form
        form.replaced = replaced
        return form

    return register


class FastForm(nn.Module):
    """Base of fast forms; see :func:`register_fast_form`.

    A form overrides :meth:`compute`, or other methods of the class that it replaces.

    Example:
        >>> from restorekit.archs import DCSFN
        >>> faster = accelerate(DCSFN(channels=8, num_units=2))
        >>> any(isinstance(module, FastForm) for module in faster.modules())
        True
    """

    #: The class that this is a form of.
    replaced: ClassVar[type[nn.Module]]
    #: Whether :meth:`compute` is used with gradients too.
    with_gradients: ClassVar[bool] = False

    @classmethod
    def helps(cls, module: nn.Module) -> bool:
        """Return whether there is anything to gain for this instance of ``replaced``."""
        return True

    def compute(self, *inputs: Any, **named: Any) -> Any:
        """Return what the ``forward`` of the class that this replaces returns, faster."""
        return super().forward(*inputs, **named)

    def skipped_modules(self) -> Iterable[nn.Module]:
        """Return the submodules that :meth:`compute` does not call; by default, none."""
        return ()

    def forward(self, *inputs: Any, **named: Any) -> Any:
        """Return what the ``forward`` of the class that this replaces returns."""
        if not self.with_gradients and gradients_wanted(self, (inputs, *named.values())):
            return super().forward(*inputs, **named)
        for module in self.skipped_modules():
            _require_no_hooks(module, self.replaced)
        return self.compute(*inputs, **named)


def gradients_wanted(module: nn.Module, inputs: Any) -> bool:
    """Return whether what ``module`` makes of ``inputs`` will be differentiated.

    Args:
        module: Its parameters count.
        inputs: Tensors, in lists and tuples of any depth.
    """
    return torch.is_grad_enabled() and any(
        tensor.requires_grad for part in (_tensors(inputs), module.parameters()) for tensor in part
    )


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _tensors(item)


def _with_classes(
    network: nn.Module, class_of: Callable[[nn.Module], type[nn.Module] | None]
) -> nn.Module:
    """Return a copy of ``network`` in which ``class_of`` decides on the modules' classes.

    Args:
        network: Parameters, buffers, and modules without any change below them are shared.
        class_of: Returns the new class of a module, or ``None`` to leave it as it is.
    """
    converted: dict[nn.Module, nn.Module] = {}

    def convert(module: nn.Module) -> nn.Module:
        if module not in converted:
            children = {
                name: None if child is None else convert(child)
                for name, child in module._modules.items()
            }
            new_class = class_of(module)
            if new_class is None and children == module._modules:
                converted[module] = module
            else:
                converted[module] = copy.copy(module)
                converted[module].__dict__["_modules"] = children
                converted[module].__class__ = new_class or type(module)
        return converted[module]

    return convert(network)


def _form_of(module: nn.Module, training: bool) -> type[FastForm] | None:
    replaced = module.replaced if isinstance(module, FastForm) else type(module)
    form = _FORMS[False].get(replaced)
    if training:
        form = _FORMS[True].get(replaced, form)
    return form if form is not None and form.helps(module) else None


def _require_no_hooks(module: nn.Module, replaced: type[nn.Module]) -> None:
    if (
        module._forward_hooks
        or module._forward_pre_hooks
        or module._backward_hooks
        or module._backward_pre_hooks
    ):
        raise RestoreKitError(
            f"A {type(module).__name__} within a {replaced.__name__} has a hook, which the "
            f"accelerated {replaced.__name__} would not call; use the plain network: "
            "load_network(path, accelerate=False), or model.accelerate=False in a config."
        )
