"""Files, images, threads and the terminal: what every other room may use."""
