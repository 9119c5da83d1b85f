"""Real objects of nltk, networkx, optuna, pyarrow, gensim, Pillow and Python itself, as people save them.

    samples_others.py OUT    writes each as a pickle of the protocols 2 and 4 below OUT/LIBRARY"""
import inspect
import operator
import pathlib
import pickle
import statistics
import sys

import networkx
import nltk
import numpy
import optuna
import pandas
import pyarrow
from gensim.corpora import Dictionary
from gensim.models import TfidfModel
from nltk.tag import BigramTagger, DefaultTagger, RegexpTagger, UnigramTagger
from nltk.tokenize.punkt import PunktSentenceTokenizer, PunktTrainer
from PIL import Image

TAGGED = [[("a", "DT"), ("dog", "NN")]] * 3
WORDS = [["human", "interface", "computer"], ["graph", "trees", "computer"]]


def objects():
    trained = PunktTrainer("Hello world. This is a test of Dr. Smith. He said no. It is fine.")
    yield "nltk", "punkt", PunktSentenceTokenizer(trained.get_params())
    yield "nltk", "unigram", UnigramTagger(TAGGED, backoff=DefaultTagger("NN"))
    yield "nltk", "bigram", BigramTagger(TAGGED)
    yield "nltk", "regexp", RegexpTagger([(r".*s$", "NNS")])
    yield "nltk", "bayes", nltk.NaiveBayesClassifier.train([({"a": 1}, "x"), ({"a": 2}, "y")] * 3)
    yield "nltk", "counts", [nltk.FreqDist("abca"), nltk.ConditionalFreqDist([("a", "b")])]
    yield "nltk", "tree", nltk.Tree.fromstring("(S (NP a) (VP b))")
    yield "nltk", "stemmer", nltk.stem.SnowballStemmer("english")
    yield "networkx", "graphs", [networkx.path_graph(3), networkx.DiGraph([(1, 2)]), networkx.MultiGraph([(1, 2)])]
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    study.optimize(lambda trial: trial.suggest_float("x", 0, 2) + trial.suggest_int("n", 1, 3), n_trials=3)
    yield "optuna", "trial", study.best_trial
    yield "optuna", "study", study
    table = pyarrow.table({"a": [1, 2], "b": ["x", None]})
    yield "pyarrow", "table", [table, table.schema, table["a"], pyarrow.list_(pyarrow.int8()), pyarrow.timestamp("s", "UTC")]
    yield "pandas", "strings_of_arrow", pandas.DataFrame({"a": [1, 2], "b": pandas.array(["x", None], dtype="string[pyarrow]")})
    words = Dictionary(WORDS)
    yield "gensim", "tfidf_of_parts", TfidfModel([words.doc2bow(text) for text in WORDS], smartirs="ntc")
    yield "pillow", "picture", Image.new("RGB", (4, 4))
    yield "numpy", "limits", [numpy.finfo(numpy.float32), numpy.iinfo(numpy.int32)]
    yield "python", "getters", [operator.itemgetter(1), operator.itemgetter("a", "b"), operator.add]
    yield "python", "signature", inspect.signature(objects)
    yield "python", "normal", statistics.NormalDist(0, 1)


def main(out):
    for library, name, value in objects():
        for protocol in (2, 4):
            path = pathlib.Path(out) / library / f"{name}.p{protocol}.pkl"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(pickle.dumps(value, protocol))


if __name__ == "__main__":
    main(sys.argv[1])
