"""The kinds of malformed files, and what restorekit is asked to do with them."""

from __future__ import annotations

import io
import json
import pickle
import zlib
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
from mmengine.config import Config
from PIL import Image
from safetensors.torch import save as save_safetensors

from restorekit import leaderboard
from restorekit.catalog import published_numbers
from restorekit.checkpoints import load_file, load_network
from restorekit.checkpoints.converters import convert_checkpoint
from restorekit.checkpoints.state_dicts import find_state_dict
from restorekit.engine.config import load_config
from restorekit.engine.training_checkpoints import read_training_checkpoint
from restorekit.engine.validate import check_config
from restorekit.io.images import inspect_image, read_image
from restorekit.registry import MODELS

from .attack import Attack
from .lmdbs import Lmdbs
from .mutations import JUNK, damage_bytes, damage_text, damage_value

NETWORKS: tuple[dict[str, Any], ...] = (
    {"type": "DCSFN", "channels": 4, "num_units": 1, "num_scales": 1, "num_convs": 1},
    {"type": "PReNet", "channels": 4, "num_stages": 2, "num_blocks": 1},
    {"type": "RESCAN", "channels": 4, "depth": 4, "se_channels": 2},
)


class Payload:
    """Creates a marker file if it is unpickled by something that runs code."""

    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self._marker,)

    def __deepcopy__(self, _: object) -> Payload:
        return self


class Checkpoints(Attack):
    """Network files, training checkpoints and authors' checkpoints."""

    def prepare(self) -> None:
        MODELS.import_from_location()
        torch.manual_seed(0)
        self.contents: list[Any] = []
        for config in NETWORKS:
            weights = dict(MODELS.build(dict(config)).state_dict())
            meta = {"format": "restorekit.network/1", "network": config}
            self.contents.append({"meta": meta, "state_dict": weights})
            prefixed = {f"network.{key}": value for key, value in weights.items()}
            self.contents.append(
                {
                    "meta": {"iter": 4, "epoch": 1, "network": config, "seed": 0},
                    "state_dict": prefixed,
                    "optimizer": {"state": {0: {"step": torch.tensor(1.0)}}, "param_groups": [{}]},
                    "message_hub": {
                        "log_scalars": {
                            "loss": {"history_buffer": [torch.ones(2), torch.ones(2), 10]}
                        }
                    },
                }
            )
            self.contents.append({"params": weights, "params_ema": weights, "epoch": 3})
        ones = torch.ones(2, 2)
        self.junk = (
            *JUNK,
            *(ones, torch.zeros(0), torch.tensor(float("nan")), ones.to_sparse()),
            *(
                torch.empty(9, device="meta"),
                ones.to(torch.complex64),
                ones[:1, :1].expand(999, 99),
            ),
            *(torch.quantize_per_tensor(ones, 0.1, 0, torch.quint8), np.ones(3), {3: ones}),
            Payload(self.marker),
        )

    def next(self) -> Callable[[], object]:
        rng = self.rng
        path = self.folder / rng.choice(("x.pth", "x.safetensors", "x.ckpt"))
        content = rng.choice(self.contents)
        structural = rng.random() < 0.7
        if structural:
            content = damage_value(content, rng, self.junk)
        data = self._serialize(content, path.suffix)
        if not structural or rng.random() < 0.1:
            data = damage_bytes(data, rng)
        path.write_bytes(data)

        def attempt() -> object:
            match rng.randrange(4):
                case 0 | 1:
                    return load_network(path)
                case 2:
                    return read_training_checkpoint(path)
                case _ if rng.random() < 0.5:
                    return find_state_dict(load_file(path), str(path))
                case _:
                    name = rng.choice(("dcsfn", "prenet", "rescan", "nledn"))
                    return convert_checkpoint(name, path, self.folder / "out.pth")

        return attempt

    def _serialize(self, content: Any, suffix: str) -> bytes:
        if suffix == ".safetensors" and isinstance(content, dict):
            weights = content.get("state_dict")
            weights = weights if isinstance(weights, dict) else {}
            plain = {
                str(key): value.contiguous().clone()
                for key, value in weights.items()
                if isinstance(value, torch.Tensor)
                and value.layout is torch.strided
                and not (value.is_meta or value.is_quantized or value.is_complex())
            }
            try:
                text = json.dumps(content.get("meta"), default=str)
            except TypeError:  # a key that is no string
                text = "{"
            return save_safetensors(plain, {"restorekit": text})
        buffer = io.BytesIO()
        kind = self.rng.randrange(4)
        if kind == 0:
            torch.save(content, buffer, _use_new_zipfile_serialization=False)
        elif kind == 1:
            try:
                pickle.dump(content, buffer, protocol=self.rng.choice((0, 2, 4)))
            except NotImplementedError:  # tensors without values
                buffer.write(b"\x80\x02.")
        else:
            torch.save(content, buffer)
        return buffer.getvalue()


