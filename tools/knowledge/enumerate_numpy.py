"""Lists the names that saved numpy, scipy and pandas objects use: every dtype, array kind, generator, sparse form, frame and index."""
import warnings

import observe

observe.install()
warnings.filterwarnings("ignore")

import numpy as np  # noqa: E402
import pandas  # noqa: E402
import scipy  # noqa: E402
import scipy.special  # noqa: E402

import harvest  # noqa: E402
import samples_numpy  # noqa: E402

count = sum(bool(observe.roundtrip(obj)) for _, obj in samples_numpy.everything())
print(f"{count} objects")

numpy_names, scipy_names, pandas_names = {}, {}, {}
for name in sorted(dir(np)):
    value = getattr(np, name)
    if isinstance(value, np.ufunc) and value.__name__ == name:
        for home in ("numpy", "numpy._core._multiarray_umath", "numpy.core._multiarray_umath"):
            numpy_names[(home, name)] = ({"import"}, "any", "T0", "ufunc stored by reference")
    elif isinstance(value, type) and issubclass(value, np.generic):
        numpy_names[("numpy", value.__name__)] = ({"import", "call"}, "sized", "T0", "scalar type")
for name in ("mean", "median", "sum", "prod", "std", "var", "amax", "amin", "max", "min", "argmax", "argmin", "nanmean", "nanmedian", "nanstd", "ravel",
             "squeeze", "clip", "round", "where", "asarray", "array", "zeros_like", "ones_like", "nan_to_num", "percentile", "quantile", "concatenate"):
    numpy_names[("numpy", name)] = ({"import"}, "any", "T0", "pure function on arrays, stored by reference")
for kind in ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"):
    numpy_names[(f"numpy.random._{kind.lower().replace('dxsm', '')}", kind)] = ({"import"}, "any", "T0", "bit generator class")
for name in ("__bit_generator_ctor", "__randomstate_ctor", "__generator_ctor"):
    arguments = "same-package"
    numpy_names[("numpy.random._pickle", name)] = ({"import", "call", "build"}, arguments, "T0", "rebuilds a random generator by the name of its algorithm")
numpy_names[("numpy.random", "__RandomState_ctor")] = ({"call", "build"}, "same-package", "T0", "rebuilds a random generator (numpy before 1.18)")
for core in ("numpy.core", "numpy._core"):
    numpy_names[(f"{core}.multiarray", "_reconstruct")] = ({"import", "call", "build"}, "same-package", "T0", "empty array that state fills")
    numpy_names[(f"{core}.multiarray", "scalar")] = ({"call"}, "any", "T0", "scalar of a dtype from its bytes")
    numpy_names[(f"{core}.numeric", "_frombuffer")] = ({"call"}, "any", "T0", "array over a buffer of the stream")
    numpy_names[(f"{core}._internal", "_convert_to_stringdtype_kwargs")] = ({"call"}, "any", "T0", "string dtype from plain arguments")
numpy_names[("numpy", "dtype")] = ({"import", "call", "build"}, "any", "T0", "element type from its code")
numpy_names[("numpy", "ndarray")] = ({"import", "new", "build"}, "any", "T0", "array type")
numpy_names[("numpy", "matrix")] = ({"import", "new", "build"}, "any", "T0", "array type")
for module in ("numpy.matrixlib.defmatrix", "numpy.core.defmatrix"):
    numpy_names[(module, "matrix")] = ({"import", "new", "build"}, "any", "T0", "array type")
for name in ("recarray", "record"):
    for module in ("numpy", "numpy.core.records", "numpy._core.records", "numpy.rec"):
        numpy_names[(module, name)] = ({"import", "new", "build"}, "any", "T0", "array type with named fields")
for name in ("MaskedArray", "MaskedConstant"):
    numpy_names[("numpy.ma.core", name)] = ({"import", "new", "build"}, "any", "T0", "array with a mask")
for name in sorted(dir(scipy.special)):
    if isinstance(getattr(scipy.special, name), np.ufunc):
        for home in ("scipy.special", "scipy.special._ufuncs"):
            scipy_names[(home, name)] = ({"import"}, "any", "T1", "ufunc stored by reference")
for kind in ("csr", "csc", "coo", "bsr", "dia", "dok", "lil"):
    for name in (f"{kind}_matrix", f"{kind}_array"):
        for home in (f"scipy.sparse.{kind}", f"scipy.sparse._{kind}"):
            roles = {"import", "new", "build", "fill", "call"} if kind == "dok" else {"import", "new", "build"}
            scipy_names[(home, name)] = (roles, "any", "T1", "sparse matrix: arrays only")
for key in (("pandas.core.indexes.base", "_new_Index"), ("pandas.core.indexes.datetimes", "_new_DatetimeIndex")):
    pandas_names[key] = ({"call"}, "same-package", "T1", "rebuilds an index from arrays")
for key in list(numpy_names):
    if not __import__("emit").allowed_name(*key):
        del numpy_names[key]
versions = [f"numpy-{np.__version__}", f"scipy-{scipy.__version__}", f"pandas-{pandas.__version__}"]
harvest.finish(versions, {"numpy": numpy_names, "scipy": scipy_names, "pandas": pandas_names}, harvest.plain)
