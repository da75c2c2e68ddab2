"""Tiles give what the whole image gives, within memory."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import ConfigDict
from torch import nn

from restorekit.archs import SizeRequirements
from restorekit.checking.networks import with_random_weights
from restorekit.errors import CheckpointError, ConfigError, DataError
from restorekit.inference import PyTorchBackend, Restorer, TiledNetwork
from restorekit.inference.canvas import ArrayCanvas, TensorCanvas
from restorekit.inference.memory import LiveTensors, is_out_of_memory, pixels_that_fit
from restorekit.inference.receptive_field import ReceptiveField
from restorekit.registry import MODELS

sys.path.insert(0, str(Path(__file__).parents[1] / "archs"))
from test_every_network import CASES, FIRST

#: PSNR in dB of blended tiles against the whole image, at random weights and tiles of 96 pixels:
#: far below what trained weights and larger tiles give (docs/restoring.md).
_LEAST_PSNR = 25.0


def restored(network, lq, tile="off", ensemble=False):
    canvas = TensorCanvas(lq, "x")
    TiledNetwork(PyTorchBackend(network), tile, ensemble).run([canvas])
    return canvas.result


def smooth(height, width):
    torch.manual_seed(height * width)
    coarse = torch.rand(1, 3, height // 16 + 2, width // 16 + 2)
    image = nn.functional.interpolate(coarse, size=(height, width), mode="bicubic")[0]
    return (image + 0.05 * torch.rand(3, height, width)).clamp(0, 1)


@pytest.mark.parametrize("name", [*FIRST.values(), "k1", "prenet_lstm"])
def test_tiles_of_every_network_give_what_the_whole_gives(name):
    network = with_random_weights(lambda: MODELS.build(ConfigDict(CASES[name])))(0)
    backend = PyTorchBackend(network)
    field = backend.receptive_field()
    exact = field.context is not None
    tile = max(64, field.context or 96)
    # Where parts can give the whole, some have neighbours on both sides; odd sizes if any will do.
    sizes = [((2 if exact else 1) * tile + 64, tile + 32)]
    sizes += [(2 * tile + 41, 87)] * (exact and field.any_size)
    for size in sizes:
        lq = smooth(*size)
        tiled = TiledNetwork(backend, tile)
        plan = tiled.plan(*size)
        assert len(plan.parts) > 1
        assert plan.description["merge"] == ("exact" if exact else "blend")
        canvas = TensorCanvas(lq, "x")
        tiled.run([canvas])
        difference = canvas.result - restored(network, lq)
        if exact:
            assert difference.abs().max() <= 1e-5
        else:
            assert -10 * difference.square().mean().log10() > _LEAST_PSNR


class Local(nn.Module):
    """Looks six pixels far, in steps of two."""

    size_requirements = SizeRequirements(minimum=4, multiple=2)

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(12, 12, 5, padding=2)

    def forward(self, lq):
        low = self.conv(nn.functional.pixel_unshuffle(lq, 2)).tanh()
        return lq + 0.1 * nn.functional.pixel_shuffle(low, 2)


@pytest.mark.parametrize("size", [(1, 1), (1, 301), (290, 1), (3, 200), (129, 130), (64, 64)])
@pytest.mark.parametrize("ensemble", [False, True])
def test_odd_sizes_and_strips(size, ensemble):
    lq = torch.rand(3, *size, generator=torch.manual_seed(0))
    whole = restored(Local(), lq, "off", ensemble)
    tiled = restored(Local(), lq, 32, ensemble)
    torch.testing.assert_close(tiled, whole, atol=1e-6, rtol=0)


def test_the_ensemble_is_the_mean_over_flips_and_rotations():
    network = Local()
    lq = torch.rand(3, 20, 33, generator=torch.manual_seed(0))
    expected = []
    for flipped in (False, True):
        for quarter in range(4):
            image = torch.rot90(lq.flip(-1) if flipped else lq, quarter, (-2, -1))
            image = torch.rot90(restored(network, image), -quarter, (-2, -1))
            expected.append(image.flip(-1) if flipped else image)
    found = restored(network, lq, "off", ensemble=True)
    torch.testing.assert_close(found, torch.stack(expected).mean(0))
    assert not torch.allclose(found, restored(network, lq), atol=1e-4)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_arrays_in_tiles(dtype):
    levels = 1 if dtype == np.float32 else np.iinfo(dtype).max
    image = (np.random.default_rng(0).random((150, 90, 3)) * levels).astype(dtype)
    backend = PyTorchBackend(Local())
    whole = Restorer(backend, tile="off", strength=0.5)(image)
    tiled = Restorer(backend, tile=32, strength=0.5)(image)
    np.testing.assert_allclose(tiled.astype(float), whole.astype(float), atol=levels * 1e-6 + 1e-6)


class Square(nn.Module):
    """Takes 32×32 pixels and nothing else."""

    size_requirements = SizeRequirements(32, 32, square=True, maximum=32)

    def forward(self, lq):
        assert lq.shape[-2:] == (32, 32)
        return lq * 0.5


def test_networks_of_one_size():
    lq = torch.rand(3, 70, 45)
    for ensemble in (False, True):
        found = restored(Square(), lq, "auto", ensemble)
        torch.testing.assert_close(found, lq * 0.5, atol=1e-6, rtol=0)
    torch.testing.assert_close(restored(Square(), lq[:, :9, :20]), lq[:, :9, :20] * 0.5)
    with pytest.raises(DataError, match=r"at most 32x32.*--tile auto"):
        restored(Square(), lq, "off")


class Hungry(Local):
    """Has memory for a number of pixels."""

    size_requirements = SizeRequirements()

    def __init__(self, pixels, error):
        super().__init__()
        self.pixels, self.error, self.calls = pixels, error, []

    def forward(self, lq):
        self.calls.append(tuple(lq.shape))
        if lq.shape[0] * lq.shape[-1] * lq.shape[-2] > self.pixels:
            raise self.error
        return nn.functional.avg_pool2d(lq, 3, 1, 1)


OUT_OF_MEMORY = [
    MemoryError(),
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nGPU 0 has"),
    RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: 1 bytes"),
]


@pytest.mark.parametrize(
    ("error", "tile", "ensemble"),
    [
        *((error, "auto", False) for error in OUT_OF_MEMORY),
        *((MemoryError(), tile, ensemble) for tile, ensemble in (("auto", True), (256, False))),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else str(value),
)
def test_tiles_are_halved_until_they_fit(error, tile, ensemble, monkeypatch):
    network = Hungry(6000, error)
    backend = PyTorchBackend(network)
    # The memory model of a network that behaves unlike others.
    monkeypatch.setattr(backend, "peak_bytes", lambda height, width: height * width)
    monkeypatch.setattr(backend, "receptive_field", lambda: ReceptiveField(1))
    image = np.random.default_rng(0).integers(0, 256, (260, 300, 3), np.uint8)
    found = Restorer(backend, tile=tile, ensemble=ensemble)(image)
    expected = Restorer(PyTorchBackend(Hungry(10**9, error)), tile="off")(image)
    assert np.abs(found.astype(int) - expected).max() <= 1
    # The next image begins with tiles that fit.
    network.calls.clear()
    restorer = Restorer(backend, tile=tile)
    restorer(image)
    first = len(network.calls)
    restorer(image)
    assert all(n * h * w <= 6000 for n, _, h, w in network.calls[first:])


LIMITED = """
import resource
import numpy as np, torch
from torch import nn
from restorekit.inference import PyTorchBackend, Restorer

