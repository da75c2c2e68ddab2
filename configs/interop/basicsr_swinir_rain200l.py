# SwinIR as basicsr builds it, on Rain200L; needs the package basicsr (docs/bridges.md). Patches of
# 128×128 pixels, 8 a step, and the loss are those of its authors for denoising; the schedule is
# Restormer's.
_base_ = [
    "../_base_/datasets/rain200l.py",
    "../_base_/schedules/adamw_restormer.py",
    "../_base_/runtime/default.py",
]

method = "SwinIR (basicsr)"
model = dict(
    type="Restorer",
    network=dict(
        type="BasicSRArch",
        name="SwinIR",
        upscale=1,
        embed_dim=60,
        depths=[6, 6, 6, 6],
        num_heads=[6, 6, 6, 6],
        window_size=8,
        mlp_ratio=2,
        upsampler="",
        size_multiple=8,
    ),
    loss=dict(type="CharbonnierLoss"),
)
train_dataloader = dict(_base_.recipe_loader, total_batch_size=8)
