"""LMDBs: restorekit's own format, and BasicSR's for reading."""
