"""Protocols by name: the ways in which papers measure PSNR and SSIM.

A number has a meaning only together with its protocol and the fingerprint of its data. The
built-in protocols follow the scripts of deraining papers. A config may describe another one
(:func:`build_protocol`), and a plugin can register one for all configs and the command line
(:func:`register_protocol`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from restorekit.errors import ConfigError, UnknownNameError, did_you_mean

from .functional.ssim import SSIMSpec
from .protocol import Protocol, measure_all

__all__ = [
    "PROTOCOLS",
    "Protocol",
    "build_protocol",
    "get_protocol",
    "measure_all",
    "register_protocol",
]


_BUILT_IN = (
    Protocol(
        "matlab_y_u8",
        color="y_studio_u8",
        description=(
            "MATLAB rgb2ycbcr on uint8, Y rounded to whole levels, peak 255, Wang's 2003 SSIM "
            "without downsampling: evaluate_PSNR_SSIM.m of MPRNet and Restormer, evaluaterain.m of "
            "IDT; DRSformer and NeRD-Rain on Rain200 and SPA-Data."
        ),
    ),
    Protocol(
        "matlab_y_double",
        color="y_studio",
        ssim=SSIMSpec(downsample=True),
        description=(
            "MATLAB rgb2ycbcr on doubles, Y not rounded, peak 1 of [0, 1], Wang's later ssim.m "
            "that downsamples images whose short side is 384 pixels or more: the statistic "
            "scripts of PReNet, BRN, RCDNet, SPDNet; DRSformer and NeRD-Rain on DID and DDN."
        ),
    ),
    Protocol(
        "pil_y_skimage",
        color="y_pil",
        ssim=SSIMSpec(window="uniform", window_size=7, sample_covariance=True),
        description=(
            "Pillow's full-range Y and scikit-image's default SSIM (uniform 7×7 window, sample "
            "covariance): lib/utils.py of NLEDN, whose test script however floors its output "
            "to uint8, where this rounds it as it is saved."
        ),
    ),
    Protocol(
        "rgb_float",
        quantize="none",
        clip_ssim=False,
        ssim=SSIMSpec(padding="zero"),
        description=(
            "RGB floats, PSNR on the clipped and SSIM (zero padding) on the unclamped output: "
            "eval.py and cal_ssim.py of DCSFN, and RESCAN's cal_ssim.py."
        ),
    ),
    Protocol(
        "rgb_float_valid",
        quantize="none",
        description=(
            "RGB floats, clipped, SSIM without padding: metrics.py of ReHEN, and MMagic's PSNR and "
            "SSIM, which do not round the output."
        ),
    ),
    Protocol(
        "rgb_u8",
        description=(
            "RGB rounded to uint8, SSIM without padding, the mean of the channels: BasicSR, "
            "derain-toolbox and MMEditing 0.x, and most tables that say 'RGB'."
        ),
    ),
    Protocol(
        "basicsr_y",
        color="y_studio",
        description=(
            "RGB rounded to uint8, then studio-range Y not rounded, SSIM without downsampling: "
            "BasicSR's test_y_channel and MMEditing 0.x's convert_to='Y'."
        ),
    ),
    Protocol(
        "y_float",
        color="y_studio",
        quantize="none",
        description=(
            "Studio-range Y of clipped RGB floats, neither rounded, SSIM without downsampling: "
            "FADformer's Python script on Rain200 and SPA-Data, and MMagic's convert_to='Y'."
        ),
    ),
    Protocol(
        "rgb_skimage",
        quantize="none",
        ssim=SSIMSpec(window="uniform", window_size=7, sample_covariance=True),
        description=(
            "RGB floats, clipped, scikit-image's default SSIM (uniform 7×7 window, sample "
            "covariance), the mean of the channels: PromptIR and AST."
        ),
    ),
)

#: All protocols by name; :func:`register_protocol` adds to them.
PROTOCOLS: dict[str, Protocol] = {protocol.name: protocol for protocol in _BUILT_IN}


def get_protocol(name: str) -> Protocol:
    """Return the protocol with a name.

    Raises:
        UnknownNameError: If there is none.

    Example:
        >>> get_protocol("matlab_y_u8").color
        'y_studio_u8'
    """
    if name not in PROTOCOLS:
        raise UnknownNameError(
            f"{name!r} is not a protocol.{did_you_mean(name, PROTOCOLS)} Known are "
            f"{', '.join(PROTOCOLS)}; a plugin adds its own with register_protocol."
        )
    return PROTOCOLS[name]


def register_protocol(protocol: Protocol) -> Protocol:
    """Register a protocol under its name, for configs and the command line.

    Call it in a plugin module. Registering the same protocol again does nothing.

    Raises:
        ConfigError: If another protocol has the name: tables could not be trusted if one name
            stood for two ways of measuring.

    Example:
        >>> mine = build_protocol(dict(name="rgb_cropped", base="rgb_u8", crop_border=8))
        >>> get_protocol(register_protocol(mine).name).crop_border
        8
        >>> del PROTOCOLS["rgb_cropped"]
    """
    known = PROTOCOLS.setdefault(protocol.name, protocol)
    if known != protocol:
        raise ConfigError(
            f"Protocol {protocol.name!r} exists with other settings; choose another name."
        )
    return protocol


def build_protocol(value: str | Protocol | Mapping[str, Any]) -> Protocol:
    """Return the protocol that a config describes.

    Args:
        value: A name, a protocol, or its fields as a dict: ``name``, optionally ``base``
            (a registered protocol that gives the other fields), and the fields that differ;
            ``ssim`` may be a dict of the fields that differ, too.

    Raises:
        UnknownNameError: If a name is not registered.
        ConfigError: If a field is unknown, or a registered protocol of that name has other
            settings.

    Example:
        >>> build_protocol(dict(name='rgb_floor', base='rgb_u8', quantize='floor')).quantize
        'floor'
    """
    if isinstance(value, str):
        return get_protocol(value)
    if isinstance(value, Protocol):
        return value
    settings = dict(value)
    if "name" not in settings:
        raise ConfigError(f"Protocol {settings} has no name; give it one with name='…'.")
    base = settings.pop("base", None)
    start = Protocol("unnamed")
    if base is not None:
        changes = ", ".join(f"{key}={settings[key]!r}" for key in settings if key != "name")
        start = dataclasses.replace(get_protocol(base), description=f"{base} with {changes}.")
    if isinstance(settings.get("ssim"), Mapping):
        settings["ssim"] = _replace(start.ssim, settings["ssim"], "ssim")
    protocol: Protocol = _replace(start, settings, str(settings["name"]))
    if PROTOCOLS.get(protocol.name, protocol) != protocol:
        raise ConfigError(
            f"Protocol {protocol.name!r} exists with other settings; give yours another name."
        )
    return protocol


def _replace(start: Any, changes: Mapping[str, Any], where: str) -> Any:
    known = {field.name for field in dataclasses.fields(start)}
    for field in changes:
        if field not in known:
            raise ConfigError(
                f"Protocol {where}: there is no setting {field!r}.{did_you_mean(field, known)} "
                f"Known are {', '.join(sorted(known))}."
            )
    return dataclasses.replace(start, **changes)