torch.manual_seed(0)
layers = [nn.Conv2d(3, 64, 3, padding=1), nn.Conv2d(64, 64, 3, padding=1), nn.Conv2d(64, 3, 1)]
network = nn.Sequential(*layers).eval()
image = np.random.default_rng(0).integers(0, 256, (768, 768, 3), np.uint8)
restorer = Restorer(PyTorchBackend(network), tile=1024)
restorer(image[:64, :64])  # what libraries allocate once
pages = int(open("/proc/self/statm").read().split()[0])
limit = pages * resource.getpagesize() + 150_000_000  # the whole takes 300 MB
_, hard = resource.getrlimit(resource.RLIMIT_AS)
resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
found = restorer(image)
assert restorer.network.plan(768, 768).description["merge"] == "exact"
resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
whole = Restorer(PyTorchBackend(network), tile="off")(image)
assert np.abs(whole.astype(int) - found).max() <= 1
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limit and /proc are Linux's")
def test_a_limit_on_the_address_space_halves_tiles():
    done = subprocess.run(
        [sys.executable, "-c", LIMITED], capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("error", OUT_OF_MEMORY, ids=lambda error: type(error).__name__)
def test_too_little_memory_is_one_sentence(error):
    image = np.zeros((100, 60, 3), np.uint8)
    with pytest.raises(DataError, match=r"60x100 pixels.*memory of cpu.*--tile auto"):
        Restorer(PyTorchBackend(Hungry(2000, error)), tile="off")(image)
    # The probe runs out of memory, too.
    backend = PyTorchBackend(Hungry(2, error))
    backend.peak_bytes = lambda height, width: height * width
    with pytest.raises(DataError, match=r"even in tiles"):
        Restorer(backend, tile=64)(image)


def test_other_errors_pass():
    with pytest.raises(RuntimeError, match="a defect"):
        Restorer(PyTorchBackend(Hungry(0, RuntimeError("a defect"))), tile="off")(
            np.zeros((9, 9, 3), np.uint8)
        )
    assert not is_out_of_memory(RuntimeError("a defect"))


def test_an_output_that_is_not_finite_is_refused():
    class Broken(nn.Module):
        def forward(self, lq):
            return torch.where(lq > 0.99, torch.nan, lq)

    image = np.zeros((80, 80, 3), np.uint8)
    image[-1, -1] = 255
    with pytest.raises(CheckpointError, match="not finite"):
        Restorer(PyTorchBackend(Broken()), tile=32)(image)


def test_images_of_a_list_share_batches():
    network = Hungry(10**9, MemoryError())
    images = [np.full((40, 40, 3), level, np.uint8) for level in (10, 20, 30)]
    found = Restorer(PyTorchBackend(network), tile="auto")(images)
    assert (3, 3, 40, 40) in network.calls
    assert [int(one[20, 20, 0]) for one in found] == [10, 20, 30]


def test_progress_is_reported():
    seen = []
    Restorer(PyTorchBackend(Local()), tile=32).restore_rgb(
        np.zeros((64, 64, 3), np.uint8), on_progress=lambda done, of: seen.append((done, of))
    )
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_live_tensors_are_counted_on_the_cpu_and_without_data():
    for device in ("cpu", "meta"):
        with LiveTensors() as live:
            first = torch.zeros(1000, device=device)
            second = first + 1
            view = second.view(10, 100)
            view.mul_(2)
            del first
            third = second * 3
            del second, view, third
            torch.zeros(10, device=device)
        assert live.peak == 8000, device


def test_pixels_that_fit_follow_the_network():
    linear = pixels_that_fit(lambda h, w: 100 * h * w, SizeRequirements(), 15_000_000)
    assert 90_000 <= linear <= 100_000
    # Attention over all pixels: 1e6 pixels would take 1e12 bytes.
    quadratic = pixels_that_fit(lambda h, w: (h * w) ** 2, SizeRequirements(), 15_000_000)
    assert 1500 <= quadratic <= 3300
    assert pixels_that_fit(lambda h, w: None, SizeRequirements(), 10_000_000) == 1000


def test_the_canvas_keeps_its_input():
    image = np.random.default_rng(0).integers(0, 256, (70, 50, 3), np.uint8)
    given = image.copy()
    canvas = ArrayCanvas(image[::-1], "x")
    TiledNetwork(PyTorchBackend(nn.Identity()), 32).run([canvas])
    assert np.array_equal(image, given)
    assert np.array_equal(canvas.result, image[::-1])


def test_a_tile_that_cannot_be_meant_is_refused():
    with pytest.raises(ConfigError, match="tile"):
        Restorer(PyTorchBackend(Local()), tile=7)
