# Every degradation that restorekit renders, on clean photographs in data/photos/{train,val}: rain,
# raindrops, snow, haze, noise, JPEG and blur, in equal shares. Tested on real and rendered sets of
# each kind; `restorekit test --test-set gopro` tests on one of them.
_base_ = "paired.py"

_photos = dict(
    data_root="data/photos",
    hint="Put clean photographs into data/photos/train and data/photos/val.",
    pipeline=[dict(type="PackInputs")],
)
_crop = [dict(type="PairedRandomCrop", patch_size=128), dict(type="PairedFlip")]
_rain = dict(type="SyntheticRainDataset", before_rain=_crop, **_photos)
_other = dict(type="DegradedDataset", before=_crop, **_photos)
_kinds = [
    dict(_rain, rain="rain100l"),
    dict(_rain, rain="rain100h"),
    dict(_rain, rain="rain1200"),
    dict(_rain, rain="rain1400"),
    dict(_other, degradations=[dict(type="AddRaindrops")]),
    dict(_other, degradations=[dict(type="AddSnow")]),
    dict(_other, degradations=[dict(type="AddHaze")]),
    dict(_other, degradations=[dict(type="AddNoise")]),
    dict(_other, degradations=[dict(type="AddJPEG")]),
    dict(_other, degradations=[dict(type="AddBlur")]),
]
# The four kinds of rain share one part of seven.
_mixture = dict(_delete_=True, type="MixtureDataset", weights=[0.25] * 4 + [1.0] * 6)

train_dataloader = dict(
    dataset=dict(_mixture, datasets=[dict(one, split="train") for one in _kinds])
)
val_dataloader = dict(dataset=dict(_mixture, datasets=[dict(one, split="val") for one in _kinds]))
test_sets = ["rain200l", "raindrop", "snow100k", "outdoor-rain", "reside-outdoor", "sidd", "gopro"]
