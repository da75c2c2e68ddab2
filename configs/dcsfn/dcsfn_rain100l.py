# The paper's DCSFN on the paper's Rain100L: the website's later version with 200 test pairs, which
# the catalog calls rain200l. The older one, with 100, has dcsfn_rain100l_old.py. Two GPUs as there:
# tools/dist_train.sh configs/dcsfn/dcsfn_rain100l.py 2
_base_ = "dcsfn_rain200l.py"

# What the message says where the data is missing.
_source = dict(
    hint="the paper's Rain100L is Rain200L, the later version with 200 test pairs; "
    "`restorekit data prepare rain200l --src FOLDER` makes data/rain200l of a copy of it, and "
    "configs/dcsfn/dcsfn_rain100l_old.py is for the older version with 100"
)
train_dataloader = dict(dataset=_source)
val_dataloader = dict(dataset=_source)
test_dataloader = dict(dataset=_source)
