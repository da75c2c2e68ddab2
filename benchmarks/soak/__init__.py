"""Feed malformed files and values to restorekit and see whether it answers in one sentence."""
