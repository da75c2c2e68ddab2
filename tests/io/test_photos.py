"""What a photograph carries survives; other programs (tifffile, Pillow, OpenCV) read the result."""

import io
import struct

import cv2
import numpy as np
import PIL.Image
import PIL.ImageOps
import pytest
import tifffile
from photo_samples import (
    phone_exif,
    pixels,
    png_by_hand,
    profile,
    saved,
    tiff_by_tifffile,
    turned,
)

from restorekit.errors import DataError
from restorekit.io.images import read_image
from restorekit.io.photos import Photo, read_photo, write_photo

XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf tiff:Orientation=\"6\"/></x:xmpmeta>"


def read(data, tmp_path, suffix=".bin"):
    path = tmp_path / f"in{suffix}"
    path.write_bytes(data)
    return read_photo(path)


def rewritten(photo, tmp_path, suffix, quality=None):
    path = tmp_path / f"out{suffix}"
    write_photo(path, photo, quality)
    assert not list(tmp_path.glob(".*"))
    return path.read_bytes()


def by_pillow(data):
    image = PIL.Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_png_of_every_depth_and_number_of_channels(channels, dtype, tmp_path):
    image = pixels(channels, dtype)
    photo = read(png_by_hand(image), tmp_path)
    assert photo.pixels.dtype == dtype
    np.testing.assert_array_equal(photo.pixels, image)
    data = rewritten(photo, tmp_path, ".png")
    assert data[24:26] == png_by_hand(image)[24:26]
    by_opencv = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    order = {2: [0, 3], 3: [2, 1, 0], 4: [2, 1, 0, 3]}.get(channels)
    np.testing.assert_array_equal(by_opencv if order is None else by_opencv[..., order], image)
    # Pillow sees the same, reduced to 8 bits.
    shown = np.asarray(by_pillow(data).convert("RGBA"))
    expected = np.asarray(by_pillow(png_by_hand(image)).convert("RGBA"))
    np.testing.assert_array_equal(shown, expected)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize(
    "storage",
    [{}, {"compression": "zlib", "predictor": True}, {"tile": (16, 16)}, {"byteorder": ">"}],
    ids=["plain", "compressed", "tiled", "big-endian"],
)
def test_tiff_of_every_depth_and_number_of_channels(channels, dtype, storage, tmp_path):
    image = pixels(channels, dtype)
    data = tiff_by_tifffile(image, **storage)
    if (channels, dtype) == (2, np.uint16):
        with pytest.raises(DataError, match=r"in\.tif"):
            read(data, tmp_path, ".tif")
        photo = Photo(image, "TIFF")
    else:
        photo = read(data, tmp_path, ".tif")
        assert photo.pixels.dtype == dtype
        np.testing.assert_array_equal(photo.pixels, image)
    data = rewritten(photo, tmp_path, ".tif")
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        page = file.pages[0]
        np.testing.assert_array_equal(page.asarray(), image)
        assert page.photometric.name == ("RGB" if channels > 2 else "MINISBLACK")
        assert [int(e) for e in page.extrasamples] == ([2] if channels in (2, 4) else [])
        assert len(file.pages) == 1
    if dtype == np.uint8:
        np.testing.assert_array_equal(np.asarray(by_pillow(data)), image)


def test_tiff_stays_compressed_or_not_and_large_ones_have_strips(tmp_path):
    image = pixels(3, np.uint16, 700, 400)
    for compression, expected in (("zlib", 8), (None, 1)):
        photo = read(tiff_by_tifffile(image, compression=compression), tmp_path)
        with tifffile.TiffFile(io.BytesIO(rewritten(photo, tmp_path, ".tif"))) as file:
            assert int(file.pages[0].compression) == expected
            assert len(file.pages[0].dataoffsets) == 2
            np.testing.assert_array_equal(file.asarray(), image)


