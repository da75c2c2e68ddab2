# The paper's DCSFN by the paper's recipe on Rain100L in its older version (100 test images). The
# paper's own numbers are on the newer one: dcsfn_rain200l.py. Two GPUs as in the paper:
# tools/dist_train.sh configs/dcsfn/dcsfn_rain100l.py 2
_base_ = [
    "../_base_/models/dcsfn.py",
    "../_base_/datasets/rain100l.py",
    "../_base_/schedules/adam_800e.py",
    "../_base_/runtime/default.py",
]

test_evaluator = dict(
    protocols=[*_base_.test_evaluator.protocols, *_base_.recipe_evaluator.protocols]
)
