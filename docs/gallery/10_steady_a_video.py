"""Take the flicker out of a restored video

A network restores each frame by itself, so what it leaves of the rain flickers. `temporal=N` merges
each frame with N neighbours on each side, aligned by optical flow. The *warp error* says how much
consecutive frames differ once motion is taken out: [Flicker](../videos.md#flicker). Instead of a
network, a function stands for the restoration here: it takes off two thirds of the rain.
"""

import av
import matplotlib.pyplot as plt
import numpy as np
from skimage import data

from restorekit import measure
from restorekit.inference import restore_video
from restorekit.rain import RainRenderer

photograph, render, rng = data.coffee(), RainRenderer("rain100l"), np.random.default_rng(0)
scene = [np.ascontiguousarray(photograph[60:252, 40 + 3 * i : 328 + 3 * i]) for i in range(9)]
left_over = [frame + ((render(frame, rng) - frame) / 3).astype(np.uint8) for frame in scene]


def write(path, frames):
    with av.open(path, "w") as clip:
        stream = clip.add_stream("ffv1", rate=10, width=288, height=192)
        stream.pix_fmt = "bgr0"
        for frame in frames:
            clip.mux(stream.encode(av.VideoFrame.from_ndarray(frame)))
        clip.mux(stream.encode())


def read(path):
    with av.open(path) as video:
        return [frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)]


write("restored.mkv", left_over)
shown = {"frame by frame": left_over[4]}
for radius in (1, 2):
    result = restore_video(
        lambda frame: frame, "restored.mkv", f"steady{radius}.mkv", codec="ffv1", temporal=radius
    )
    before, after = result.warp_error
    print(f"temporal={radius}: warp error {before:.1e} before, {after:.1e} after")
    shown[f"temporal={radius}"] = read(f"steady{radius}.mkv")[4]

figure, axes = plt.subplots(1, 3, figsize=(10, 2.4), layout="constrained")
for axis, (name, frame) in zip(axes, shown.items()):
    psnr = measure(frame, scene[4], protocols=["rgb_u8"])["psnr/rgb_u8"]
    print(f"{name}: {psnr:.2f} dB")
    axis.imshow(frame[20:120, 60:210])
    axis.set_title(f"{name}: {psnr:.2f} dB", fontsize=10)
    axis.axis("off")
figure.savefig("picture.png", dpi=100)
