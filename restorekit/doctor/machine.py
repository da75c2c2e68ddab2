"""What the machine has: devices, cores, disk, and how fast data is read."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from restorekit.errors import RestoreKitError, first_line
from restorekit.io.files import why_not_written
from restorekit.io.terminal import counted
from restorekit.io.threads import usable_cores

from .finding import Finding

_GIB = 2**30
#: Number of pairs that loading is timed with, and their side in pixels.
_PAIRS, _SIDE = 24, 256


def check_device() -> Iterator[Finding]:
    """Compute something on every device."""
    if not torch.cuda.is_available():
        built = torch.version.cuda
        about = (
            f"none that PyTorch {torch.__version__} (built for CUDA {built}) can use"
            if built
            else f"PyTorch {torch.__version__} is a CPU build"
        )
        remedy = "for an NVIDIA GPU: make install TORCH_INDEX=… with an index of CUDA builds"
        yield Finding("GPU", "note", about, "" if built is None and not _has_nvidia() else remedy)
        return
    for index in range(torch.cuda.device_count()):
        name = torch.cuda.get_device_name(index)
        try:
            image = torch.rand(1, 3, 64, 64, device=f"cuda:{index}")
            torch.nn.functional.conv2d(image, torch.rand(8, 3, 3, 3, device=image.device)).sum()
            torch.cuda.synchronize(index)
        except RuntimeError as error:
            yield Finding(
                f"cuda:{index}",
                "problem",
                f"{name}: {first_line(error)}",
                "install a build of PyTorch for this GPU",
            )
            continue
        memory = torch.cuda.mem_get_info(index)[0] / _GIB
        yield Finding(f"cuda:{index}", "ok", f"{name}, {memory:.1f} GB free")


def _has_nvidia() -> bool:
    return shutil.which("nvidia-smi") is not None


def check_threads() -> Iterator[Finding]:
    """Compare cores with the threads of PyTorch."""
    cores, threads = usable_cores(), torch.get_num_threads()
    about = f"{cores} usable, and PyTorch uses {counted(threads, 'thread')}"
    if threads > cores:
        yield Finding(
            "cores",
            "problem",
            about,
            f"set OMP_NUM_THREADS={cores}: more threads than cores slow small convolutions down",
        )
    elif threads < cores and "OMP_NUM_THREADS" in os.environ:
        yield Finding("cores", "note", about, "OMP_NUM_THREADS limits it; unset it for one process")
    else:
        yield Finding("cores", "ok", about)


def check_disk() -> Iterator[Finding]:
    """Write an LMDB into the current folder, and read it back."""
    here = Path.cwd()
    free = shutil.disk_usage(here).free / _GIB
    if free < 1:
        yield Finding("disk", "problem", f"{free:.2f} GB free in {here}", "make room")
    else:
        yield Finding("disk", "ok", f"{free:.1f} GB free in {here}")
    try:
        with tempfile.TemporaryDirectory(dir=here) as folder:
            yield _lmdb(Path(folder))
    except OSError as error:
        about = f"{here} cannot be written to: {why_not_written(error)}"
        yield Finding("LMDB", "note", about, "run commands in a folder that you own, or give -o")


def _lmdb(folder: Path) -> Finding:
    from restorekit.datasets import open_pairs, write_lmdb

    _write_pairs(folder / "pairs", 2)
    try:
        write_lmdb(open_pairs(folder / "pairs"), folder / "pairs.lmdb")
        lq, gt = open_pairs(folder / "pairs.lmdb").read(0)
    except RestoreKitError as error:
        return Finding("LMDB", "problem", str(error), "put LMDBs on a local disk")
    if gt is None or lq.shape != (_SIDE, _SIDE, 3):
        return Finding("LMDB", "problem", "an image comes back changed", "report this")
    return Finding("LMDB", "ok", "written and read back")


def check_loading() -> Iterator[Finding]:
    """Time how many patches a second one core reads from files in the temporary folder."""
    from restorekit.datasets import PairedDataset

    try:
        with tempfile.TemporaryDirectory() as folder:
            _write_pairs(Path(folder), _PAIRS)
            crop = {"type": "PairedRandomCrop", "patch_size": 64}
            dataset = PairedDataset(folder, pipeline=[crop, {"type": "PackInputs"}])
            start = time.perf_counter()
            for index in range(len(dataset)):
                dataset[index]
            rate = len(dataset) / (time.perf_counter() - start)
    except (OSError, RestoreKitError) as error:
        yield Finding("loading", "problem", f"pairs cannot be read: {error}", "")
        return
    about = f"{rate:.0f} patches a second for each worker, from PNG files of {_SIDE}×{_SIDE}"
    remedy = "" if rate > 100 else "an LMDB of raw pixels is faster: restorekit data lmdb --raw"
    yield Finding("loading", "ok" if rate > 100 else "note", about, remedy)


def _write_pairs(folder: Path, count: int) -> None:
    from restorekit.io.images import write_image

    rng = np.random.default_rng(0)
    for index in range(count):
        picture = rng.integers(0, 256, (_SIDE // 8, _SIDE // 8, 3), np.uint8)
        picture = picture.repeat(8, axis=0).repeat(8, axis=1)
        for kind in ("lq", "gt"):
            (folder / kind).mkdir(parents=True, exist_ok=True)
            write_image(folder / kind / f"{index:02d}.png", picture)
