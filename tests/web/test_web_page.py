"""What people do on the page: upload, look, download; and what they get wrong."""

import time
import urllib.error
import urllib.request

import numpy as np
import PIL.Image
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

import restorekit

#: A file name that a page must show, not obey.
MARKUP = "<img src=x onerror=document.title=1>.png"


def photograph(path, size=(90, 120), seed=0):
    noise = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    PIL.Image.fromarray(noise).resize(size[::-1], PIL.Image.BICUBIC).save(path)
    return np.asarray(PIL.Image.open(path))


def status(page, tab="photograph"):
    return page.run(f"return document.querySelector('#{tab}-status textarea').value")


def wait_for_status(page, text, tab="photograph", seconds=60):
    page.wait_for(
        f"document.querySelector('#{tab}-status textarea')?.value.includes({text!r})", seconds
    )
    return status(page, tab)


def upload(page, path, tab="photograph"):
    page.find(f"#{tab} input[type=file]").send_keys(str(path))


def downloaded(folder, seconds=20):
    for _ in range(seconds * 10):
        files = (
            [f for f in folder.glob("*") if f.suffix != ".crdownload"] if folder.exists() else []
        )
        if files:
            return files[0]
        time.sleep(0.1)
    raise AssertionError("nothing was downloaded")


def test_a_photograph_is_restored_compared_and_downloaded(page, tmp_path, network):
    pixels = photograph(tmp_path / "rain.png")
    upload(page, tmp_path / "rain.png")
    assert "small.pth" in wait_for_status(page, "Restored with")
    pictures = "[...document.querySelectorAll('#comparison img')].filter(i => i.naturalWidth)"
    page.wait_for(f"{pictures}.length >= 2")
    sizes = page.run(f"return {pictures}.map(i => i.naturalWidth)")
    assert set(sizes) == {120}
    page.find("#download-photograph").click()
    file = downloaded(tmp_path / "downloads")
    assert file.name == "rain_restored.png"
    expected = restorekit.load_restorer(network, device="cpu")(pixels)
    np.testing.assert_array_equal(np.asarray(PIL.Image.open(file)), expected)
    assert [entry for entry in page.console() if entry["level"] == "SEVERE"] == []


def test_nothing_is_requested_from_other_hosts(page, server, tmp_path):
    photograph(tmp_path / "rain.png")
    upload(page, tmp_path / "rain.png")
    wait_for_status(page, "Restored with")
    for tab in page.find_elements(By.CSS_SELECTOR, "button[role=tab]"):
        if tab.is_displayed():
            tab.click()
            time.sleep(0.5)
    local = (server[0], "data:", "blob:", "about:", "chrome")
    assert [url for url in page.requests() if not url.startswith(local)] == []


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"not a picture", "broken.png", "broken.png"),
        (None, "large.png", "megapixels"),
    ],
)
def test_a_photograph_that_cannot_be_restored_is_explained(
    page, tmp_path, server, content, name, sentence
):
    path = tmp_path / name
    if content is None:
        PIL.Image.fromarray(np.zeros((600, 600, 3), np.uint8)).save(path)
    else:
        path.write_bytes(content)
    upload(page, path)
    text = wait_for_status(page, sentence)
    assert str(server[1]) not in text
    # The page still works.
    page.refresh()
    page.wait_for("document.querySelector('#photograph input[type=file]')", 60)
    photograph(tmp_path / "good.png")
    upload(page, tmp_path / "good.png")
    wait_for_status(page, "Restored with")


def test_an_upload_above_the_limit_is_explained(page, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (800, 700, 3), dtype=np.uint8)
    PIL.Image.fromarray(noise).save(tmp_path / "huge.png")
    assert (tmp_path / "huge.png").stat().st_size > 1_200_000
    upload(page, tmp_path / "huge.png")
    page.wait_for("document.body.innerText.toLowerCase().includes('size')", 30)
    assert "exceed" in page.run("return document.body.innerText.toLowerCase()")
    assert "Restored" not in status(page)


def test_a_name_with_markup_is_shown_as_it_is(page, tmp_path):
    photograph(tmp_path / MARKUP)
    title = page.title
    upload(page, tmp_path / MARKUP)
    wait_for_status(page, "Restored with")
    (tmp_path / f"broken{MARKUP}").write_bytes(b"nothing")
    page.find("#download-photograph").click()
    name = downloaded(tmp_path / "downloads").name
    assert not set("<>=") & set(name)
    page.refresh()
    page.wait_for("document.querySelector('#photograph input[type=file]')", 60)
    upload(page, tmp_path / f"broken{MARKUP}")
    wait_for_status(page, "broken")
    time.sleep(0.5)
    assert page.title == title
    assert page.run("return document.querySelectorAll('img[src=x]').length") == 0


