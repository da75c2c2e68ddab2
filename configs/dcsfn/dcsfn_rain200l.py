# The paper's DCSFN by the paper's recipe on the paper's data: Rain200L, the newer version of
# Rain100L with 200 test images. Two GPUs as there:
# tools/dist_train.sh configs/dcsfn/dcsfn_rain200l.py 2
_base_ = [
    "../_base_/models/dcsfn.py",
    "../_base_/datasets/rain200l.py",
    "../_base_/schedules/adam_800e.py",
    "../_base_/runtime/default.py",
]

test_evaluator = dict(
    protocols=[*_base_.test_evaluator.protocols, *_base_.recipe_evaluator.protocols]
)
