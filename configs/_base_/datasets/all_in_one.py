# Every degradation that restorekit renders, on clean photographs in data/photos/{train,val}: rain,
# raindrops, snow, haze, noise, JPEG and blur, in equal shares. Tested on real and rendered sets of
# each kind; `restorekit test --test-set gopro` tests on one of them.
_base_ = "paired.py"

_crop = [
    dict(type="PairedRandomCrop", patch_size=128),
    dict(type="PairedFlip"),
]
_pack = [dict(type="PackInputs")]
_photos = dict(
    data_root="data/photos", hint="Put clean photographs into data/photos/train and data/photos/val."
)
_degradations = [
    [dict(type="AddRaindrops")],
    [dict(type="AddSnow")],
    [dict(type="AddHaze")],
    [dict(type="AddNoise")],
    [dict(type="AddJPEG")],
    [dict(type="AddBlur")],
]


def _degraded(split, before):
    rain = ["rain100l", "rain100h", "rain1200", "rain1400"]
    shared = dict(split=split, pipeline=_pack, **_photos)
    return [
        *(
            dict(type="SyntheticRainDataset", rain=one, before_rain=before, **shared)
            for one in rain
        ),
        *(
            dict(type="DegradedDataset", degradations=one, before=before, **shared)
            for one in _degradations
        ),
    ]


# The four kinds of rain share one part of the seven.
_weights = [0.25] * 4 + [1.0] * 6
train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type="MixtureDataset",
        datasets=_degraded("train", _crop),
        weights=_weights,
    )
)
val_dataloader = dict(
    dataset=dict(
        _delete_=True, type="MixtureDataset", datasets=_degraded("val", _crop), weights=_weights
    )
)
del _degraded
test_sets = ["rain200l", "raindrop", "snow100k", "outdoor-rain", "reside-outdoor", "sidd", "gopro"]