def test_lzw_white_is_zero_and_premultiplied_alpha(tmp_path):
    lzw = cv2.imencode(".tif", pixels(3, np.uint16)[..., ::-1])[1].tobytes()
    assert tifffile.TiffFile(io.BytesIO(lzw)).pages[0].compression.name == "LZW"
    np.testing.assert_array_equal(read(lzw, tmp_path).pixels, pixels(3, np.uint16))
    for dtype in (np.uint8, np.uint16):
        inverted = tiff_by_tifffile(pixels(1, dtype), photometric="miniswhite")
        expected = np.iinfo(dtype).max - pixels(1, dtype)
        np.testing.assert_array_equal(read(inverted, tmp_path).pixels, expected)
    image = pixels(4, np.uint16)
    photo = read(tiff_by_tifffile(image, extrasamples=["assocalpha"]), tmp_path)
    with tifffile.TiffFile(io.BytesIO(rewritten(photo, tmp_path, ".tif"))) as file:
        assert [int(e) for e in file.pages[0].extrasamples] == [1]
        np.testing.assert_array_equal(file.asarray(), image)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_once_and_reset(kind, orientation, tmp_path):
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Maker"
    options = {"WEBP": {"lossless": True}, "JPEG": {"quality": 100, "subsampling": 0}}.get(kind, {})
    suffix = f".{kind.lower()}"
    data = saved(pixels(), kind, exif=exif, **options)
    photo = read(data, tmp_path, suffix)
    tolerance = 4 if kind == "JPEG" else 0
    expected = turned(pixels(), orientation)
    np.testing.assert_allclose(photo.pixels.astype(int), expected, atol=tolerance)
    # The file says so too: turning it as it asks for leaves it as it is.
    again = by_pillow(rewritten(photo, tmp_path, suffix))
    assert again.getexif()[0x0112] == 1
    assert again.getexif()[0x010F] == "Maker"
    shown = np.asarray(PIL.ImageOps.exif_transpose(again))
    np.testing.assert_allclose(shown.astype(int), expected, atol=tolerance)


@pytest.mark.parametrize("orientation", [1, 6])
def test_16_bit_tiff_with_an_orientation(orientation, tmp_path):
    image = pixels(3, np.uint16)
    data = tiff_by_tifffile(image, extratags=[(274, 3, 1, orientation, True)])
    photo = read(data, tmp_path)
    np.testing.assert_array_equal(photo.pixels, turned(image, orientation))
    with tifffile.TiffFile(io.BytesIO(rewritten(photo, tmp_path, ".tif"))) as file:
        assert file.pages[0].tags["Orientation"].value == 1


@pytest.mark.parametrize("target", [".jpg", ".png", ".webp", ".tif"])
def test_a_phone_s_exif_and_profile_are_kept_in_every_format(target, tmp_path):
    exif, thumbnail = phone_exif()
    source = saved(
        pixels(), "JPEG", exif=exif, icc_profile=profile(), dpi=(300, 300), quality=90, xmp=XMP
    )
    assert thumbnail in source
    data = rewritten(read(source, tmp_path), tmp_path, target)
    assert thumbnail[20:-20] not in data
    image = by_pillow(data)
    assert image.size == (37, 53)
    assert image.info["icc_profile"] == profile()
    if target != ".webp":
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    xmp = image.info["xmp"]
    assert b'tiff:Orientation="1"' in (xmp if isinstance(xmp, bytes) else xmp[0])
    tags = image.getexif()
    assert (tags[0x010F], tags[0x0110], tags[0x0112]) == ("Maker", "Model 7", 1)
    inner = tags.get_ifd(0x8769)
    assert inner[0x9003] == "2024:05:06 07:08:09"
    assert float(inner[0x829A]) == pytest.approx(0.004)
    assert inner[0x927C] == b"notes with offsets\0\1\2\3"
    assert (inner[0xA002], inner[0xA003]) == (37, 53)
    assert tags.get_ifd(0x8825)[2] == (51.0, 30.0, 12.5)
    if target == ".tif":
        with tifffile.TiffFile(io.BytesIO(data)) as file:
            page = file.pages[0]
            assert page.tags["ExifTag"].value["DateTimeOriginal"] == "2024:05:06 07:08:09"
            assert page.tags["GPSTag"].value["GPSLatitude"][:2] == (51, 1)
            assert page.tags["InterColorProfile"].value == profile()
    else:
        assert not tags.get_ifd(1)