def test_a_video_is_restored(page, tmp_path):
    clips = pytest.importorskip("video_clips")
    clips.make_clip(
        tmp_path / "clip.mp4", clips.moving_scene(8, 48, 64), codec="libx264", sound="aac"
    )
    open_tab(page, "Video")
    upload(page, tmp_path / "clip.mp4", "video")
    page.wait_for("document.querySelector('#video').innerText.includes('clip')")
    page.find("#restore-video").click()
    assert "8 frames" in wait_for_status(page, "frames restored", "video")
    page.find("#download-video").click()
    file = downloaded(tmp_path / "downloads")
    assert file.name == "clip_restored.mp4"
    assert len(clips.read_frames(file)[0]) == 8
    (tmp_path / "broken.mp4").write_bytes(b"rain" * 300)
    page.refresh()
    page.wait_for("document.querySelector('#photograph input[type=file]')", 60)
    open_tab(page, "Video")
    upload(page, tmp_path / "broken.mp4", "video")
    page.wait_for("document.querySelector('#video').innerText.includes('broken')")
    page.find("#restore-video").click()
    wait_for_status(page, "cannot be read", "video")


def test_the_leaderboard_is_shown_and_nothing_else_of_its_folder(page, server):
    open_tab(page, "Leaderboard")
    frame = page.find("iframe.leaderboard")
    page.switch_to.frame(frame)
    page.wait_for("document.querySelector('h1')")
    assert page.find("h1").text == "Ranking"
    page.switch_to.default_content()
    for path in ("secret.json", "leaderboard/secret.json", "gradio_api/file=/etc/passwd"):
        with pytest.raises(urllib.error.HTTPError) as info:
            urllib.request.urlopen(f"{server[0]}/{path}", timeout=20)
        assert info.value.code in (403, 404)


def test_other_names_for_this_machine_are_refused(server):
    request = urllib.request.Request(server[0], headers={"Host": "rain.example"})
    with pytest.raises(urllib.error.HTTPError) as info:
        urllib.request.urlopen(request, timeout=20)
    assert info.value.code == 421


def test_keys_alone_suffice(page, tmp_path):
    photograph(tmp_path / "rain.png")
    upload(page, tmp_path / "rain.png")
    wait_for_status(page, "Restored with")
    reached = []
    page.run("document.activeElement.blur()")
    for _ in range(40):
        page.switch_to.active_element.send_keys(Keys.TAB)
        reached.append(
            page.run(
                """const e = document.activeElement;
                const part = e.closest('#photograph, #line, #restore-photograph,'
                  + '#download-photograph, [role=tab], [role=listbox]');
                return part ? part.id || part.getAttribute('role') : e.tagName;"""
            )
        )
    wanted = {"photograph", "line", "restore-photograph", "download-photograph", "tab"}
    assert wanted <= set(reached), reached
    before = page.run("return document.querySelector('#comparison').innerHTML")
    slider = page.find("#line input[type=range]")
    slider.send_keys(Keys.ARROW_LEFT, Keys.ARROW_LEFT, Keys.ARROW_LEFT)
    for _ in range(50):
        time.sleep(0.1)
        if page.run("return document.querySelector('#comparison').innerHTML") != before:
            break
    else:
        raise AssertionError("the line did not move")
    page.find("#restore-photograph").send_keys(Keys.ENTER)
    wait_for_status(page, "Restored with")


def test_a_phone_needs_no_scrolling_sideways(page, tmp_path):
    page.resize(390, 844)
    photograph(tmp_path / "rain.png", (150, 300))
    upload(page, tmp_path / "rain.png")
    wait_for_status(page, "Restored with")
    page.wait_for("document.querySelectorAll('#comparison img').length >= 2")
    width, inner = page.run("return [document.documentElement.scrollWidth, innerWidth]")
    assert width <= inner


def open_tab(page, name):
    for tab in page.find_elements(By.CSS_SELECTOR, "button[role=tab]"):
        if tab.is_displayed() and tab.text == name:
            tab.click()
            return
    raise AssertionError(f"there is no tab {name}")
