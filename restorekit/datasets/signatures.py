"""Signatures of functions that pass some of their arguments on to a dataclass."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Any, TypeVar

_Function = TypeVar("_Function", bound=Callable[..., Any])


def with_options_of(options: type) -> Callable[[_Function], _Function]:
    """Show the fields of a dataclass in the signature of a function that takes ``**kwargs``.

    ``help``, editors and the check of configs read signatures: they see each option by name,
    though the function passes them on as they are.

    Args:
        options: The dataclass that the keyword arguments are passed to.
    """

    def decorate(function: _Function) -> _Function:
        signature = inspect.signature(function)
        own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
        names = {parameter.name for parameter in own}
        passed_on = [
            inspect.Parameter(
                field.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=inspect.Parameter.empty if field.default is MISSING else field.default,
                annotation=field.type,
            )
            for field in fields(options)
            if field.name not in names
        ]
        shown: Any = function
        shown.__signature__ = signature.replace(parameters=[*own, *passed_on])
        return function

    return decorate
