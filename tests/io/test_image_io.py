"""Reading is compared with Pillow, an independent decoder; every refused kind is built."""

import io
import struct
import zlib

import cv2
import numpy as np
import PIL.Image
import PIL.ImageOps
import pytest

from restorekit.errors import ConfigError, DataError
from restorekit.io.images import (
    IMAGE_SUFFIXES,
    decode_image,
    encode_image,
    inspect_image,
    read_image,
    write_image,
)


def photo(height=37, width=53, seed=0):
    """Smooth enough that JPEG keeps it, with different colours in every channel."""
    y, x = np.mgrid[:height, :width]
    planes = [y * 3 + seed, x * 4, (x + y) * 2]
    return np.stack(planes, axis=2).clip(0, 255).astype(np.uint8)


def saved(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def by_pillow(data):
    return np.asarray(PIL.ImageOps.exif_transpose(PIL.Image.open(io.BytesIO(data))).convert("RGB"))


@pytest.mark.parametrize("suffix", IMAGE_SUFFIXES)
def test_written_files_are_rgb_for_others_and_for_us(tmp_path, suffix):
    rgb = photo()
    path = tmp_path / f"a{suffix}"
    write_image(path, rgb)
    with PIL.Image.open(path) as image:
        theirs = np.asarray(image.convert("RGB"))
    lossless = suffix not in {".jpg", ".jpeg", ".webp"}
    np.testing.assert_allclose(theirs.astype(int), rgb, atol=0 if lossless else 12)
    np.testing.assert_allclose(read_image(path).astype(int), theirs, atol=0 if lossless else 3)
    info = inspect_image(path)
    assert (info.height, info.width) == rgb.shape[:2]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "LA", "RGBA"])
def test_every_usable_png_becomes_the_rgb_that_pillow_shows(mode):
    data = saved(PIL.Image.fromarray(photo()).convert(mode), "PNG")
    np.testing.assert_array_equal(decode_image(data), by_pillow(data))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_turns_pixels_and_size(kind, orientation):
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if kind == "WEBP" else {}
    data = saved(PIL.Image.fromarray(photo()), kind, exif=exif, **options)
    expected = by_pillow(data)
    np.testing.assert_allclose(decode_image(data).astype(int), expected, atol=3)
    info = inspect_image(data)
    assert (info.height, info.width) == expected.shape[:2]
    assert (info.height > info.width) == (orientation >= 5)


def test_grey_and_progressive_jpeg():
    for data in (
        saved(PIL.Image.fromarray(photo()).convert("L"), "JPEG"),
        saved(PIL.Image.fromarray(photo()), "JPEG", progressive=True),
    ):
        np.testing.assert_allclose(decode_image(data).astype(int), by_pillow(data), atol=3)


def transparent():
    rgba = np.dstack([photo(), np.full((37, 53), 255, np.uint8)])
    rgba[3, 4, 3] = 254
    return PIL.Image.fromarray(rgba)


def of_type(dtype, kind):
    return saved(PIL.Image.fromarray(photo()[..., 0].astype(dtype)), kind)


def cmyk(kind):
    return saved(PIL.Image.fromarray(photo()).convert("CMYK"), kind)


REFUSED = {
    "16 bit grey png": (of_type(np.uint16, "PNG"), "8 bits"),
    "16 bit colour png": (cv2.imencode(".png", photo().astype(np.uint16))[1].tobytes(), "8 bits"),
    "16 bit tiff": (of_type(np.uint16, "TIFF"), "8 bits"),
    "16 bit colour tiff": (cv2.imencode(".tif", photo().astype(np.uint16))[1].tobytes(), "8 bits"),
    "float tiff": (of_type(np.float32, "TIFF"), "8 bits"),
    "cmyk jpeg": (cmyk("JPEG"), "CMYK"),
    "cmyk tiff": (cmyk("TIFF"), "CMYK"),
    "transparent png": (saved(transparent(), "PNG"), "transparent"),
    "transparent webp": (saved(transparent(), "WEBP", lossless=True), "transparent"),
    "transparent palette": (
        saved(PIL.Image.fromarray(photo()).convert("P"), "PNG", transparency=b"\0" * 200),
        "transparent",
    ),
    "text": (b"not an image at all, but long enough to look at", "not an image"),
    "nothing": (b"", "empty"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_used_is_refused_by_name(tmp_path, name):
    data, reason = REFUSED[name]
    path = tmp_path / "the file.png"
    path.write_bytes(data)
    for look in (inspect_image, read_image):
        with pytest.raises(DataError, match=reason) as caught:
            look(path)
        assert "the file.png" in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "TIFF", "WEBP"])
@pytest.mark.parametrize("part", [0.02, 0.3, 0.9, 1.0])
def test_truncation_is_seen_without_decoding(tmp_path, kind, part):
    noise = np.random.default_rng(0).integers(0, 256, (60, 70, 3), dtype=np.uint8)
    data = saved(PIL.Image.fromarray(noise), kind)
    path = tmp_path / "cut.bin"
    path.write_bytes(data[: min(int(part * len(data)), len(data) - 3)])
    with pytest.raises(DataError, match=r"cut\.bin"):
        inspect_image(path)
    path.write_bytes(data)
    assert inspect_image(path).width == 70


