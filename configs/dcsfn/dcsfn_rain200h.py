# The paper's DCSFN by the paper's recipe on Rain200H, which the paper calls Rain100H. Two GPUs as
# there: tools/dist_train.sh configs/dcsfn/dcsfn_rain200h.py 2
_base_ = [
    "../_base_/models/dcsfn.py",
    "../_base_/datasets/rain200h.py",
    "../_base_/schedules/adam_800e.py",
    "../_base_/runtime/default.py",
]
