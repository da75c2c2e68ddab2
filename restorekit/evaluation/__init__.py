"""Results files, and measuring folders of images."""
