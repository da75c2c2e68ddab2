"""Find photographs that a training and a test set share, by what the images show."""

from .quick import QuickLook, quick_look
from .search import THRESHOLD, Leak, find_leaks

__all__ = ["THRESHOLD", "Leak", "QuickLook", "find_leaks", "quick_look"]
