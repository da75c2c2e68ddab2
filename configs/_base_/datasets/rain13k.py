# Rain13K to train on (13,711 pairs), and its five test sets: Rain100H, Rain100L, Test100, Test2800
# and Test1200. `restorekit test --test-set rain100h-old` tests on one of them.
_base_ = "paired.py"

_source = dict(data_root="data/rain13k", catalog="rain13k")
train_dataloader = dict(dataset=_source)
val_dataloader = dict(dataset=_source)
test_sets = ["rain100h-old", "rain100l-old", "rain800", "rain1400-mspfn", "rain1200"]
