"""Recognising how a dataset is laid out on disk."""
