"""The warning where bfloat16 is slower than float32."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from restorekit.engine.amp import BFloat16OptimWrapper, cpu_computes_bfloat16

LIMITS = ("", "AVX2", "AVX512_CORE", "AVX512_CORE_BF16")
#: Prints the answer under each limit. oneDNN reads its limit once a process, when it is first used.
CODE = f"""
import os
from restorekit.engine.amp import cpu_computes_bfloat16
for limit in {LIMITS}:
    if os.fork() == 0:
        os.environ["ONEDNN_MAX_CPU_ISA"] = limit
        print(cpu_computes_bfloat16(), flush=True)
        os._exit(0)
    os.wait()
"""


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the names are those of x86")
def test_instructions_are_those_of_the_processor_and_within_onednn_s_limit():
    shown = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    flags = Path("/proc/cpuinfo").read_text()
    possible = "avx512_bf16" in flags or "amx_bf16" in flags
    expected = [str(possible and limit in {"", "AVX512_CORE_BF16"}) for limit in LIMITS]
    assert shown.stdout.split() == expected


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
