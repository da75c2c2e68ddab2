#!/usr/bin/env python3
"""Collects the photographs that the published weights are trained on: hub_photos.py OUT.

configs/hub/photographs.tsv names each: title, author, licence, where it is from (a Debian package
or a repository on GitHub, with its version), its path there, and the SHA-256 of that file. Files
are taken with apt-get and git, compared with the hash, scaled down to 1024 pixels on the long side
and written to OUT/train and OUT/val. What is there is kept, so the command can be called again.
Packages and repositories stay in --sources (several gigabytes); Debian packages need a system that
has apt-get.
"""

import argparse
import csv
import hashlib
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from restorekit.io.files import atomic_path

LIST = Path(__file__).resolve().parent.parent / "configs/hub/photographs.tsv"
#: Long side of the photographs in pixels, and the quality of their JPEG files.
SIDE, QUALITY = 1024, 95


def main(out: Path, sources: Path) -> int:
    """Write every photograph that is not there yet; return the exit status."""
    with LIST.open(encoding="utf-8", newline="") as file:
        photographs = list(csv.DictReader(file, delimiter="\t"))
    failed = []
    for photograph in photographs:
        target = out / photograph["file"]
        if target.is_file():
            continue
        try:
            content = fetch(photograph, sources)
        except (OSError, LookupError, subprocess.CalledProcessError) as error:
            failed.append(f"{photograph['file']} of {photograph['source']}: {error}")
            continue
        write(content, target)
        sys.stdout.write(f"{target}\n")
    for line in failed:
        sys.stderr.write(f"hub_photos.py: {line}\n")
    sys.stderr.write(f"{len(photographs) - len(failed)} of {len(photographs)} photographs.\n")
    return 1 if failed else 0


def fetch(photograph: Mapping[str, str], sources: Path) -> bytes:
    """Return the file of a photograph, whose hash is the right one.

    Raises:
        LookupError: If nothing is known of the file, or its hash is another.
        OSError: If it, apt-get or git is not there.
        subprocess.CalledProcessError: If a package or a repository is not available.
    """
    source, version, path = (photograph[key] for key in ("source", "version", "path"))
    if not path:
        raise LookupError("where it is available is not known")
    folder = sources / source.replace("/", "+")
    if "/" in source:
        if not folder.is_dir():
            address = f"https://github.com/{source}"
            run("git", "clone", "--quiet", "--no-checkout", address, str(folder))
        content = run("git", "-C", str(folder), "show", f"{version}:{path}")
    else:
        if not folder.is_dir():
            sources.mkdir(parents=True, exist_ok=True)
            run("apt-get", "download", "--quiet", source, folder=sources)
            package = max(sources.glob(f"{source}_*.deb"))
            run("dpkg-deb", "--extract", str(package), str(folder))
        content = (folder / path).read_bytes()
    if hashlib.sha256(content).hexdigest() != photograph["sha256"]:
        raise LookupError(f"{path} is not the file of version {version}: its SHA-256 is another")
    return content


def run(*command: str, folder: Path | None = None) -> bytes:
    """Run a command and return what it prints."""
    return subprocess.run(  # noqa: S603  without a shell, and the list is the project's own
        command, cwd=folder, check=True, stdout=subprocess.PIPE
    ).stdout


def write(content: bytes, target: Path) -> None:
    """Scale a photograph down and write it, without losing colour resolution."""
    image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    scale = SIDE / max(image.shape[:2])
    if scale < 1:
        size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    quality = [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
    quality += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    _, file = cv2.imencode(".jpg", image, quality)
    with atomic_path(target) as temporary:
        temporary.write_bytes(file.tobytes())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="folder for train/ and val/")
    parser.add_argument(
        "--sources",
        type=Path,
        help="folder for packages and repositories (default: OUT/sources)",
    )
    arguments = parser.parse_args()
    sys.exit(main(arguments.out, arguments.sources or arguments.out / "sources"))
