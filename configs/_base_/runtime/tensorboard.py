# The default runtime, with what it logs for TensorBoard too: `tensorboard --logdir work_dirs`.
_base_ = "default.py"
visualizer = dict(
    type="Visualizer",
    vis_backends=[dict(type="LocalVisBackend"), dict(type="TensorboardVisBackend")],
)
