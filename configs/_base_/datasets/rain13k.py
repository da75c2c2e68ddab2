# Rain13K to train on (13,711 pairs), and the first of its five test sets; the others are tested
# with their own files: rain100l.py, rain800.py (Test100), rain1400_mspfn.py (Test2800) and
# rain1200.py (Test1200).
_base_ = "paired.py"

_source = dict(data_root="data/rain13k", catalog="rain13k")
train_dataloader = dict(dataset=_source)
val_dataloader = dict(dataset=_source)
test_dataloader = dict(dataset=dict(data_root="data/rain100h", catalog="rain100h-old"))
test_evaluator = dict(protocols=["matlab_y_double", "rgb_u8"])
