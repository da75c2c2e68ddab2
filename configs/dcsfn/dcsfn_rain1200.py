# The paper's DCSFN by the paper's recipe on Rain1200; two GPUs as there:
# tools/dist_train.sh configs/dcsfn/dcsfn_rain1200.py 2
_base_ = [
    "../_base_/models/dcsfn.py",
    "../_base_/datasets/rain1200.py",
    "../_base_/schedules/adam_800e.py",
    "../_base_/runtime/default.py",
]