@pytest.mark.parametrize("target", [".jpg", ".png", ".webp", ".tif"])
def test_a_tiff_s_metadata_goes_into_every_format(target, tmp_path):
    exif = PIL.Image.Exif()
    exif[0x010F], exif[0x8298] = "Maker", "Copyright me"
    exif.get_ifd(0x8769)[0x9003] = "2024:05:06 07:08:09"
    source = saved(
        pixels(), "TIFF", exif=exif, icc_profile=profile(), dpi=(240, 240), compression="tiff_lzw"
    )
    image = by_pillow(rewritten(read(source, tmp_path), tmp_path, target))
    assert image.info["icc_profile"] == profile()
    assert (image.getexif()[0x010F], image.getexif()[0x8298]) == ("Maker", "Copyright me")
    # Nothing that describes how the TIFF was stored.
    assert target == ".tif" or not {256, 257, 258, 273, 279} & set(image.getexif())


def test_what_a_decoder_stumbles_over_is_not_repeated(tmp_path):
    # Zeros after the first segments end Pillow's parsing of the header in an IndexError.
    zeros = saved(pixels(), "JPEG", quality=95)[:300] + bytes(4000)
    with pytest.raises(DataError, match="is damaged or truncated: "):
        read(zeros, tmp_path)
    # Its own words, which say more, are.
    broken = bytearray(saved(pixels(), "PNG"))
    broken[16:20] = bytes(4)
    with pytest.raises(DataError, match="checksum"):
        read(bytes(broken), tmp_path)


def test_damaged_exif_is_kept_and_harmless(tmp_path):
    good, _ = phone_exif(orientation=1)
    for exif in (b"Exif\0\0II*\0\xff\xff\xff\x7f", good[:60], b"Exif\0\0nonsense"):
        data = saved(pixels(), "JPEG", quality=95)
        segment = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
        photo = read(data[:2] + segment + data[2:], tmp_path)
        assert exif[6:] in rewritten(photo, tmp_path, ".jpg")


def test_png_keeps_what_says_how_to_show_it_and_texts(tmp_path):
    chunks = [
        (b"gAMA", struct.pack(">I", 45455)),
        (b"cHRM", bytes(range(32))),
        (b"pHYs", struct.pack(">IIB", 3780, 3780, 1)),
        (b"tEXt", b"Author\0Somebody"),
        (b"bKGD", bytes(6)),
        (b"eXIf", phone_exif(orientation=1)[0][6:]),
    ]
    for dtype in (np.uint8, np.uint16):
        photo = read(png_by_hand(pixels(3, dtype), *chunks), tmp_path)
        data = rewritten(photo, tmp_path, ".png")
        for name, body in chunks[:4]:
            assert data.count(name + body) == 1
        assert b"bKGD" not in data
        assert by_pillow(data).getexif()[0x0110] == "Model 7"
        assert by_pillow(data).info["Author"] == "Somebody"