class Images(Attack):
    """Image files of all formats and modes, damaged or with a wrong size in their header."""

    def prepare(self) -> None:
        pixels = np.random.default_rng(0).integers(0, 256, (24, 31, 4), dtype=np.uint8)
        self.files: list[tuple[str, bytes]] = []
        for mode in ("RGB", "L", "RGBA", "P", "1", "CMYK", "I;16", "LA"):
            if mode == "I;16":
                image = Image.fromarray(pixels[..., 0].astype(np.uint16) * 257)
            else:
                image = Image.fromarray(pixels, "RGBA").convert(mode)
            for suffix in ("png", "jpg", "bmp", "tif", "webp"):
                buffer = io.BytesIO()
                try:
                    image.save(buffer, {"jpg": "JPEG", "tif": "TIFF"}.get(suffix, suffix.upper()))
                except (OSError, ValueError):
                    continue  # a mode that the format does not have
                self.files.append((suffix, buffer.getvalue()))

    def next(self) -> Callable[[], object]:
        rng = self.rng
        suffix, data = rng.choice(self.files)
        if data.startswith(b"\x89PNG") and rng.random() < 0.2:
            data = _png_of_another_size(data, rng)
        if rng.random() < 0.9:
            data = damage_bytes(data, rng)
        path = self.folder / f"x.{suffix if rng.random() < 0.9 else 'png'}"
        path.write_bytes(data)
        read = rng.choice((read_image, read_image, inspect_image))
        return lambda: read(path)


def _png_of_another_size(data: bytes, rng: Random) -> bytes:
    sides = (0, 1, 24, 31, 10**4, 10**5, 2**31 - 1, 2**32 - 1)
    header = b"IHDR" + b"".join(rng.choice(sides).to_bytes(4, "big") for _ in range(2))
    header += data[24:29]
    return data[:12] + header + zlib.crc32(header).to_bytes(4, "big") + data[33:]


class ResultsFiles(Attack):
    """Results files of both schemas, read, ranked and written as a leaderboard."""

    def prepare(self) -> None:
        names = ("a", "b", "c")
        images = {name: 30.0 + number for number, name in enumerate(names)}
        dataset = {"name": "set", "fingerprint": "ab" * 32, "num_images": 3}
        psnr = {"mean": 31.0, "images": images}
        quantity = {
            "measure": "psnr",
            "label": "PSNR",
            "unit": "dB",
            "digits": 2,
            "higher_is_better": True,
            "protocol": "rgb_u8",
            **psnr,
        }
        niqe = {
            **quantity,
            "measure": "niqe",
            "label": "NIQE",
            "unit": "",
            "variant": "matlab_gray",
        }
        del niqe["protocol"]
        record = {"path": "x.py", "sha256": "0" * 64}
        common = {"method": "Mine", "dataset": dataset, "config": record, "checkpoint": record}
        cost = {"parameters": 9, "macs_per_pixel": 3.5, "seconds_per_image": 0.1}
        self.contents: list[Any] = [
            {
                "schema": "restorekit.results/2",
                **common,
                "measures": {"psnr/rgb_u8": quantity, "niqe/matlab_gray": niqe},
                "scalars": {"lpips": 0.1},
                "seed": 1,
                "selected_on": "test",
                "cost": cost,
                "settings": {"device": "cpu", "tile": None},
                "environment": {"torch": "2.0"},
            },
            {
                "schema": "restorekit.results/1",
                **common,
                "protocols": {"rgb_u8": {"psnr": psnr, "ssim": {**psnr}}},
                "no_reference": {"niqe": {"variant": "matlab_gray", **psnr}},
                "cost": cost,
                "settings": {"device": "cpu"},
                "environment": {"torch": "2.0"},
            },
        ]
        self.good = self.folder / "good.json"
        self.good.write_text(json.dumps(self.contents[0] | {"method": "Other"}))

    def next(self) -> Callable[[], object]:
        rng = self.rng
        path = self.folder / "results.json"
        content = damage_value(rng.choice(self.contents), rng)
        data = json.dumps(content).encode()
        if rng.random() < 0.25:
            data = damage_text(data, rng)
        path.write_bytes(data)

        def attempt() -> object:
            results = {str(file): leaderboard.read_results(file) for file in (path, self.good)}
            sections = leaderboard.make_sections(leaderboard.rank_all(results), published_numbers())
            leaderboard.markdown(sections)
            return leaderboard.write_leaderboard(self.folder / "board", sections, {})

        return attempt


class Configs(Attack):
    """Config files as JSON and YAML, read and checked."""

    def prepare(self) -> None:
        file = Path(__file__).resolve().parents[2] / "configs" / "prenet" / "prenet_rain100l.py"
        self.contents = [json.loads(json.dumps(Config.fromfile(file).to_dict(), default=str))]

    def next(self) -> Callable[[], object]:
        rng = self.rng
        path = self.folder / "config.json"
        content = damage_value(rng.choice(self.contents), rng)
        data = json.dumps(content).encode()
        if rng.random() < 0.25:
            data = damage_text(data, rng)
        path.write_bytes(data)
        return lambda: check_config(load_config(path))


ATTACKS: dict[str, type[Attack]] = {
    "checkpoints": Checkpoints,
    "images": Images,
    "results": ResultsFiles,
    "configs": Configs,
    "lmdbs": Lmdbs,
}
