"""Adds the layers of Caffe to the list of operators.

    pip download --no-deps --no-binary :all: brocolli-caffe && tar xzf brocolli-caffe-*.tar.gz && python enumerate_caffe.py brocolli-caffe-*/

Names are those that the sources register; the release holds Caffe and the forks that detect objects. Layers of other forks that many
published models use are listed by hand."""
import pathlib
import re
import sys

from operator_lists import merge

FORKS = """Axpy BN Clip ConvolutionDepthwise Correlation Correlation1D DataAugmentation DepthwiseConvolution Downsample FlowWarp Interp
    L1Loss PSROIPooling PixelShuffle ROIAlign ROIPooling ROIWarping Region Reorg Resample Reverse ShuffleChannel SoftmaxLoss Swish
    Upsample""".split()
found = {("caffe", name): "layer of a published fork of Caffe" for name in FORKS}
for path in pathlib.Path(sys.argv[1], "src").rglob("*.c*"):
    for name in re.findall(r"^REGISTER_LAYER_C(?:LASS|REATOR)\((\w+)", path.read_text(errors="replace"), re.M):
        found["caffe", name] = "layer of Caffe"
merge(found)
