_base_ = "paired.py"

_source = dict(
    data_root="data/rain1200",
    hint=(
        "Rain1200 (DID-Data: 12,000 training and 1,200 test pairs, side by side) is offered "
        "by its authors at https://github.com/hezhangsprinter/DID-MDN; "
        "put rainy images into data/rain1200/{train,test}/lq, and clean ones under the same "
        "names into data/rain1200/{train,test}/gt."
    ),
)
train_dataloader = dict(dataset=_source)
val_dataloader = dict(dataset=_source)
test_dataloader = dict(dataset=_source)
