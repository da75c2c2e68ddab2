"""Feed malformed files to restorekit, and check that it reads or refuses each in one sentence."""