@pytest.mark.parametrize("sampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("quality", [60, 95, 98])
def test_jpeg_is_as_fine_as_the_input_at_least(sampling, quality, tmp_path):
    data = saved(pixels(), "JPEG", quality=quality, subsampling=sampling, progressive=True)
    image = by_pillow(rewritten(read(data, tmp_path), tmp_path, ".jpg"))
    expected = by_pillow(saved(pixels(), "JPEG", quality=max(quality, 95), subsampling=sampling))
    assert image.quantization == expected.quantization
    assert image.layer == expected.layer
    assert image.info["progressive"]
    chosen = by_pillow(rewritten(read(data, tmp_path), tmp_path, ".jpg", quality=70))
    assert chosen.quantization == by_pillow(saved(pixels(), "JPEG", quality=70)).quantization


def test_jpeg_from_other_formats_has_all_colours_and_captions_stay(tmp_path):
    photo = read(png_by_hand(pixels()), tmp_path)
    assert by_pillow(rewritten(photo, tmp_path, ".jpg")).layer[1][1:3] == (1, 1)
    caption = b"\x1c\x02\x78\x00\x07caption"
    thumbnail = b"8BIM" + struct.pack(">HHI", 0x040C, 0, 6) + b"an old"
    record = b"8BIM" + struct.pack(">HHI", 0x0404, 0, len(caption)) + caption
    content = b"Photoshop 3.0\0" + thumbnail + record
    segment = b"\xff\xed" + struct.pack(">H", len(content) + 2) + content
    source = saved(pixels(), "JPEG", extra=segment, comment=b"a comment")
    data = rewritten(read(source, tmp_path), tmp_path, ".jpg")
    assert by_pillow(data).info["photoshop"] == {0x0404: caption}
    assert by_pillow(data).info["comment"] == b"a comment"


def test_decoded_as_datasets_do(tmp_path):
    rgb = pixels()
    for suffix, data in ((".jpg", saved(rgb, "JPEG")), (".webp", saved(rgb, "WEBP"))):
        path = tmp_path / f"a{suffix}"
        path.write_bytes(data)
        np.testing.assert_array_equal(read_photo(path).pixels, read_image(path))


@pytest.mark.parametrize("channels", [3, 4])
def test_webp_stays_lossless_or_lossy(channels, tmp_path):
    image = pixels(channels)
    lossless = read(saved(image, "WEBP", lossless=True, exact=True), tmp_path)
    data = rewritten(lossless, tmp_path, ".webp")
    np.testing.assert_array_equal(np.asarray(by_pillow(data)), image)
    lossy = read(saved(image, "WEBP", quality=80), tmp_path)
    assert b"VP8L" not in rewritten(lossy, tmp_path, ".webp")
    if channels == 4:
        np.testing.assert_array_equal(lossy.pixels[..., 3], image[..., 3])


@pytest.mark.parametrize(
    ("mode", "shape"),
    [("1", ()), ("L", ()), ("P", (3,)), ("RGB", (3,)), ("LA", (2,)), ("RGBA", (4,))],
)
def test_modes_of_8_bits(mode, shape, tmp_path):
    image = PIL.Image.fromarray(pixels()).convert(mode)
    photo = read(saved(image, "PNG"), tmp_path)
    assert photo.pixels.shape == (37, 53, *shape)
    expected = np.asarray(image.convert("RGBA"))
    got = PIL.Image.fromarray(photo.pixels).convert("RGBA")
    np.testing.assert_array_equal(np.asarray(got), expected)


def test_transparent_colours_and_palettes_become_alpha(tmp_path):
    palette = PIL.Image.fromarray(pixels()).convert("P")
    for image, key in ((palette, palette.getpixel((20, 9))), (PIL.Image.fromarray(pixels(1)), 7)):
        data = saved(image, "PNG", transparency=key)
        photo = read(data, tmp_path)
        expected = np.asarray(by_pillow(data).convert("RGBA"))
        assert expected[..., 3].min() == 0
        np.testing.assert_array_equal(
            np.asarray(PIL.Image.fromarray(photo.pixels).convert("RGBA")), expected
        )


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_bmp_is_lossless(mode, tmp_path):
    image = np.asarray(PIL.Image.fromarray(pixels(4)).convert(mode))
    if mode == "RGBA":
        source = cv2.imencode(".bmp", image[..., [2, 1, 0, 3]])[1].tobytes()
    else:
        source = saved(image, "BMP", dpi=(200, 200))
    data = rewritten(read(source, tmp_path), tmp_path, ".bmp")
    np.testing.assert_array_equal(np.asarray(by_pillow(data)), image)
    if mode != "RGBA":
        assert by_pillow(data).info["dpi"] == pytest.approx((200, 200), abs=0.1)


def test_what_a_format_cannot_hold(tmp_path):
    deep = Photo(np.array([[0, 128, 129, 257, 65535]], np.uint16), "PNG")
    assert np.asarray(by_pillow(rewritten(deep, tmp_path, ".bmp"))).tolist() == [[0, 0, 1, 1, 255]]
    transparent = Photo(pixels(4), "PNG")
    with pytest.raises(DataError, match="transparent"):
        write_photo(tmp_path / "x.jpg", transparent)
    assert not (tmp_path / "x.jpg").exists()
    opaque = pixels(4)
    opaque[..., 3] = 255
    assert by_pillow(rewritten(Photo(opaque, "PNG"), tmp_path, ".jpg")).mode == "RGB"
    for channels in (1, 2):
        shown = by_pillow(rewritten(Photo(pixels(channels), "PNG"), tmp_path, ".webp", quality=100))
        assert shown.mode == ("RGBA" if channels == 2 else "RGB")
    with pytest.raises(DataError, match="16,383"):
        write_photo(tmp_path / "x.webp", Photo(np.zeros((1, 20_000), np.uint8), "PNG"))
    with pytest.raises(DataError, match=r"\.heic"):
        write_photo(tmp_path / "x.heic", deep)


def test_a_grey_profile_does_not_end_up_on_colours(tmp_path):
    grey_profile = bytearray(profile())
    grey_profile[16:20] = b"GRAY"
    data = png_by_hand(pixels(1))
    chunk = saved(pixels(1), "PNG", icc_profile=bytes(grey_profile))
    photo = read(chunk, tmp_path)
    assert "icc_profile" in by_pillow(rewritten(photo, tmp_path, ".png")).info
    assert "icc_profile" not in by_pillow(rewritten(photo, tmp_path, ".webp")).info
    assert "icc_profile" not in by_pillow(data).info


def frames(kind):
    images = [PIL.Image.fromarray(pixels()), PIL.Image.fromarray(255 - pixels())]
    return saved(images[0], kind, save_all=True, append_images=images[1:])


REFUSED = {
    "animated png": (frames("PNG"), "animation"),
    "animated webp": (frames("WEBP"), "animation"),
    "pages": (frames("TIFF"), "several pages"),
    "cmyk jpeg": (saved(PIL.Image.fromarray(pixels()).convert("CMYK"), "JPEG"), "CMYK"),
    "cmyk tiff": (saved(PIL.Image.fromarray(pixels()).convert("CMYK"), "TIFF"), "CMYK"),
    "lab tiff": (saved(PIL.Image.fromarray(pixels()).convert("LAB"), "TIFF"), "CIELAB"),
    "float tiff": (tiff_by_tifffile(pixels().astype(np.float32)), "kind of pixels"),
    "grey float tiff": (tiff_by_tifffile(pixels(1).astype(np.float32)), "floating-point"),
    "signed tiff": (tiff_by_tifffile(pixels(1).astype(np.int16)), "signed"),
    "planar tiff": (
        tiff_by_tifffile(np.moveaxis(pixels(3, np.uint16), 2, 0), planarconfig="separate"),
        "by itself",
    ),
    "raw": (tiff_by_tifffile(pixels(), extratags=[(50706, 1, 4, b"\1\4\0\0", True)]), "raw file"),
    "heic": (b"\0\0\0\x18ftypheic" + bytes(40), "HEIC"),
    "avif": (b"\0\0\0\x18ftypavif" + bytes(40), "AVIF"),
    "gif": (saved(PIL.Image.fromarray(pixels()).convert("P"), "GIF"), "GIF"),
    "text": (b"no image at all, only some text", "not an image"),
    "nothing": (b"", "empty"),
    "cut off": (saved(pixels(), "JPEG")[:-300], "truncated"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_read_is_refused_with_a_remedy(name, tmp_path):
    data, reason = REFUSED[name]
    with pytest.raises(DataError, match=reason) as caught:
        read(data, tmp_path, ".the file")
    message = str(caught.value)
    assert "in.the file" in message
    assert "\n" not in message
    assert ":" in message  # a remedy follows


def test_smaller_versions_behind_the_first_page_do_not_make_a_tiff_several(tmp_path):
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        writer.write(pixels(), photometric="rgb", metadata=None)
        writer.write(pixels()[::2, ::2], photometric="rgb", subfiletype=1, metadata=None)
    np.testing.assert_array_equal(read(buffer.getvalue(), tmp_path).pixels, pixels())


def test_one_limit_on_pixels(tmp_path, monkeypatch):
    monkeypatch.setenv("RESTOREKIT_MAX_PIXELS", str(37 * 53 - 1))
    for data in (png_by_hand(pixels(3, np.uint16)), tiff_by_tifffile(pixels(3, np.uint16))):
        with pytest.raises(DataError, match="53×37"):
            read(data, tmp_path)
