"""Restore photographs and videos: files, folders or patterns, with a trained network."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from restorekit.cli.arguments import add_plugin, load_plugins
from restorekit.cli.process import terminate_as_interrupt
from restorekit.cli.videos import add_video_options, video_options
from restorekit.io.result_names import RESTORED
from restorekit.io.terminal import ProgressBars, StepProgress, progress

if TYPE_CHECKING:
    from restorekit.inference.files import Outcome
    from restorekit.inference.sources import Sources
    from restorekit.inference.targets import Job

#: Files of one kind that are listed by name before the rest is counted.
_LISTED = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``restorekit restore``."""
    parser.add_argument(
        "input",
        nargs="+",
        help="image or video files, folders of them, or quoted patterns such as 'photos/**/*.jpg'",
    )
    parser.add_argument(
        "-m",
        "--model",
        default="derain-small",
        metavar="NAME|FILE",
        help="published network (`restorekit list models --published`), checkpoint of a training, "
        "or converted network (default: %(default)s)",
    )
    parser.add_argument(
        "-o",
        "--out",
        help="folder for the results, under the inputs' names, or a file for one input (default: "
        "beside the inputs as NAME_restored.EXT)",
    )
    parser.add_argument(
        "--format",
        choices=("png", "jpg", "webp", "tiff"),
        help="format of restored images (default: the input's)",
    )
    parser.add_argument(
        "--quality",
        type=_quality,
        metavar="Q",
        help="quality of JPEG and WebP, 1 to 100 (default: 95, or the input's if it is finer)",
    )
    parser.add_argument(
        "--strength",
        type=_strength,
        default=1.0,
        metavar="S",
        help="blend with the input: 0 is the input, 1 (default) the restored image",
    )
    parser.add_argument(
        "--compare", action="store_true", help="also write before | after as NAME_compare.EXT"
    )
    parser.add_argument(
        "--skip-existing",
        action="store_true",
        help="leave out files whose results exist, to continue after a stop",
    )
    parser.add_argument(
        "--shard",
        type=_shard,
        default=(1, 1),
        metavar="I/N",
        help="restore the I-th of N parts of the files, for N processes",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="show what would be written, and stop"
    )
    add_restorer_options(parser)
    add_video_options(parser)
    add_plugin(parser, "a network")


def add_restorer_options(parser: argparse.ArgumentParser) -> None:
    """Add the options about how a network runs."""
    parser.add_argument(
        "--tile",
        type=_tile,
        default="auto",
        metavar="auto|N|off",
        help="restore large images in tiles of N pixels, as fits into memory (auto, the default), "
        "or always whole (off)",
    )
    parser.add_argument(
        "--ensemble",
        action="store_true",
        help="average over the eight flips and rotations: a little better, eight times slower",
    )
    parser.add_argument("--device", help="cpu, cuda, cuda:1 … (default: a GPU if there is one)")
    parser.add_argument(
        "--dtype", choices=("float32", "float16", "bfloat16"), help="precision (default: float32)"
    )
    parser.add_argument(
        "--backend",
        default="pytorch",
        help="engine that runs the network: pytorch (default), onnxruntime or openvino",
    )
    parser.add_argument(
        "--via",
        metavar="PACKAGE",
        help="let a package read the file of --model: spandrel knows many methods' files",
    )


def run(args: argparse.Namespace) -> None:
    from restorekit.errors import DataError
    from restorekit.inference import load_restorer
    from restorekit.inference.files import Options, plan_files, run_jobs
    from restorekit.inference.targets import shard_of

    load_plugins(args)
    found, every = plan_files(
        args.input, args.out, format=args.format, compare=args.compare, option="-o"
    )
    jobs = shard_of(every, args.shard)
    _report_left_out(found)
    if not found.files:
        raise DataError("There is nothing to restore: all inputs were left out.")
    if args.dry_run:
        sys.stdout.writelines(f"{job.source.path} -> {job.target}\n" for job in jobs)
        return
    outcomes: list[Outcome] = []
    bars = ProgressBars() if sys.stderr.isatty() else None
    frames, tiles = StepProgress(bars, "frames"), StepProgress(bars, "tiles")
    video = {**video_options(args), "on_frame": frames}
    with (
        terminate_as_interrupt(),
        load_restorer(
            args.model,
            device=args.device,
            dtype=args.dtype,
            tile=args.tile,
            ensemble=args.ensemble,
            backend=args.backend,
            strength=args.strength,
            via=args.via,
        ) as restorer,
    ):
        work = run_jobs(
            restorer,
            jobs,
            Options(args.quality, args.skip_existing, video, tiles),
            tidy=args.shard[1] == 1,
            on_finished=outcomes.append,
        )
        try:
            for _ in progress(work, "restoring", len(jobs), bars):
                frames.close()
                tiles.close()
        except BaseException:
            frames.close()
            tiles.close()
            work.close()
            _report_stop(outcomes, jobs)
            raise
    _report_end(outcomes, jobs, f"to {_printable(Path(args.out))}" if args.out else _beside(jobs))


