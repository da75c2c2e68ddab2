"""Readers: the two images of a pair by index, wherever they are stored."""
