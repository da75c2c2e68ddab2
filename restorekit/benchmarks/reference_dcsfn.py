"""DCSFN written down plainly, step by step as the paper and the released code compute it.

Every pooled size comes from the full one, every coarser map is brought up to full size, and
everything is concatenated before a 1×1 convolution reads it. The parameters are those of
:class:`~restorekit.archs.dcsfn.DCSFN`, so that one state dict fits both.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from .reference_units import PlainUnit

_SCALES = (1, 2, 4, 8)


class ReferenceDCSFN(nn.Module):
    """The opponent of the benchmarks and the oracle of their tests.

    Args:
        channels: See :class:`~restorekit.archs.dcsfn.DCSFN`, as all others.
        num_units: Blocks in each encoder and decoder.
        num_scales: Scales in a block.
        num_convs: Convolutions at a scale.
        recurrent_unit: ``ConvRNN``, ``ConvGRU`` or ``ConvLSTM``.
        skip: ``before``, ``after`` or ``none``.
        dense_connection: Whether a unit reads all before it.
        inner_connection: Whether a block's scales feed each other.
        num_subnetworks: 1 or 3.
        chained_state_resize: Whether the first state reaches the third scale by the second.
    """

    def __init__(
        self,
        channels: int = 32,
        num_units: int = 16,
        num_scales: int = 3,
        num_convs: int = 4,
        recurrent_unit: str = "ConvGRU",
        skip: str = "before",
        dense_connection: bool = True,
        inner_connection: bool = True,
        num_subnetworks: int = 3,
        chained_state_resize: bool = False,
    ) -> None:
        super().__init__()

        def stacks(skip: str) -> nn.ModuleList:
            return nn.ModuleList(
                _Stack(
                    [
                        _Block(channels, num_scales, num_convs, inner_connection)
                        for _ in range(num_units)
                    ],
                    channels,
                    dense_connection,
                    skip,
                )
                for _ in range(num_subnetworks)
            )

        self.head = _conv(3, channels, 3)
        self.encoders = stacks("none")
        self.decoders = stacks(skip)
        self.fusion = (
            _Fusion(channels, recurrent_unit, chained_state_resize)
            if num_subnetworks == 3
            else None
        )
        merge = _conv(num_subnetworks * channels, 3, 1)
        self.tail = nn.Sequential(*merge, nn.Conv2d(3, 3, 3, padding=1))

    def forward(self, lq: torch.Tensor) -> torch.Tensor:
        """Derain images (N, 3, H, W) whose sides the pooling leaves something of."""
        head = self.head(lq)
        pooled = [_pool(head, scale) for scale in _SCALES[: len(self.encoders)]]
        encoded = [encoder(x, None) for encoder, x in zip(self.encoders, pooled, strict=True)]
        maps = [output for output, _ in encoded]
        if self.fusion is not None:
            maps = self.fusion(maps)
        decoded = [
            decoder(x, skipped)[0]
            for decoder, x, (_, skipped) in zip(self.decoders, maps, encoded, strict=True)
        ]
        rain: torch.Tensor = self.tail(torch.cat([_resize(x, lq) for x in decoded], dim=1))
        return lq - rain


class _Block(nn.Module):
    """Equations 4 to 6 of the paper."""

    def __init__(self, channels: int, num_scales: int, num_convs: int, connection: bool) -> None:
        super().__init__()
        self.scales = nn.ModuleList(
            nn.Sequential(*(_conv(channels, channels, 3) for _ in range(num_convs)))
            for _ in range(num_scales)
        )
        self.connections = nn.ModuleList(
            _conv(2 * channels, channels, 1) for _ in range(num_scales - 1 if connection else 0)
        )
        self.fusion = _conv(num_scales * channels, channels, 1) if num_scales > 1 else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pooled = [_pool(x, scale) for scale in _SCALES[: len(self.scales)]]
        results: list[torch.Tensor] = []
        for level in reversed(range(len(pooled))):
            feature = pooled[level]
            if results and self.connections:
                both = torch.cat([feature, _resize(results[0], feature)], dim=1)
                feature = self.connections[level](both)
            results.insert(0, self.scales[level](feature))
        if self.fusion is None:
            return results[0] + x
        fused: torch.Tensor = self.fusion(torch.cat([_resize(r, x) for r in results], dim=1))
        return fused + x


class _Stack(nn.Module):
    """An encoder, or a decoder with the encoder's features."""

    def __init__(self, units: Sequence[nn.Module], channels: int, dense: bool, skip: str) -> None:
        super().__init__()
        self.skip = skip
        self.units = nn.ModuleList(units)
        self.fusions = nn.ModuleList(
            _conv((i + 2) * channels, channels, 1) for i in range(len(units)) if dense
        )

    def forward(
        self, x: torch.Tensor, skipped: Sequence[torch.Tensor] | None
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        outputs: list[torch.Tensor] = []
        running = x
        for index, unit in enumerate(self.units):
            if self.skip == "before" and skipped is not None:
                running = running + skipped[index]
            running = unit(running)
            if self.skip == "after" and skipped is not None:
                running = running + skipped[index]
            outputs.append(running)
            if self.fusions:
                running = self.fusions[index](torch.cat([x, *outputs], dim=1))
        return running, outputs


class _Unit(PlainUnit):
    """A recurrent unit; at the first step of a pass without what would read a state."""

    def __init__(self, kind: str, channels: int, first: bool) -> None:
        super().__init__(kind, channels, channels, dilation=1, se_channels=0)
        if first:
            gates = {"ConvRNN": 1, "ConvGRU": 2, "ConvLSTM": 3}[kind]
            self.conv_x = nn.Conv2d(channels, gates * channels, 3)
            for name in {"conv_h", "conv_n"} & {name for name, _ in self.named_children()}:
                delattr(self, name)


class _Pass(nn.Module):
    """Three recurrent units, one a scale."""

    def __init__(self, channels: int, kind: str, chained: bool) -> None:
        super().__init__()
        self.chained = chained
        self.units = nn.ModuleList(_Unit(kind, channels, first=step == 0) for step in range(3))
        self.fusions = nn.ModuleList(
            _conv(2 * channels, channels, 1) for _ in range(2 if kind == "ConvLSTM" else 1)
        )

    def forward(self, maps: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        first, first_state = self.units[0](maps[0], None)
        resized = tuple(_resize(state, maps[1]) for state in first_state)
        second, second_state = self.units[1](maps[1], resized)
        pairs = zip(resized if self.chained else first_state, second_state, strict=True)
        fused = tuple(
            fusion(torch.cat([_resize(state, maps[2]) for state in pair], dim=1))
            for fusion, pair in zip(self.fusions, pairs, strict=True)
        )
        third, _ = self.units[2](maps[2], fused)
        return [first, second, third]


class _Fusion(nn.Module):
    """Coarse to fine, then fine to coarse."""

    def __init__(self, channels: int, kind: str, chained: bool) -> None:
        super().__init__()
        self.coarse_to_fine = _Pass(channels, kind, chained)
        self.fine_to_coarse = _Pass(channels, kind, chained)

    def forward(self, maps: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        upward: list[torch.Tensor] = self.coarse_to_fine(maps[::-1])
        downward: list[torch.Tensor] = self.fine_to_coarse(upward[::-1])
        return downward


def _conv(in_channels: int, out_channels: int, side: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, side, padding=side // 2), nn.LeakyReLU(0.2)
    )


def _pool(x: torch.Tensor, side: int) -> torch.Tensor:
    return x if side == 1 else F.max_pool2d(x, side)


def _resize(x: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    return F.interpolate(x, size=like.shape[-2:], mode="nearest")
