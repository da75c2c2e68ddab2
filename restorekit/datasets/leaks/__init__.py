"""Backgrounds that a training and a test set share, found by what the images show."""

from .search import THRESHOLD, Leak, find_leaks

__all__ = ["THRESHOLD", "Leak", "find_leaks"]
