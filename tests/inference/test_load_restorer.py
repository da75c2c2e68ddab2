"""Every kind of image goes in, and the same kind comes out."""

import threading

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import restorekit
from restorekit.archs import DCSFN, SizeRequirements, forward_padded
from restorekit.checkpoints import save_network
from restorekit.errors import ConfigError, DataError, UnknownNameError
from restorekit.inference import Backend, PyTorchBackend, Restorer
from restorekit.io.images import read_image, write_image
from restorekit.registry import BACKENDS

CONFIG = {"type": "DCSFN", "channels": 4, "num_units": 1, "num_scales": 2, "num_convs": 1}


class Darker(nn.Module):
    """Takes even sides only, and removes a quarter of the light."""

    size_requirements = SizeRequirements(minimum=4, multiple=2)

    def forward(self, lq):
        assert lq.shape[-1] % 2 == lq.shape[-2] % 2 == 0
        assert lq.dtype == torch.float32
        return lq * 2, lq * 0.75


@pytest.fixture
def darker():
    return Restorer(PyTorchBackend(Darker()))


def array(*shape, dtype=np.uint8, seed=0):
    rng = np.random.default_rng(seed)
    if np.issubdtype(dtype, np.floating):
        return rng.random(shape).astype(dtype)
    return rng.integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float16, np.float32, np.float64])
@pytest.mark.parametrize(
    "shape", [(5, 8), (7, 3, 1), (3, 5, 2), (5, 7, 3), (1, 1, 3), (6, 9, 4)], ids=str
)
def test_arrays_keep_type_shape_and_alpha(darker, shape, dtype):
    image = array(*shape, dtype=dtype)
    given = image.copy()
    restored = darker(image)
    assert restored.dtype == dtype
    assert restored.shape == shape
    assert np.array_equal(image, given)
    alpha = shape[2:] in [(2,), (4,)]
    colours = np.s_[..., :-1] if alpha else np.s_[...]
    tolerance = 2e-3 if dtype == np.float16 else 1e-6 if dtype(0.5) else 0.51
    np.testing.assert_allclose(
        restored[colours].astype(float), image[colours].astype(float) * 0.75, atol=tolerance
    )
    if alpha:
        assert np.array_equal(restored[..., -1], image[..., -1])


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "I;16"])
def test_pil_images_keep_mode_and_profile(darker, mode):
    dtype = np.uint16 if mode == "I;16" else np.uint8
    channels = {"L": (), "I;16": (), "LA": (2,), "RGB": (3,), "RGBA": (4,)}[mode]
    image = Image.fromarray(array(6, 9, *channels, dtype=dtype))
    assert image.mode == mode
    image.info = {"icc_profile": b"profile", "dpi": (300, 300)}
    restored = darker(image)
    assert isinstance(restored, Image.Image)
    assert (restored.mode, restored.size, restored.info) == (mode, (9, 6), image.info)
    assert np.array_equal(np.asarray(restored), darker(np.asarray(image)))


def test_palette_images_become_colour_and_keep_transparency(darker):
    rgba = Image.fromarray(np.full((4, 4, 4), [200, 40, 80, 255], np.uint8))
    palette = rgba.convert("RGB").quantize(4)
    assert darker(palette).mode == "RGB"
    palette.info["transparency"] = 0
    assert darker(palette).mode == "RGBA"
    with pytest.raises(DataError, match="mode CMYK"):
        darker(rgba.convert("RGB").convert("CMYK"))


@pytest.mark.parametrize(
    "dtype", [torch.uint8, torch.float16, torch.bfloat16, torch.float32, torch.float64], ids=str
)
@pytest.mark.parametrize("shape", [(3, 5, 8), (1, 4, 7), (4, 5, 5), (2, 3, 5, 8)], ids=str)
def test_tensors_keep_type_and_shape(darker, shape, dtype):
    image = torch.rand(shape, generator=torch.manual_seed(0))
    image = (image * 255).to(dtype) if dtype == torch.uint8 else image.to(dtype)
    restored = darker(image)
    assert (restored.dtype, restored.shape, restored.device) == (dtype, shape, image.device)
    tolerance = {torch.uint8: 0.51, torch.bfloat16: 4e-3, torch.float16: 1e-3}.get(dtype, 1e-6)
    torch.testing.assert_close(
        restored[..., :3, :, :].double(),
        image[..., :3, :, :].double() * 0.75,
        atol=tolerance,
        rtol=0,
    )


