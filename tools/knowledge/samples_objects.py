"""Models of Keras and skops as the libraries save them, one of each form.

    pip install keras jax h5py scikit-learn skops scipy && KERAS_BACKEND=jax python samples_objects.py FOLDER"""
import functools
import os
import pathlib
import sys
import tempfile
import zipfile

os.environ.setdefault("KERAS_BACKEND", "jax")
import keras  # noqa: E402
import numpy  # noqa: E402
import scipy.sparse  # noqa: E402
import skops.io  # noqa: E402
from keras import layers  # noqa: E402
from sklearn import compose, ensemble, linear_model, naive_bayes, neighbors, pipeline, preprocessing, svm, tree  # noqa: E402


def keras_models():
    keras.utils.set_random_seed(0)
    yield "sequential", keras.Sequential([keras.Input((4,)), layers.Dense(2, activation="relu"), layers.Dropout(0.5), layers.Dense(1)])
    inputs = keras.Input((3, 2), name="steps")
    hidden = layers.Bidirectional(layers.LSTM(2, return_sequences=True))(inputs)
    hidden = layers.TimeDistributed(layers.Dense(2, activation=keras.activations.gelu))(hidden)
    hidden = layers.RNN([layers.GRUCell(2), layers.LSTMCell(2)])(hidden)
    hidden = hidden * 2 + keras.ops.sigmoid(hidden)
    inner = keras.Sequential([keras.Input((2,)), layers.BatchNormalization(), layers.LeakyReLU()], name="inner")
    outputs = layers.Dense(1, kernel_regularizer=keras.regularizers.L2(0.1), kernel_constraint="non_neg",
                           kernel_initializer=keras.initializers.HeNormal(seed=1))(inner(hidden))
    model = keras.Model(inputs, outputs)
    model.compile(optimizer=keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)),
                  loss=keras.losses.Huber(), metrics=["mae", keras.metrics.RootMeanSquaredError()])
    yield "functional", model
    picture = keras.Sequential([
        keras.Input((8, 8, 1)), layers.Rescaling(1 / 255), layers.RandomFlip("horizontal"), layers.Conv2D(2, 3, activation="swish"),
        layers.MaxPooling2D(), layers.DepthwiseConv2D(2), layers.GlobalAveragePooling2D(), layers.Normalization(mean=[0.0, 1], variance=[1.0, 1]),
        layers.Dense(2, activation="softmax", dtype="mixed_float16"),
    ])
    picture.compile("sgd", keras.losses.CategoricalCrossentropy(label_smoothing=0.1), [keras.metrics.CategoricalAccuracy()])
    yield "picture", picture
    words = keras.Input((5,), dtype="int32")
    embedded = layers.Embedding(10, 4, mask_zero=True)(words)
    attended = layers.MultiHeadAttention(2, 2)(embedded, embedded)
    summed = layers.Concatenate()([layers.LayerNormalization()(layers.Add()([embedded, attended])), attended])
    yield "attention", keras.Model(words, layers.Dense(1)(layers.GlobalMaxPooling1D()(summed)))


def skops_models():
    generator = numpy.random.default_rng(0)
    data, labels = generator.normal(size=(12, 3)), numpy.arange(12) % 2
    yield "logistic", linear_model.LogisticRegression().fit(data, labels)
    yield "pipeline", pipeline.make_pipeline(
        compose.ColumnTransformer([("a", preprocessing.MinMaxScaler(), [0, 1]), ("b", "passthrough", slice(2, 3))]),
        preprocessing.FunctionTransformer(numpy.log1p, validate=False), svm.SVC(probability=False)).fit(data ** 2, labels)
    yield "forest", ensemble.RandomForestClassifier(2, max_depth=2, random_state=numpy.random.RandomState(1)).fit(data, labels)
    yield "boosting", ensemble.GradientBoostingRegressor(n_estimators=2, max_depth=1).fit(data, labels)
    yield "tree", tree.DecisionTreeRegressor(max_depth=2).fit(data, labels)
    yield "neighbours", neighbors.KNeighborsClassifier(2).fit(data, labels)
    yield "bayes", naive_bayes.GaussianNB().fit(data, labels)
    yield "linear", linear_model.SGDClassifier(random_state=0).fit(data, labels)
    yield "values", {"text": "a", "array": data[0], "sparse": scipy.sparse.csr_matrix(data[:2]), "bytes": b"ab", "set": {1, 2},
                     "tuple": (1, None, True), "objects": numpy.array(["a", 1], dtype=object), "generator": generator,
                     "type": numpy.float32, "slice": slice(1, 2), "partial": functools.partial(numpy.add, 1)}


def model_configuration(model):
    with tempfile.TemporaryDirectory() as place:
        model.save(f"{place}/model.keras")
        return zipfile.ZipFile(f"{place}/model.keras").read("config.json").decode()


def main(folder):
    for place in ("keras", "skops"):
        (folder / place).mkdir(parents=True, exist_ok=True)
    for name, model in keras_models():
        if name == "sequential":
            model.save(folder / "keras" / f"{name}.keras")
            model.save(folder / "keras" / f"{name}.h5")
        else:  # weights say nothing here
            (folder / "keras" / f"{name}.json").write_text(model_configuration(model))
    for name, model in skops_models():
        skops.io.dump(model, folder / "skops" / f"{name}.skops", compression=zipfile.ZIP_DEFLATED)


main(pathlib.Path(sys.argv[1]))
