"""Adds what TFLite computes with to the list of operators.

    pip install tensorflow-cpu && python enumerate_tflite.py

Numbers of operators have names in the published description. Operators by name are those that TensorFlow's and MediaPipe's own
libraries register: they have public sources, which compute and do nothing else."""
from tensorflow.lite.python import schema_py_generated as schema

from operator_lists import merge

# Marks, not operators.
MARKS = {"CUSTOM", "DELEGATE", "PLACEHOLDER_FOR_GREATER_OP_CODES"}
TENSORFLOW = """
    AudioMicrofrontend AudioSpectrogram Mfcc TFLite_Detection_PostProcess NumericVerify Multinomial RandomStandardNormal RandomUniform
    Irfft2d AvgPool3D MaxPool3D Roll DenseImageWarp MaxPoolingWithArgmax2D MaxUnpooling2D Convolution2DTransposeBias
    TFText>WhitespaceTokenizeWithOffsetsV2 TFText>FastWordpieceTokenizeWithOffsets TFText>FastSentencepieceTokenize
    TFText>FastSentencepieceDetokenize TFText>FastBertNormalize TFText>NgramsStringJoin TFSentencepieceTokenizeOp
    tftext:Ngrams tftext:RaggedTensorToTensor tftext:WhitespaceTokenizer tftext:custom:SgnnProjection
""".split()
MEDIAPIPE = """
    TransformTensorBilinear TransformLandmarks Landmarks2TransformMatrix Landmarks2TransformMatrixV2 UniversalSentenceEncoder KmeansEmbeddingLookup
""".split()

found = {("tflite", name): "operator of TFLite" for name, number in vars(schema.BuiltinOperator).items() if isinstance(number, int) and name not in MARKS}
found |= {("tflite.custom", name): "registered by TensorFlow's libraries" for name in TENSORFLOW}
found |= {("tflite.custom", name): "registered by MediaPipe's libraries" for name in MEDIAPIPE}
merge(found)
