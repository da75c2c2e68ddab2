# The 147 photographs of real rain of Internet-Data, after training on Rain100L's old version.
# There are no clean images: they are restored (--save-dir), and no protocol measures them.
_base_ = "rain100l.py"

test_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type="UnpairedDataset",
        data_root="data/real_rain",
        split="test",
        catalog="internet",
        pipeline=[dict(type="PackInputs")],
    )
)
test_evaluator = []
