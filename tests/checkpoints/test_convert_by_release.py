"""Checkpoints in the form of released code, converted, give what that code gave."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NamedTuple

import pytest
import torch
from golden import GOLDEN_FILE, assert_golden
from released_bioir import released_bioir
from released_frequency import released_fadformer, released_sfhformer
from released_idt import NUM_BLOCKS, NUM_HEADS, released_idt
from released_layout import size
from released_mprnet import released_mprnet
from released_multi_input_output import released_convir, released_sfnet
from released_nafnet import released_nafnet
from released_rcdnet import released_rcdnet
from released_residue import released_hct_ffn, released_spdnet
from released_transformers import (
    data_parallel,
    released_drsformer,
    released_nerd_rain,
    released_restormer,
    without_norm_bias,
)
from released_uformer import released_uformer

from restorekit.archs import forward_padded
from restorekit.checkpoints import load_network
from restorekit.checkpoints.converters import FORMATS, convert_checkpoint
from restorekit.checkpoints.network_config import build_network
from restorekit.errors import CheckpointError


class Release(NamedTuple):
    """A released network of tiny size.

    Attributes:
        format: Its converter.
        make: Returns its state dict.
        settings: The config of the network that the converter must find, but for ``type``.
        wrapper: What the released training keeps the state dict under.
        stages: The names of ``forward_train``'s outputs in the order of the golden values.
        dropped: Values that are not in the converted network.
        assumed: Those of the settings that the weights do not determine.
    """

    format: str
    make: Callable[[], dict[str, torch.Tensor]]
    settings: dict
    wrapper: str
    stages: tuple[str, ...] = ()
    dropped: int = 0
    assumed: dict | None = None


SHELL = {"channels": 8, "num_heads": [1, 2, 2, 4], "ffn_factor": 2.66}
RESTORMER = {**SHELL, "num_blocks": [1, 2, 1, 2], "num_refinement_blocks": 1}
RELEASES = {
    "Restormer": Release(
        "restormer", released_restormer, {**RESTORMER, "norm_bias": True}, "params"
    ),
    "Restormer without norm bias": Release(
        "restormer",
        lambda: without_norm_bias(released_restormer()),
        {**RESTORMER, "norm_bias": False},
        "params",
    ),
    "DRSformer": Release(
        "drsformer",
        released_drsformer,
        {**SHELL, "num_blocks": [1, 1, 1, 1], "mixtures": True},
        "params",
    ),
    "DRSformer without mixtures": Release(
        "drsformer",
        lambda: released_drsformer(mixtures=False),
        {**SHELL, "num_blocks": [1, 1, 1, 1], "mixtures": False},
        "params",
    ),
    "NeRD-Rain": Release(
        "nerd-rain",
        released_nerd_rain,
        {
            "channels": 8,
            "num_blocks": [1, 2, 1],
            "num_heads": [1, 2, 4],
            "ffn_factor": 2.66,
            "implicit_channels": 256,
        },
        "state_dict",
        ("pred", "half", "quarter", "implicit_half", "implicit_quarter"),
        dropped=16 * 8,
    ),
    "MPRNet": Release(
        "mprnet",
        released_mprnet,
        {
            "channels": 8,
            "level_channels": 4,
            "final_channels": 4,
            "num_blocks": 2,
            "reduction": 4,
        },
        "state_dict",
        ("stage1", "stage2", "pred"),
    ),
    "NAFNet": Release(
        "nafnet",
        released_nafnet,
        {
            "channels": 4,
            "encoder_blocks": [1, 2],
            "middle_blocks": 1,
            "decoder_blocks": [2, 1],
        },
        "params",
    ),
    "SFHformer": Release(
        "sfhformer",
        released_sfhformer,
        {"channels": 8, "num_blocks": [1, 2, 1, 1, 1]},
        "state_dict",
        # A weight for each of four times the channels, and a bias, in each block.
        dropped=4 * (8 + 2 * 16 + 32 + 16 + 8) + 6,
    ),
    "FADformer": Release(
        "fadformer",
        released_fadformer,
        {"channels": 8, "num_blocks": [1, 2, 1, 1, 1]},
        "state_dict",
        # The unused layer of each block, and the last block's new map.
        dropped=sum(2 * width * width + width for width in (8, 16, 16, 32, 16, 8)) + 3,
    ),
    "HCT-FFN": Release(
        "hct-ffn",
        released_hct_ffn,
        {"channels": 16, "num_blocks": 1},
        "state_dict",
        # A weight and a bias for each output of the 16 convolutions with a norm.
        dropped=2 * (4 * (8 + 16) + 3 * 16 + 4 * 16),
    ),
    "RCDNet": Release(
        "rcdnet",
        released_rcdnet,
        {"num_stages": 3, "num_maps": 4, "num_duals": 5},
        "state_dict",
        (
            "background0",
            *(f"{kind}{stage}" for stage in (1, 2, 3) for kind in ("background", "without_rain")),
            "pred",
        ),
        # The second copy of the kernels, a step size, and a network of maps.
        dropped=3 * 4 * 81 + 1 + 4 * (2 * (4 * 4 * 9 + 4) + 2 * (4 + 4)) + 4,
    ),
    "SPDNet": Release(
        "spdnet",
        released_spdnet,
        {"channels": 8, "num_blocks": 1},
        "state_dict",
        # Unused convolutions, 12 to a stage, and the norms of all that reflect: those that HCT-FFN
        # has too, and 12 to a stage. And the filter of each stage.
        dropped=3 * 12 * (8 * 8 * 9 + 8)
        + 2 * (4 * (4 + 8) + 3 * 8 + 4 * 8)
        + 2 * 3 * (8 * 8 + 2 * 8 + 2 * 32)
        + 3 * 2,
    ),
    "IDT": Release(
        "idt",
        released_idt,
        {
            "channels": 4,
            "num_blocks": list(NUM_BLOCKS),
            "num_heads": list(NUM_HEADS),
            "window_size": 8,
            "ffn_factor": 4.0,
        },
        "state_dict",
    ),
    "BioIR": Release(
        "bioir",
        released_bioir,
        {"channels": 8, "num_blocks": [1, 2, 1], "num_refinement_blocks": 1, "ffn_factor": 3},
        "params",
        dropped=32 * 16,
    ),
    "ConvIR": Release(
        "convir",
        released_convir,
        {"channels": 8, "num_blocks": 2},
        "model",
        ("quarter", "half", "pred"),
    ),
    "SFNet": Release(
        "sfnet",
        released_sfnet,
        {"channels": 16, "num_blocks": 2},
        "model",
        ("quarter", "half", "pred"),
        # Two factors for each channel of two filters, in each of six stages.
        dropped=4 * (8 + 16 + 32 + 32 + 16 + 8),
    ),
    "Uformer": Release(
        "uformer",
        released_uformer,
        {
            "channels": 4,
            "num_blocks": [1, 2, 1, 1, 2, 1, 1, 2, 1],
            "num_heads": [1, 2, 2, 2, 4, 2, 2, 2, 1],
            "window_size": 2,
            "ffn_factor": 4.0,
            "shift_bottom": False,
        },
        "state_dict",
        assumed={"shift_bottom": False},
    ),
}
every_release = pytest.mark.parametrize("name", RELEASES)


def convert(release: Release, state: dict | None = None):
    return FORMATS[release.format].convert(state or release.make(), "released.pth")


@every_release
def test_gives_what_the_released_code_gives(name):
    converted = convert(RELEASES[name])
    network = build_network(converted.config, converted.weights, "released.pth")
    assert_golden(name, lambda lq: forward_padded(network, lq))


@pytest.mark.parametrize("name", [name for name, release in RELEASES.items() if release.stages])
def test_gives_the_stages_of_the_released_code(name):
    release = RELEASES[name]
    converted = convert(release)
    network = build_network(converted.config, converted.weights, "released.pth")

    def stages(lq):
        outputs = network.forward_train(lq)
        assert outputs.keys() == set(release.stages)
        return [outputs[stage] for stage in release.stages]

    (kind,) = {case["name"] for case in json.loads(GOLDEN_FILE.read_text())} & {
        f"{name}, all sizes",
        f"{name}, all stages",
    }
    assert_golden(kind, stages)


@every_release
def test_everything_is_read_off_the_weights(name):
    release = RELEASES[name]
    state = release.make()
    converted = convert(release, state)
    assert {k: v for k, v in converted.config.items() if k != "type"} == release.settings
    assert converted.assumed == (release.assumed or {})
    network = build_network(converted.config, converted.weights, "released.pth")
    distinct = {
        tensor.data_ptr(): tensor
        for key, tensor in state.items()
        if not any(part in key for part in ("running_", "num_batches", "position_index"))
    }
    parameters = sum(parameter.numel() for parameter in network.parameters())
    assert parameters == size(distinct) - release.dropped
    assert f"{parameters:,} parameters" in converted.summary


@every_release
def test_from_their_file_to_a_network(name, tmp_path):
    release = RELEASES[name]
    source, target = tmp_path / "theirs.pth", tmp_path / "ours.safetensors"
    torch.save({"epoch": 3, release.wrapper: data_parallel(release.make())}, source)
    convert_checkpoint(release.format, source, target)
    output = load_network(target)(torch.rand(1, 3, 18, 20))
    final = output if isinstance(output, torch.Tensor) else output[-1]
    assert final.shape == (1, 3, 18, 20)


@every_release
def test_other_files_are_explained(name):
    release = RELEASES[name]
    state = release.make()
    missing = dict(list(state.items())[:-1])
    for changed in ({**state, "extra.weight": torch.zeros(1)}, missing, {"a": torch.zeros(1)}):
        with pytest.raises(CheckpointError, match=r"^released\.pth is not a"):
            convert(release, changed)


def test_activations_of_mprnet_must_be_one():
    state = released_mprnet()
    state["shallow_feat1.1.body.1.weight"] = torch.tensor([0.5])
    with pytest.raises(CheckpointError, match="activations differ"):
        convert(RELEASES["MPRNet"], state)


def test_uformer_shifts_at_the_smallest_size_if_told_to():
    converted = convert(RELEASES["Uformer"])
    config = {**converted.config, "shift_bottom": True}
    network = build_network(config, converted.weights, "released.pth")
    assert_golden("Uformer, shifted at the bottom", network)


def test_sfhformer_with_groups_of_frequencies_is_refused():
    with pytest.raises(CheckpointError, match="2 groups"):
        convert(RELEASES["SFHformer"], released_sfhformer(groups=2))


@pytest.mark.parametrize("name", ["Restormer", "MPRNet"])
def test_the_licence_of_the_weights_is_kept(name):
    assert convert(RELEASES[name]).facts["licence"] == "academic, non-commercial"
