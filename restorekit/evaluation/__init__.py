"""Results files, and the measuring of folders of images."""
