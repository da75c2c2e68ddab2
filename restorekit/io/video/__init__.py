"""Read and write videos with PyAV (extra ``video``).

Frames are RGB arrays (H, W, 3): uint8, or uint16 where the video has more than 8 bits.
"""

from .codecs import CODECS, VIDEO_SUFFIXES, Encoding, choose_encoding, is_video
from .source import CodedPacket, VideoFrame, VideoSource
from .target import VideoTarget, is_part, partial_path, refuse_same_file, rest_path

__all__ = [
    "CODECS",
    "VIDEO_SUFFIXES",
    "CodedPacket",
    "Encoding",
    "VideoFrame",
    "VideoSource",
    "VideoTarget",
    "choose_encoding",
    "is_part",
    "is_video",
    "partial_path",
    "refuse_same_file",
    "rest_path",
]
