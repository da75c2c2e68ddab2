# SSIR by the recipe of its released code, with Rain100L as its labelled images.
_base_ = [
    "../_base_/models/ssir.py",
    "../_base_/datasets/rain100l.py",
    "../_base_/schedules/adam_750k.py",
    "../_base_/runtime/default.py",
]

train_dataloader = dict(
    total_batch_size=20,
    sampler=dict(infinite=True),
    # Beside each pair a patch of a photograph of real rain.
    dataset=dict(
        type="SemiSupervisedDataset",
        unlabelled=dict(
            type="UnpairedDataset",
            data_root="data/real_rain",
            catalog="internet",
            pipeline=[dict(type="PairedRandomCrop", patch_size=64), dict(type="PackInputs")],
        ),
    ),
)
test_evaluator = dict(protocols=["matlab_y_double", "rgb_u8"])
