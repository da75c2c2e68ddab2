"""Images in, restored images out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from restorekit.archs.sizing import forward_padded
from restorekit.errors import DataError
from restorekit.io.images import IMAGE_SUFFIXES, read_image, write_image
from restorekit.io.tensors import to_batch, to_hwc
from restorekit.metrics.functional.color import to_uint8


def restore_image(network: nn.Module, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Restore one image.

    Args:
        network: A network in eval mode, on any device; see :func:`restorekit.load_network`.
        image: uint8 RGB (H, W, 3), of any size.

    Returns:
        The restored image, uint8 RGB (H, W, 3), rounded as the protocols do.
    """
    device = next((parameter.device for parameter in network.parameters()), torch.device("cpu"))
    with torch.inference_mode():
        output = forward_padded(network, to_batch(image, device))
    final = output if isinstance(output, torch.Tensor) else output[-1]
    return to_uint8(to_hwc(final[0]))


def restore_images(
    network: nn.Module, inputs: Iterable[Path], out: Path
) -> Iterator[tuple[Path, Path]]:
    """Restore files and the images of folders, and write each as ``out/<name>.png``.

    Args:
        network: A network in eval mode.
        inputs: Image files, and folders whose images are taken.
        out: Folder for the restored images.

    Yields:
        Each file and what it was restored to, once that is written.

    Raises:
        DataError: If there is no image, an image cannot be read, or two would be written to
            the same file; nothing has been written then, except what was yielded.
    """
    files = [file for path in inputs for file in _images(path)]
    targets = {file: out / f"{file.stem}.png" for file in files}
    taken: dict[Path, Path] = {}
    for file, target in targets.items():
        other = taken.setdefault(target, file)
        if other != file or target.resolve() == file.resolve():
            raise DataError(
                f"{file} would be written over {other if other != file else 'itself'} as "
                f"{target}: choose another folder with -o, or restore them in two calls."
            )
    for file, target in targets.items():
        write_image(target, restore_image(network, read_image(file)))
        yield file, target


def _images(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise DataError(f"There is no image or folder {path}.")
    # Hidden files are left out: killed programs leave temporary images behind.
    found = sorted(
        file
        for file in path.iterdir()
        if file.suffix.lower() in IMAGE_SUFFIXES and not file.name.startswith(".")
    )
    if not found:
        raise DataError(f"The folder {path} holds no image.")
    return found
