//! Ordinary code: no dynamic constructs, no flows, no writes.

use super::*;

const ORDINARY: &[&str] = &[
    "import torch\nfrom torch import nn\nclass M(nn.Module):\n    def __init__(self, config):\n        super().__init__()\n        self.act = ACT2FN[config.hidden_act]\n        self.l = nn.Linear(1, 2)\n    def forward(self, x):\n        return self.act(self.l(x))\n",
    "class C:\n    def f(self, name):\n        return getattr(self, name)(1)\n",
    "def f(config):\n    return getattr(config, 'hidden_size', None)\n",
    "import importlib.util\nif importlib.util.find_spec('flash_attn') is not None:\n    from flash_attn import x\n",
    "import importlib\ndef __getattr__(name):\n    return importlib.import_module('.' + name, __name__)\n",
    "import sys\nfrom ...utils import _LazyModule\n_import_structure = {'a': ['B']}\nsys.modules[__name__] = _LazyModule(__name__, globals()['__file__'], _import_structure, module_spec=__spec__)\n",
    "import torch\ndtype = getattr(torch, 'float16')\n",
    "import torch\ndef f(name):\n    return getattr(torch, name)\n",
    "import torch\ndef f(name, p):\n    return getattr(torch.optim, name)(p)\n",
    "import json, os\nwith open(os.path.join(os.path.dirname(__file__), 'vocab.json')) as f:\n    v = json.load(f)\n",
    "import os\nDEBUG = os.environ.get('DEBUG', '0') == '1'\nCUDA = os.getenv('CUDA_HOME')\n",
    "import subprocess, os\nnvcc = os.path.join(os.environ['CUDA_HOME'], 'bin', 'nvcc')\ndef f():\n    return subprocess.check_output([nvcc, '-V'], env=os.environ)\n",
    "import re\nP = re.compile(r'a+')\nP.sub('b', 'c')\n",
    "model.eval()\nmodel.compile()\n",
    "REGISTRY = {}\ndef register(name):\n    def inner(cls):\n        REGISTRY[name] = cls\n        return cls\n    return inner\n@register('x')\nclass X: pass\nREGISTRY['x']()\n",
    "from setuptools import setup, find_packages\nsetup(name='x', version='1', packages=find_packages('src'), long_description=open('README.md').read())\n",
    "import torch\nx = torch.load('w.bin', map_location='cpu', weights_only=True)\n",
    "import logging\nlogger = logging.getLogger(__name__)\nlogger.info('x')\n",
    "class A:\n    def __init__(self, **kwargs):\n        for k, v in kwargs.items():\n            setattr(self, k, v)\n",
    "def f(cls):\n    return cls.__class__.__name__ + type(cls).__name__\n",
    "class Base:\n    def f(cls):\n        return [c for c in cls.__subclasses__()]\n",
    "x = {'a': 1}\ny = x.__class__\nz = [].__len__()\n",
    "import base64\nICON = base64.b64decode('iVBORw0KGgo=')\n",
];

#[test]
fn ordinary_code_is_silent() {
    for code in ORDINARY {
        let seen = seen(code);
        assert!(seen.facts.dynamic.is_empty(), "{code}: {:?}", seen.facts.dynamic);
        assert!(seen.facts.flows.is_empty(), "{code}: {:?}", seen.facts.flows);
        assert!(seen.facts.writes.is_empty(), "{code}: {:?}", seen.facts.writes);
        assert!(seen.gaps.is_empty() && seen.faults.is_empty(), "{code}: {:?} {:?}", seen.gaps, seen.faults);
        assert!(seen.children.is_empty(), "{code}");
    }
}