def test_paths_and_batches(darker, tmp_path):
    first, second = array(5, 8, 3), array(5, 8, 3, seed=1)
    write_image(tmp_path / "x.png", first)
    assert np.array_equal(darker(tmp_path / "x.png"), darker(first))
    stack = darker(np.stack([first, second]))
    assert np.array_equal(stack, np.stack([darker(first), darker(second)]))
    mixed = darker([first, Image.fromarray(second), str(tmp_path / "x.png")])
    assert isinstance(mixed, list)
    assert isinstance(mixed[1], Image.Image)
    assert np.array_equal(mixed[2], darker(first))
    assert darker([]) == []
    assert darker(np.zeros((0, 4, 4, 3), np.uint8)).shape == (0, 4, 4, 3)


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((4, 4, 3), np.int32),
        np.zeros((4, 4, 5), np.uint8),
        np.zeros((0, 4, 3), np.uint8),
        np.full((4, 4, 3), np.nan, np.float32),
        torch.zeros(4),
        {"image": 1},
    ],
    ids=["int32", "5 channels", "empty", "NaN", "tensor of 1 dimension", "dict"],
)
def test_what_is_no_image_is_refused(darker, image):
    with pytest.raises(DataError, match="image"):
        darker(image)


def test_strength_blends_with_the_input():
    image = array(6, 6, 3)
    full = Restorer(PyTorchBackend(Darker()))(image).astype(float)
    half = Restorer(PyTorchBackend(Darker()), strength=0.5)(image)
    np.testing.assert_allclose(half, (image + full) / 2, atol=1.01)
    assert np.array_equal(Restorer(PyTorchBackend(Darker()), strength=0)(image), image)
    with pytest.raises(ConfigError, match=r"1\.5"):
        Restorer(PyTorchBackend(Darker()), strength=1.5)


@pytest.fixture(scope="module")
def network_file(tmp_path_factory):
    torch.manual_seed(0)
    network = DCSFN(**{k: v for k, v in CONFIG.items() if k != "type"}).eval()
    path = tmp_path_factory.mktemp("network") / "net.safetensors"
    save_network(network, CONFIG, path)
    return path, network


def test_a_file_is_loaded_and_restores_as_the_network_does(network_file, tmp_path):
    path, network = network_file
    write_image(tmp_path / "x.png", array(21, 34, 3))
    with restorekit.load_restorer(path, device="cpu") as restorer:
        restored = restorer(tmp_path / "x.png")
    lq = torch.from_numpy(read_image(tmp_path / "x.png")).permute(2, 0, 1)[None] / 255
    with torch.no_grad():
        output = forward_padded(network, lq)
    output = output if isinstance(output, torch.Tensor) else output[-1]
    expected = output[0].clamp(0, 1).mul(255).round().byte().permute(1, 2, 0).numpy()
    assert np.abs(restored.astype(int) - expected).max() <= 1


def test_options_that_cannot_be_used_are_named(network_file):
    path, _ = network_file
    with pytest.raises(ConfigError, match="gpu9"):
        restorekit.load_restorer(path, device="gpu9")
    with pytest.raises(ConfigError, match=r"float61.*float16"):
        restorekit.load_restorer(path, dtype="float61")
    with pytest.raises(UnknownNameError, match="pytorch"):
        restorekit.load_restorer(path, backend="pytorhc")
    for name in ("torch", "os.stat"):  # mmengine's registries import these
        with pytest.raises(UnknownNameError, match="not a registered backend"):
            restorekit.load_restorer(path, backend=name)


def test_bfloat16_is_close(network_file):
    path, _ = network_file
    image = array(32, 32, 3)
    exact = restorekit.load_restorer(path, device="cpu")(image)
    rough = restorekit.load_restorer(path, device="cpu", dtype="bfloat16")(image)
    difference = np.abs(exact.astype(int) - rough)
    assert 0 < difference.max() <= 8


def test_a_backend_is_one_registered_function(tmp_path):
    class Negative(Backend):
        size_requirements = SizeRequirements(multiple=8)

        def run(self, lq):
            assert lq.shape[-1] % 8 == lq.shape[-2] % 8 == 0
            return 1 - lq

    BACKENDS.register_module("negative")(lambda path, device, dtype: Negative())
    try:
        restorer = restorekit.load_restorer(tmp_path / "any", backend="negative")
        image = array(9, 13, 3)
        assert np.array_equal(restorer(image), 255 - image)
    finally:
        BACKENDS.module_dict.pop("negative")


def test_threads_share_a_restorer(network_file):
    restorer = restorekit.load_restorer(network_file[0], device="cpu")
    images = [array(20 + i, 30, 3, seed=i) for i in range(6)]
    expected = [restorer(image) for image in images]
    found = [None] * len(images)

    def work(i):
        found[i] = restorer(images[i])

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(images))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))
