# The paper's DCSFN and recipe on Rain100L, old version, with 100 test pairs: for comparisons with
# methods that report on it. The paper's numbers are on the later version: dcsfn_rain100l.py.
_base_ = [
    "../_base_/models/dcsfn.py",
    "../_base_/datasets/rain100l.py",
    "../_base_/schedules/adam_800e.py",
    "../_base_/runtime/default.py",
]

test_evaluator = dict(protocols=[*_base_.test_evaluator.protocols, "rgb_float"])
