default_scope = "restorekit"

randomness = dict(seed=0)
env_cfg = dict(
    cudnn_benchmark=True,
    mp_cfg=dict(mp_start_method="fork", opencv_num_threads=0),
    dist_cfg=dict(backend="nccl"),
)
log_level = "INFO"
visualizer = dict(type="Visualizer", vis_backends=[dict(type="LocalVisBackend")])
custom_hooks = [
    dict(type="MetricHistoryHook"),
    dict(type="RestoredImagesHook"),
    dict(type="ProgressBarHook"),
    dict(type="LeakWarningHook"),
]
load_from = None
resume = False
