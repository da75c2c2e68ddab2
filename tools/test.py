#!/usr/bin/env python3
"""The same as ``restorekit test``, under the name that OpenMMLab users look for."""

from _command import run

if __name__ == "__main__":
    run("test")
