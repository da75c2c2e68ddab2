"""Train a tiny network

A small NAFNet learns to take rendered rain off two photographs and is validated on a third, in
seconds on one core. The config is all there is to it: a real training differs in data, size and
length ([Training](../training.md)). `restorekit train config.py` does the same from the shell.
"""

import matplotlib.pyplot as plt
import numpy as np
from mmengine.config import Config
from skimage import data

import restorekit
from restorekit.checkpoints import save_network
from restorekit.engine.runner import Runner
from restorekit.evaluation.history import read_history, series
from restorekit.io.images import read_image, write_image
from restorekit.rain import RainRenderer

for split, names in {"train": ("coffee", "rocket"), "test": ("chelsea",)}.items():
    for name in names:
        write_image(f"photos/{split}/{name}.png", getattr(data, name)()[:240, 60:400])


def loader(split, batch_size, pipeline, **settings):
    source = dict(type="SyntheticRainDataset", data_root="photos", split=split, rain="rain100h")
    return dict(
        batch_size=batch_size,
        num_workers=0,
        sampler=dict(type="ReproducibleSampler", shuffle=split == "train"),
        collate_fn=dict(type="collate_samples"),
        dataset=dict(**source, pipeline=[*pipeline, dict(type="PackInputs")], **settings),
    )


network = dict(type="NAFNet", channels=8, encoder_blocks=(1,), decoder_blocks=(1,), middle_blocks=1)
config = Config(
    dict(
        default_scope="restorekit",
        work_dir="work_dirs/tiny",
        model=dict(type="Restorer", network=network, loss=dict(type="L1Loss")),
        train_dataloader=loader(
            "train", 2, [], before_rain=[dict(type="PairedRandomCrop", patch_size=64)]
        ),
        train_cfg=dict(type="IterTrainLoop", max_iters=120, val_interval=20),
        val_dataloader=loader("test", 1, []),
        val_cfg=dict(),
        val_evaluator=dict(type="RestorationMetric", protocols=["rgb_u8"]),
        optim_wrapper=dict(type="OptimWrapper", optimizer=dict(type="Adam", lr=5e-3)),
        param_scheduler=[dict(type="CosineAnnealingLR", by_epoch=False, T_max=120)],
        custom_hooks=[dict(type="MetricHistoryHook", interval=5)],
        randomness=dict(seed=0),
        log_level="WARNING",
    )
)
runner = Runner.from_cfg(config)
runner.train()

save_network(runner.model.network, network, "tiny.safetensors")

clean = read_image("photos/test/chelsea.png")
rainy = RainRenderer("rain100h")(clean, np.random.default_rng(1))
with restorekit.load_restorer("tiny.safetensors", device="cpu") as restorer:
    restored = restorer(rainy)
for name, image in {"rainy": rainy, "restored": restored}.items():
    print(f"{name}: {restorekit.measure(image, clean, protocols=['rgb_u8'])['psnr/rgb_u8']:.1f} dB")

figure, (left, middle, right) = plt.subplots(1, 3, figsize=(10, 2.6), layout="constrained")
for axis, image, name in ((left, rainy, "rainy"), (middle, restored, "restored")):
    axis.imshow(image)
    axis.set_title(name, fontsize=10)
    axis.axis("off")
points = series(read_history("work_dirs/tiny/history.csv"))["psnr/rgb_u8"]
right.plot(*zip(*points), "o-", color="#0072b2")
right.set_xlabel("iterations")
right.set_ylabel("validation PSNR (dB)")
figure.savefig("picture.png", dpi=100)
