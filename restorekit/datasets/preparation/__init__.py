"""Checking, converting and synthesising datasets."""