def _report_left_out(found: Sources) -> None:
    if found.results:
        _write_list("left out, since they are results of an earlier run", found.results)
    if found.unread:
        _write_list(
            "left out, since their formats are not read (convert them to JPEG, PNG or TIFF)",
            found.unread,
        )


def _write_list(what: str, paths: Sequence[Path]) -> None:
    sys.stderr.write(f"{len(paths)} {what}:\n")
    sys.stderr.writelines(f"  {_printable(path)}\n" for path in paths[:_LISTED])
    if len(paths) > _LISTED:
        sys.stderr.write(f"  and {len(paths) - _LISTED} more\n")


def _report_stop(outcomes: Sequence[Outcome], jobs: Sequence[Job]) -> None:
    """Say how far it came; the reason follows from whoever raised it."""
    if len(jobs) > 1:
        finished = sum(1 for outcome in outcomes if outcome.error is None)
        sys.stderr.write(
            f"{finished} of {len(jobs)} files are restored and complete; the same command with "
            "--skip-existing continues.\n"
        )


def _beside(jobs: Sequence[Job]) -> str:
    """Say where results are that stand beside their inputs."""
    folders = {job.target.parent for job in jobs}
    place = f"in {_printable(*folders)}" if len(folders) == 1 else "beside their inputs"
    return f"{place} as NAME{RESTORED}.EXT"


def _report_end(outcomes: Sequence[Outcome], jobs: Sequence[Job], where: str) -> None:
    """Say what was written, where, and what was not.

    Raises:
        DataError: If a file could not be restored.
    """
    from restorekit.errors import DataError, one_line

    for outcome in outcomes:
        for note in outcome.notes:
            sys.stderr.write(f"{_printable(outcome.source)}: {one_line(note)}\n")
    failed = [outcome.error for outcome in outcomes if outcome.error is not None]
    skipped = sum(1 for outcome in outcomes if outcome.skipped)
    written = [outcome for outcome in outcomes if outcome.error is None and not outcome.skipped]
    if len(jobs) == 1 and written:
        sys.stdout.writelines(f"{_printable(path)}\n" for path in jobs[0].outputs)
    elif len(jobs) == 1 and skipped:
        sys.stdout.write(f"{_printable(jobs[0].target)} was there already.\n")
    elif len(jobs) != 1:
        existing = f"; {skipped} were there already" if skipped else ""
        sys.stdout.write(f"{len(written)} of {len(jobs)} files restored {where}{existing}.\n")
    if len(jobs) == 1 and failed:
        raise DataError(failed[0])
    if failed:
        sys.stderr.writelines(f"  {one_line(error)}\n" for error in failed)
        raise DataError(f"{len(failed)} of {len(jobs)} files could not be restored; see above.")


def _printable(path: Path) -> str:
    from restorekit.errors import one_line

    return one_line(str(path))


def _quality(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 100:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 to 100")
    return int(text)


def _strength(text: str) -> float:
    try:
        strength = float(text)
    except ValueError:
        strength = -1.0
    if not 0 <= strength <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 to 1")
    return strength


def _shard(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d+)/(\d+)", text)
    if found is None or not 1 <= int(found[1]) <= int(found[2]):
        raise argparse.ArgumentTypeError(f"{text!r} is not I/N with I from 1 to N, such as 1/4")
    return int(found[1]), int(found[2])


def _tile(text: str) -> str | int:
    if text in ("auto", "off"):
        return text
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is neither auto, off nor a number of pixels")
    return int(text)
