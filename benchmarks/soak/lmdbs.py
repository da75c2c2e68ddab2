"""LMDBs of every kind: damaged on disk, damaged while they are open, and half-written ones."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

import lmdb
import numpy as np

from restorekit.datasets import LmdbPairs, checked, open_images, open_pairs, write_lmdb
from restorekit.datasets.readers.pairs import PairReader
from restorekit.errors import DataError
from restorekit.io.images import write_image

from .attack import Attack
from .mutations import damage_bytes, damage_text, damage_value

_PAIRS = 40
#: Numbers that lead out of any file.
_WORDS = (0, 1, 2, 7, 0xFFF0, 0xFFFF)


class Lmdbs(Attack):
    """LMDBs of restorekit in all forms, and BasicSR's."""

    def prepare(self) -> None:
        source = self.folder / "source"
        pixels = np.random.default_rng(0)
        for number in range(_PAIRS):
            # Small values lie in the pages of the tree, large ones in pages of their own.
            shape = (9, 8, 3) if number % 2 else (31, 50, 3)
            for part in ("lq", "gt"):
                image = pixels.integers(0, 256, shape, dtype=np.uint8)
                write_image(source / part / f"{number}.png", image)
        self.pairs, sides = open_pairs(source), self.folder / "sides"
        for number in range(4):
            write_image(sides / f"{number}.png", np.concatenate(self.pairs.read(0), axis=1))  # type: ignore[arg-type]
        self.good = self.folder / "good"
        for encoding in ("raw", "encoded"):
            write_lmdb(self.pairs, self.good / encoding, encoding)
            write_lmdb(open_images(source / "lq"), self.good / f"images_{encoding}", encoding)
        both = open_pairs(sides, layout="side_by_side")
        write_lmdb(both, self.good / "sides", "encoded")
        for part in ("lq", "gt"):
            self._write_basicsr(source / part, self.good / "basicsr" / part)
        write_lmdb(self.pairs.subset(range(_PAIRS)), self.good / "begun", "raw")
        meta = json.loads((self.good / "begun/meta.json").read_text())
        keys = ("encoding", "file_layout", "source", "num_pairs", "names_digest")
        plan = {key: meta[key] for key in keys}
        (self.good / "begun/meta.json").unlink()
        (self.good / "begun/writing.json").write_text(json.dumps(plan))
        with lmdb.open(str(self.good / "begun"), lock=False) as opened:
            for number in range(_PAIRS // 2, _PAIRS):
                with opened.begin(write=True) as transaction:
                    for part in ("lq", "gt", "record"):
                        transaction.delete(f"{number:08d}/{part}".encode())
        self.kinds = sorted(path.name for path in self.good.iterdir())

    def _write_basicsr(self, images: Path, path: Path) -> None:
        path.mkdir(parents=True)
        lines = []
        opened = lmdb.open(str(path), map_size=1 << 24, lock=False)
        with opened, opened.begin(write=True) as transaction:
            for file in sorted(images.iterdir()):
                transaction.put(file.stem.encode(), file.read_bytes())
                lines.append(f"{file.name} (31,50,3) 1\n")
        (path / "meta_info.txt").write_text("".join(lines))

    def next(self) -> Callable[[], object]:
        rng = self.rng
        kind, path = rng.choice(self.kinds), self.folder / "x.lmdb"
        shutil.rmtree(path, ignore_errors=True)
        shutil.copytree(self.good / kind, path)
        data = rng.choice(sorted(path.rglob("data.mdb")))
        if rng.random() < 0.3:
            return lambda: self._damage_while_open(kind, path, data)
        if rng.random() < 0.4:
            texts = [file for file in path.rglob("*") if file.suffix in (".json", ".txt")]
            file = rng.choice(sorted(texts))
            content = file.read_bytes()
            if file.suffix == ".json" and rng.random() < 0.75:
                content = json.dumps(damage_value(json.loads(content), rng)).encode()
            else:
                content = damage_text(content, rng)
            file.write_bytes(content)
        else:
            data.write_bytes(_damaged_tree(data.read_bytes(), rng))
        return lambda: self._use(kind, path)

    def _use(self, kind: str, path: Path) -> None:
        if kind == "begun":
            write_lmdb(self.pairs, path, "raw", workers=1)
            list(LmdbPairs(path).damaged())
            return
        reader = checked(self._open(kind, path))
        _read_all(reader)
        # What reads well may still be other pictures: the checksums tell.
        if isinstance(reader, LmdbPairs) and any(reader.damaged()):
            raise DataError("A checksum is wrong.")

    def _damage_while_open(self, kind: str, path: Path, data: Path) -> None:
        if kind == "begun":
            kind, path = "raw", self.good / "raw"
            shutil.copytree(path, data.parent, dirs_exist_ok=True)
            path = data.parent
        reader = self._open(kind, path)
        _read_all(reader, 5)
        content = data.read_bytes()
        match self.rng.randrange(3):
            case 0:
                with data.open("rb+") as file:
                    file.truncate(self.rng.randrange(len(content)))
            case 1:
                data.write_bytes(b"")
            case _:
                data.write_bytes(_damaged_tree(content, self.rng))
        _read_all(reader)

    def _open(self, kind: str, path: Path) -> PairReader:
        return open_images(path) if kind.startswith("images") else open_pairs(path)


def _read_all(reader: PairReader, count: int | None = None) -> None:
    reader.known_sizes()
    for index in range(count or len(reader)):
        if index < len(reader):
            reader.size(index)
            # Touches every page of a view.
            for image in reader.read(index):
                if image is not None:
                    image.sum()


def _damaged_tree(data: bytes, rng: Random) -> bytes:
    """Damage a file as any other, or numbers in its pages as only an LMDB has them."""
    if rng.random() < 0.4:
        return damage_bytes(data, rng)
    damaged = bytearray(data)
    for _ in range(rng.choice((1, 1, 3, 30))):
        page = 4096 * rng.randrange(max(1, len(damaged) // 4096))
        at = page + 2 * rng.randrange(rng.choice((8, 80, 2048)))
        damaged[at : at + 2] = rng.choice((*_WORDS, rng.randrange(1 << 16))).to_bytes(2, "little")
    return bytes(damaged)
