"""``python -m restorekit.cli``, which is how the launcher starts each process."""

from .main import program

if __name__ == "__main__":
    program()
