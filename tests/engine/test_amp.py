"""The warning where bfloat16 is slower than float32."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from restorekit.engine.amp import BFloat16OptimWrapper, cpu_computes_bfloat16

CODE = "from restorekit.engine.amp import cpu_computes_bfloat16 as f; print(f())"


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the names are those of x86")
@pytest.mark.parametrize("limit", ["", "AVX2", "AVX512_CORE", "AVX512_CORE_BF16"])
def test_instructions_are_those_of_the_processor_and_within_onednn_s_limit(limit):
    environment = {**os.environ, "ONEDNN_MAX_CPU_ISA": limit}
    shown = subprocess.run(
        [sys.executable, "-c", CODE], env=environment, capture_output=True, text=True, check=True
    )
    flags = Path("/proc/cpuinfo").read_text()
    possible = "avx512_bf16" in flags or "amx_bf16" in flags
    assert shown.stdout.strip() == str(possible and limit in {"", "AVX512_CORE_BF16"})


@pytest.mark.parametrize("fast", [True, False])
def test_it_warns_only_where_bfloat16_is_slow(monkeypatch, fast):
    monkeypatch.setattr("restorekit.engine.amp.cpu_computes_bfloat16", lambda: fast)
    monkeypatch.setattr("restorekit.engine.amp.get_device", lambda: "cpu")
    warned = []
    monkeypatch.setattr("restorekit.engine.amp.print_log", lambda text, **_: warned.append(text))
    parameter = torch.nn.Parameter(torch.zeros(1))
    BFloat16OptimWrapper(torch.optim.SGD([parameter], lr=0.1))
    assert len(warned) == (not fast)
    assert isinstance(cpu_computes_bfloat16(), bool)
