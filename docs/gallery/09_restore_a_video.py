"""Restore a video

A clip of a slow pan with new rain in each frame, written, restored and read. Sound, times, colours
and subtitles stay as they are, and memory does not depend on the length: [Videos](../videos.md).
From the shell it is `restorekit restore clip.mp4`.
"""

import av
import matplotlib.pyplot as plt
import numpy as np
from skimage import data

import restorekit
from restorekit.rain import RainRenderer

photograph, render, rng = data.rocket(), RainRenderer("rain100l"), np.random.default_rng(0)
with av.open("clip.mp4", "w") as clip:
    stream = clip.add_stream("libx264", rate=10, width=320, height=240, options={"crf": "12"})
    stream.pix_fmt = "yuv420p"
    for i in range(8):
        view = photograph[60:300, 100 + 3 * i : 420 + 3 * i]
        clip.mux(stream.encode(av.VideoFrame.from_ndarray(render(view, rng))))
    clip.mux(stream.encode())

with restorekit.load_restorer("derain-small", device="cpu") as restorer:
    result = restorer.restore_video("clip.mp4", "clip_restored.mp4")
print(f"{result.path}: {result.frames} frames")


def frames_of(path):
    with av.open(path) as video:
        return [frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)]


figure, axes = plt.subplots(2, 3, figsize=(9, 4.8), layout="constrained")
for row, path in zip(axes, ("clip.mp4", "clip_restored.mp4")):
    frames = frames_of(path)
    for axis, number in zip(row, (0, 3, 6)):
        axis.imshow(frames[number])
        axis.set_title(f"{path}, frame {number}", fontsize=10)
        axis.axis("off")
figure.savefig("picture.png", dpi=100)
