"""Verify, prepare and synthesise datasets."""