def test_a_thumbnail_in_the_header_is_not_the_end_of_a_jpeg():
    thumbnail = saved(PIL.Image.fromarray(photo(8, 8)), "JPEG")
    segment = b"Exif\0\0" + thumbnail
    segment = b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment
    data = saved(PIL.Image.fromarray(photo()), "JPEG")
    data = data[:2] + segment + data[2:]
    assert inspect_image(data).width == 53
    with pytest.raises(DataError, match="truncated"):
        inspect_image(data[:-20])


def test_a_flipped_bit_inside_a_png_is_seen_by_decoding():
    noise = np.random.default_rng(0).integers(0, 256, (60, 70, 3), dtype=np.uint8)
    data = bytearray(saved(PIL.Image.fromarray(noise), "PNG"))
    data[len(data) // 2] ^= 1
    assert inspect_image(data).width == 70
    with pytest.raises(DataError, match=r"checksum in .*IDAT"):
        decode_image(data)


def test_bytes_after_the_end_are_harmless():
    for kind in ("PNG", "JPEG"):
        data = saved(PIL.Image.fromarray(photo()), kind) + bytes(100_000)
        assert decode_image(data).shape == (37, 53, 3)


def bomb(kind, side=300, **options):
    """A file of a few hundred bytes with side² pixels."""
    mode = options.pop("mode", "RGB")
    return saved(PIL.Image.new(mode, (side, side), "white"), kind, **options)


BOMBS = {
    "PNG": lambda: bomb("PNG"),
    "alpha PNG": lambda: bomb("PNG", mode="RGBA"),
    "palette PNG": lambda: bomb("PNG", mode="P"),
    "JPEG": lambda: bomb("JPEG"),
    "BMP": lambda: bomb("BMP"),
    "TIFF": lambda: bomb("TIFF", compression="tiff_deflate"),
    "WebP": lambda: bomb("WEBP"),
    "alpha WebP": lambda: bomb("WEBP", mode="RGBA"),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_one_limit_on_pixels_for_all_formats(kind, tmp_path, monkeypatch):
    data = BOMBS[kind]()
    (tmp_path / "a.img").write_bytes(data)
    monkeypatch.setenv("RESTOREKIT_MAX_PIXELS", "89999")
    for look in (inspect_image, read_image):
        with pytest.raises(DataError, match="300×300") as caught:
            look(tmp_path / "a.img")
        assert "RESTOREKIT_MAX_PIXELS" in str(caught.value)
    monkeypatch.setenv("RESTOREKIT_MAX_PIXELS", "90000")
    if "WebP" not in kind:
        # Pillow's own limit, which is global to the process, plays no part.
        monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", 100)
    assert inspect_image(tmp_path / "a.img").width == 300
    assert read_image(tmp_path / "a.img").shape == (300, 300, 3)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_a_bomb_is_refused_by_its_header_alone(kind):
    side = 60_000
    if kind == "PNG":
        header = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
        chunk = b"IHDR" + header
        data = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk
        data += struct.pack(">I", zlib.crc32(chunk)) + bomb("PNG", mode="RGBA")[33:]
    else:
        data = bytearray(bomb("TIFF", 64))
        for tag in (256, 257):
            entry = data.index(struct.pack("<HHII", tag, 4, 1, 64))
            struct.pack_into("<I", data, entry + 8, side)
    for look in (inspect_image, decode_image):
        with pytest.raises(DataError, match="60000×60000"):
            look(bytes(data))


def test_pillow_s_limit_for_webp_is_reported_like_ours(monkeypatch):
    data = bomb("WEBP")
    monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", 100)
    if PIL.__version__.startswith("12."):
        # This version sets no limit of its own on WebP.
        assert inspect_image(data).width == 300
        return
    with pytest.raises(DataError, match="RESTOREKIT_MAX_PIXELS"):
        inspect_image(data)


@pytest.mark.parametrize("value", ["", "0", "-1", "many", "1.5", str(2**30 + 1)])
def test_a_limit_that_is_no_number_of_pixels_is_refused(value, monkeypatch):
    monkeypatch.setenv("RESTOREKIT_MAX_PIXELS", value)
    with pytest.raises(ConfigError, match="RESTOREKIT_MAX_PIXELS"):
        inspect_image(bomb("PNG"))


def test_a_missing_file_and_an_unknown_format_are_told(tmp_path):
    for look in (inspect_image, read_image):
        with pytest.raises(DataError, match=r"gone\.png.*No such file"):
            look(tmp_path / "gone.png")
    with pytest.raises(DataError, match=r"\.gif"):
        write_image(tmp_path / "a.gif", photo())
    with pytest.raises(DataError, match="float64"):
        encode_image(photo() / 255.0)
