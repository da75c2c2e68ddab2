"""Small scenes with and without rain, and the forms in which such pairs are handed out."""

from pathlib import Path

import cv2
import numpy as np
import PIL.Image


def scene(seed, height=48, width=64):
    """Return a rainy and a clean image: smooth colours with shapes in them, and streaks."""
    rng = np.random.default_rng(seed)
    clean = cv2.resize(rng.uniform(30, 190, (5, 6, 3)), (width, height))
    for _ in range(6):
        x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
        cv2.circle(clean, (x, y), int(rng.integers(4, 10)), rng.uniform(0, 200, 3).tolist(), -1)
    rainy = clean.copy()
    for _ in range(14):
        x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
        cv2.line(rainy, (x, y), (x + 3, y + 12), (235, 235, 235), 1)
    return tuple(np.clip(np.round(one), 0, 255).astype(np.uint8) for one in (rainy, clean))


def save(path, pixels, **options):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    PIL.Image.fromarray(pixels).save(path, **options)


def beside(left, right):
    return np.concatenate([left, right], axis=1)


def _folders(lq_name, gt_name):
    def write(root, number, lq, gt):
        save(root / lq_name.format(number), lq)
        save(root / gt_name.format(number), gt)

    return write


def _clean_left(root, number, lq, gt):
    save(root / f"{number}.png", beside(gt, lq))


def _rain_left(root, number, lq, gt):
    save(root / f"{number}.png", beside(lq, gt))


def _listed(root, number, lq, gt):
    save(root / f"real_world/{number}/a.png", lq)
    save(root / f"real_world_gt/{number}/a.png", gt)
    with (root / "real_world.txt").open("a") as file:
        file.write(f"/real_world/{number}/a.png /real_world_gt/{number}/a.png\n")


#: Function that writes a pair, and the name that the pair then has.
HANDED_OUT = {
    "canonical": (_folders("lq/{}.png", "gt/{}.png"), "{}"),
    "PReNet test": (_folders("rainy/rain-{:03d}.png", "norain-{:03d}.png"), "rain-{:03d}"),
    "PReNet train": (_folders("rain-{}.png", "norain-{}.png"), "rain-{}"),
    "MSPFN": (_folders("inputcrop/{}.png", "cleancrop/{}.png"), "{}"),
    "Restormer": (_folders("input/{}.png", "target/{}.png"), "{}"),
    "website": (_folders("rain/X2/norain-{}x2.png", "norain/norain-{}.png"), "norain-{}x2"),
    "website, light": (_folders("rain/norain-{}x2.png", "norain/norain-{}.png"), "norain-{}x2"),
    "Rain12": (_folders("{:03d}_in.png", "{:03d}_GT.png"), "{:03d}_in"),
    "SPA test": (_folders("rain/{:03d}.png", "gt/{:03d}gt.png"), "{:03d}"),
    "SPA train": (_listed, "real_world/{}/a"),
    "SSIR": (_folders("input/{0}_1.png", "label/{0}.png"), "{}_1"),
    "DDN": (_folders("rainy_image/{0}_1.png", "ground_truth/{0}.png"), "{}_1"),
    "Raindrop": (_folders("data/{}_rain.png", "gt/{}_clean.png"), "{}_rain"),
    "Snow100K": (_folders("synthetic/{}.png", "gt/{}.png"), "{}"),
    "Outdoor-Rain": (_folders("in/im_{}_s80_a04.png", "gt/im_{}.png"), "im_{}_s80_a04"),
    "All-Weather": (_folders("input/{}.png", "gt/{}.png"), "{}"),
    "RESIDE": (_folders("hazy/{0}_0.8_0.2.png", "gt/{0}.png"), "{}_0.8_0.2"),
    "RESIDE train": (_folders("hazy/{0}_1.png", "clear/{0}.png"), "{}_1"),
    "SIDD": (
        _folders("{0}_S6/{0:04d}_NOISY_SRGB_010.PNG", "{0}_S6/{0:04d}_GT_SRGB_010.PNG"),
        "{0}_S6/{0:04d}/010",
    ),
    "GoPro": (_folders("GOPR{}/blur/000047.png", "GOPR{}/sharp/000047.png"), "GOPR{}/000047"),
    "RESCAN": (_clean_left, "{}"),
    "DID-MDN": (_rain_left, "{}"),
}


def hand_out(form, root, count=5, start=1):
    """Write pairs in a form; return them by name."""
    write, name = HANDED_OUT[form]
    pairs = {}
    for number in range(start, start + count):
        pair = scene(number)
        write(Path(root), number, *pair)
        pairs[name.format(number)] = pair
    return pairs
