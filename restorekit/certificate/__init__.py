"""What a training records of itself, so that it can be checked and trained again."""

from .record import Certificate, find_certificate, read_certificate, write_certificate

__all__ = ["Certificate", "find_certificate", "read_certificate", "write_certificate"]
