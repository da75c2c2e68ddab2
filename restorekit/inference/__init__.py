"""Restoring photographs with a trained network, without a config or a test set."""

from .images import restore_image, restore_images

__all__ = ["restore_image", "restore_images"]
