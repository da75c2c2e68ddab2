"""Signatures of functions that pass some of their arguments on."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

_Function = TypeVar("_Function", bound=Callable[..., Any])


def with_options_of(options: Callable[..., Any]) -> Callable[[_Function], _Function]:
    """Show the options of a class or function in the signature of one that takes ``**kwargs``.

    ``help``, editors and the check of configs read signatures: they see each option by name,
    though the function passes them on as they are.

    Args:
        options: The class or function that the keyword arguments are passed to.
    """

    def decorate(function: _Function) -> _Function:
        signature = inspect.signature(function)
        own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
        names = {parameter.name for parameter in own}
        passed_on = [
            option.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            for option in inspect.signature(options).parameters.values()
            if option.name not in names
        ]
        shown: Any = function
        shown.__signature__ = signature.replace(parameters=[*own, *passed_on])
        return function

    return decorate
