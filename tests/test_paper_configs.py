"""The configs of the DCSFN paper's tables: each run is what its table says, under its own name."""

from pathlib import Path

import pytest
from mmengine.config import Config

from restorekit.catalog import published_numbers
from restorekit.engine.config import method_name

CONFIGS = Path(__file__).parent.parent / "configs" / "dcsfn"

#: The rows of Tables 3 to 6 (section 4.5): the label, and what differs from the full model.
ABLATIONS = {
    "m1_no_skip": ("DCSFN (M1)", "skip", "none"),
    "m2_no_dense": ("DCSFN (M2)", "dense_connection", False),
    "m3_single": ("DCSFN (M3)", "num_subnetworks", 1),
    "no_inner_connection": ("DCSFN (no inner-scale connection)", "inner_connection", False),
    "k1": ("DCSFN (K=1)", "num_scales", 1),
    "k2": ("DCSFN (K=2)", "num_scales", 2),
    "k4": ("DCSFN (K=4)", "num_scales", 4),
    "rnn": ("DCSFN (RNN)", "recurrent_unit", "ConvRNN"),
    "lstm": ("DCSFN (LSTM)", "recurrent_unit", "ConvLSTM"),
}


def resolved(name):
    config = Config.fromfile(str(CONFIGS / name)).to_dict()
    return {key: value for key, value in config.items() if not key.startswith("_")}


def test_every_row_of_the_ablation_tables_has_a_config():
    assert {path.stem for path in CONFIGS.glob("ablations/*.py")} == set(ABLATIONS)
    rows = {one.method for n in (3, 4, 5, 6) for one in published_numbers().table(f"dcsfn-{n}")}
    assert rows == {"DCSFN", *(label for label, _, _ in ABLATIONS.values())}


@pytest.mark.parametrize("name", ABLATIONS)
def test_an_ablation_differs_from_the_full_model_in_one_argument_and_its_label(name):
    label, argument, value = ABLATIONS[name]
    full, ablation = resolved("dcsfn_rain200h.py"), resolved(f"ablations/{name}.py")
    assert method_name(Config(ablation)) == label
    assert full["model"]["network"].get(argument) != value
    assert ablation["model"]["network"].pop(argument) == value
    full["model"]["network"].pop(argument, None)
    del ablation["method"]
    assert ablation == full
