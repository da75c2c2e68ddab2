# The 147 photographs of real rain of Internet-Data, after training on Rain200H. They have no clean
# images: NIQE is measured, and --save-dir keeps the restored photographs. Any other config tests on
# them with --test-set internet.
_base_ = "rain200h.py"

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
test_evaluator = dict(_delete_=True, type="RestorationMetric", measures=["niqe"])
