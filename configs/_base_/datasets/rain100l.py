_base_ = "paired.py"

_source = dict(
    data_root="data/rain100l",
    hint=(
        "Rain100L (200 training and 100 test pairs; or 1,800 and 200 as Rain200L) is offered "
        "by its authors at https://www.icst.pku.edu.cn/struct/Projects/joint_rain_removal.html; "
        "put rainy images into data/rain100l/{train,test}/lq, and clean ones under the same "
        "names into data/rain100l/{train,test}/gt."
    ),
)
train_dataloader = dict(dataset=_source)
val_dataloader = dict(dataset=_source)
test_dataloader = dict(dataset=_source)
