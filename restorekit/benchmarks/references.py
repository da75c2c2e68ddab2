"""The plain form of each network: what benchmarks race against and tests compare with."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, cast

from torch import nn

from restorekit.errors import ConfigError

#: Network, and the module and class that write it down step by step, without any
#: rearrangement. The class takes the same parameters and loads the same state dict.
REFERENCES = {
    "DCSFN": "reference_dcsfn:ReferenceDCSFN",
    "NLEDN": "reference_nledn:ReferenceNLEDN",
    "PReNet": "reference_prenet:ReferencePReNet",
    "REHEN": "reference_rehen:ReferenceREHEN",
    "RESCAN": "reference_rescan:ReferenceRESCAN",
}


def build_reference(config: Mapping[str, Any]) -> nn.Module:
    """Build the plain form of the network of a config.

    Args:
        config: The network's config, ``dict(type='DCSFN', ...)``.

    Raises:
        ConfigError: If there is no plain form of it.
    """
    arguments = dict(config)
    name = arguments.pop("type")
    if name not in REFERENCES:
        raise ConfigError(
            f"There is no reference implementation of {name!r} to race against, only of "
            f"{', '.join(REFERENCES)}."
        )
    module, _, built = REFERENCES[name].partition(":")
    plain = getattr(import_module(f"restorekit.benchmarks.{module}"), built)
    return cast(nn.Module, plain(**arguments))
