# PReNet on Rain1200. No recipe for it is published; this is that for Rain100H.
_base_ = [
    "../_base_/models/prenet.py",
    "../_base_/datasets/rain1200.py",
    "../_base_/schedules/adam_prenet.py",
    "../_base_/runtime/default.py",
]

train_dataloader = dict(
    total_batch_size=18,
    sampler=dict(infinite=True),
    dataset=dict(
        pipeline=[
            dict(type="PairedRandomCrop", patch_size=100),
            dict(type="PackInputs"),
        ]
    ),
)
# The released code cuts off the fraction of a level when it saves; the second protocol rounds.
_as_released = dict(name="matlab_y_double_floor", base="matlab_y_double", quantize="floor")
test_evaluator = dict(protocols=[_as_released, "matlab_y_double", "rgb_u8"])
