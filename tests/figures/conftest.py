from figure_samples import images  # noqa: F401  for every test of the room
