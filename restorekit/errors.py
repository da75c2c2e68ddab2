"""Errors that a user can mend.

Every message is one sentence that names what is wrong, the value, the file or config
key it came from, and the remedy. The command line prints it without a traceback and
exits with status 2.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

#: Exit status of a command that ended with one of these errors.
USER_ERROR_STATUS = 2


class RestoreKitError(Exception):
    """Base of all errors that are a user's to mend; ``str(error)`` is what is shown.

    Example:
        >>> import restorekit
        >>> try:
        ...     restorekit.open_pairs("no/such/folder")
        ... except RestoreKitError as error:
        ...     print(type(error).__name__)
        DataError
    """


class ConfigError(RestoreKitError, ValueError):
    """A config file, a command-line option or an argument has a value that cannot be used.

    Example:
        >>> from restorekit.losses import SSIMLoss
        >>> SSIMLoss(window_size=8)
        Traceback (most recent call last):
        restorekit.errors.ConfigError: SSIMLoss: window_size is 8, but must be an odd number; ...
    """


class DataError(RestoreKitError, ValueError):
    """An image, a pair, a folder or an LMDB cannot be used as it is.

    Example:
        >>> import restorekit
        >>> restorekit.measure(clean, clean[:40])
        Traceback (most recent call last):
        restorekit.errors.DataError: ...
    """


class CheckpointError(RestoreKitError, ValueError):
    """A checkpoint cannot be read, is not safe to read, or does not fit.

    Example:
        >>> import restorekit
        >>> restorekit.load_network("missing.pth")
        Traceback (most recent call last):
        restorekit.errors.CheckpointError: ...
    """


class OutputError(RestoreKitError, OSError):
    """A file or folder cannot be written: no permission, no space, something in the way.

    Example:
        >>> from restorekit.io.files import require_writable
        >>> require_writable("data")
        Traceback (most recent call last):
        restorekit.errors.OutputError: data is a folder: name a file in it, as data/x.
    """

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class MissingDependencyError(RestoreKitError, ImportError):
    """An optional package is needed and not installed.

    Example:
        >>> try:
        ...     raise MissingDependencyError("LPIPS needs torchvision: pip install torchvision.")
        ... except ImportError as error:
        ...     print(error)
        LPIPS needs torchvision: pip install torchvision.
    """


class UnknownNameError(RestoreKitError, KeyError):
    """A name that is not registered.

    Example:
        >>> from restorekit.metrics import get_protocol
        >>> get_protocol("rgb_u9")
        Traceback (most recent call last):
        restorekit.errors.UnknownNameError: 'rgb_u9' is not a protocol. Did you mean 'rgb_u8'? ...
    """

    def __str__(self) -> str:
        # KeyError would show the repr of the message, quotes and all.
        return str(self.args[0]) if self.args else ""


#: Control characters (terminal escapes among them) and marks that reorder text.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def one_line(text: str) -> str:
    r"""Join the lines of ``text`` with spaces, and write out characters that steer a terminal.

    Example:
        >>> one_line("two\nlines \x1b[31m")
        'two lines \\x1b[31m'
    """
    joined = " ".join(line.strip() for line in text.splitlines() if line.strip())
    return _UNPRINTABLE.sub(lambda found: ascii(found.group())[1:-1], joined)


def first_line(error: BaseException) -> str:
    r"""Return the first line of an error's message, or its type where it has no message.

    Example:
        >>> first_line(RuntimeError("no such device\nStack: ...")), first_line(AssertionError())
        ('no such device', 'AssertionError')
    """
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """Return `` Did you mean 'x' or 'y'?`` for the nearest candidates, or an empty string.

    Example:
        >>> did_you_mean("prsn", ["psnr", "ssim"])
        " Did you mean 'psnr'?"
    """
    known = sorted(set(candidates))
    lowered = {k.lower(): k for k in known}
    close = difflib.get_close_matches(name.lower(), lowered, n=3, cutoff=0.6)
    if not close:
        return ""
    return " Did you mean " + " or ".join(repr(lowered[c]) for c in close) + "?"
