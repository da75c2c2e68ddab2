"""``python -m benchmarks NAME``: measure speed and memory."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from restorekit.errors import USER_ERROR_STATUS, RestoreKitError

#: The benchmarks by the name of their module, and what they measure.
BENCHMARKS = {
    "backends": "inference of a network by PyTorch, ONNX Runtime and OpenVINO",
    "cost": "a network's time and memory, by image size, channels and batch",
    "data": "reading training patches from LMDBs and folders",
    "gpu": "everything that needs a GPU, in ten minutes",
    "hub": "a published network for its card: quality, time, memory",
    "infer": "inference of a network, plain and accelerated",
    "loss": "the SSIM loss, forward and backward",
    "metrics": "PSNR, SSIM under all protocols, and NIQE",
    "networks": "every network: time and memory, plain and accelerated",
    "scale": "starting, verifying and packing very many pairs",
    "scaling": "training by several processes against training by one",
    "tiles": "memory of restoring large images in tiles, and tiles against the whole image",
    "train": "training steps of a network, plain and accelerated",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one benchmark and return the exit status: 2 for errors that the user can fix."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        epilog="\n".join(f"{name:<8} {text}" for name, text in BENCHMARKS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", choices=BENCHMARKS, metavar="NAME", help="see below")
    name = parser.parse_args(arguments[:1]).name
    module = import_module(f"benchmarks.{name}")
    parser = argparse.ArgumentParser(
        prog=f"python -m benchmarks {name}",
        description=module.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.add_arguments(parser)
    try:
        module.run(parser.parse_args(arguments[1:]))
    except RestoreKitError as error:
        sys.stderr.write(f"benchmarks {name}: {error}\n")
        return USER_ERROR_STATUS
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
