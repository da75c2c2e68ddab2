_base_ = "paired.py"

_source = dict(
    data_root="data/rain100h",
    hint=(
        "Rain100H (1,800 training pairs; 100 test pairs, or 200 as Rain200H) is offered "
        "by its authors at https://www.icst.pku.edu.cn/struct/Projects/joint_rain_removal.html; "
        "put rainy images into data/rain100h/{train,test}/lq, and clean ones under the same "
        "names into data/rain100h/{train,test}/gt."
    ),
)
train_dataloader = dict(dataset=_source)
val_dataloader = dict(dataset=_source)
test_dataloader = dict(dataset=_source)
