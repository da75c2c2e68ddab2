# All-Weather to train on (18,069 pairs, of which a twentieth validates), and its three test sets:
# Raindrop's A, Snow100K-L and Outdoor-Rain's Test1.
_base_ = "paired.py"

_source = dict(data_root="data/allweather", catalog="allweather")
train_dataloader = dict(dataset=_source)
val_dataloader = dict(dataset=_source)
test_sets = ["raindrop", "snow100k", "outdoor-rain"]
