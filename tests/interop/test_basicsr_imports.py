"""What the bridge does to ``sys.modules``, with basicsr and torchvision in every state."""

import importlib.util

import pytest

installed = pytest.mark.skipif(
    importlib.util.find_spec("basicsr") is None, reason="basicsr is not installed"
)

BUILD = """
import sys
from restorekit.registry import MODELS
from restorekit.errors import RestoreKitError
def build(**cfg):
    return MODELS.build(dict(type='BasicSRArch', name='MSRResNet', num_feat=8, num_block=1, **cfg))
"""


@pytest.fixture
def torchvision(tmp_path):
    """Return a function that makes a package torchvision from the code of its modules."""

    def make(init="", **modules):
        package = tmp_path / "torchvision"
        files = {"__init__": init, "utils": "def make_grid(): ...", "models/__init__": "vgg = None"}
        files |= {"transforms/__init__": "", "transforms/functional": ""}
        for name, code in {**files, **modules}.items():
            file = package / f"{name}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(code)
        return tmp_path

    return make


def test_without_basicsr_only_its_networks_fail(run_python):
    printed = run_python(
        f"""{BUILD}
class Hide:
    def find_spec(self, name, path=None, target=None):
        if name.split('.')[0] == 'basicsr':
            raise ModuleNotFoundError(f'No module named {{name!r}}', name=name)
def fail():
    assert MODELS.get('BasicSRArch') and MODELS.get('DCSFN')
    try:
        build()
    except RestoreKitError as error:
        print(type(error).__name__, error)
sys.modules['basicsr'] = None
fail()
del sys.modules['basicsr']
sys.meta_path.insert(0, Hide())
fail()
"""
    )
    for line in printed.splitlines():
        assert line.startswith("MissingDependencyError BasicSR's networks need the package basicsr")
        assert "pip install --no-deps --no-build-isolation basicsr==1.4.2" in line
    assert len(printed.splitlines()) == 2


@installed
def test_stand_in_for_an_absent_torchvision_leaves_no_trace(run_python):
    printed = run_python(
        f"""{BUILD}
import importlib.abc
class Hide(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split('.')[0] == 'torchvision':
            raise ModuleNotFoundError(f'No module named {{name!r}}', name=name)
sys.meta_path.insert(0, Hide())
import torch, cv2, scipy, restorekit.interop
before = dict(sys.modules)
print('basicsr' in before)
build()
for submodule in ('metrics', 'losses', 'utils.lmdb_util', 'data', 'models'):
    from restorekit.interop import import_basicsr
    import_basicsr(submodule)
print([n for n in sys.modules if n.startswith('torchvision')])
print([n for n, m in before.items() if sys.modules.get(n) is not m])
print(any(getattr(m, '__file__', '') is None and type(m).__name__ == '_StandIn'
          for m in sys.modules.values()))
"""
    )
    assert printed.splitlines() == ["False", "[]", "[]", "False"]


@installed
def test_broken_torchvision_is_cleared_away(run_python, torchvision):
    broken = torchvision(
        init="from . import utils\nraise RuntimeError('operator torchvision::nms does not exist')"
    )
    printed = run_python(
        f"{BUILD}\nbuild()\nprint([n for n in sys.modules if n.startswith('torchvision')])", broken
    )
    assert printed == "[]"


@installed
def test_real_torchvision_is_used_and_what_it_lacks_is_lent(run_python, torchvision):
    current = torchvision(
        init="from . import utils, models, transforms",
        **{"transforms/functional": "def rgb_to_grayscale(): ...\ndef normalize(): ..."},
    )
    printed = run_python(
        f"""{BUILD}
from restorekit.interop import import_basicsr
build()
import torchvision
print(import_basicsr('utils.img_util').make_grid is torchvision.utils.make_grid)
lent = import_basicsr('data.degradations').rgb_to_grayscale
print(lent is torchvision.transforms.functional.rgb_to_grayscale)
print('torchvision.transforms.functional_tensor' in sys.modules)
""",
        current,
    )
    assert printed.splitlines() == ["True", "True", "False"]


@installed
def test_failed_import_can_be_tried_again(run_python):
    printed = run_python(
        """
import sys
from restorekit.errors import MissingDependencyError
from restorekit.interop import import_basicsr
sys.modules['lmdb'] = None
try:
    import_basicsr('utils.lmdb_util')
except MissingDependencyError as error:
    print(error)
print([n for n in sys.modules if n.startswith('basicsr')])
del sys.modules['lmdb']
print(import_basicsr('utils.lmdb_util').__name__)
"""
    )
    message, left, imported = printed.splitlines()
    assert "needs 'lmdb', which is not installed; `pip install 'lmdb'`" in message
    assert (left, imported) == ("[]", "basicsr.utils.lmdb_util")
