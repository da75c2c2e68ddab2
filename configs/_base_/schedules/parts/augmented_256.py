# The patches that several recipes train on: 256×256, flipped and rotated. Smaller images are
# reflected.
recipe_loader = dict(
    dataset=dict(
        pipeline=[
            dict(type="PairedRandomCrop", patch_size=256, smaller="reflect"),
            dict(type="PairedFlip"),
            dict(type="PairedRotate90"),
            dict(type="PackInputs"),
        ]
    ),
)
