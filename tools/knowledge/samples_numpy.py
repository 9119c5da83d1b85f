"""Real numpy, scipy, pandas and standard-library objects of every kind that people save."""
import argparse
import array
import collections
import datetime
import decimal
import fractions
import ipaddress
import pathlib
import random
import types
import uuid

import numpy as np


def arrays():
    for code in "?bBhHiIlLqQefdgFDGSUVmMO":
        spec = {"m": "m8[ns]", "M": "M8[s]", "S": "S4", "U": "U4", "V": "V4"}.get(code, code)
        yield f"zeros_{ord(code)}", np.zeros((2, 3), spec)
        yield f"scalar_{ord(code)}", np.zeros(1, spec)[0]
        yield f"dtype_{ord(code)}", np.dtype(spec)
    yield "structured", np.zeros(3, [("a", "f4"), ("b", "i8", (2,)), ("c", "S3")])
    yield "record", np.rec.array([(1, 2.0), (3, 4.0)], dtype=[("a", "i4"), ("b", "f4")])
    yield "masked", np.ma.masked_array([1.0, 2.0], mask=[True, False])
    yield "matrix", np.matrix([[1, 2], [3, 4]])
    yield "fortran", np.asfortranarray(np.zeros((3, 2)))
    yield "big_endian", np.zeros(3, ">f8")
    yield "object", np.array([{"a": 1}, None, "x"], dtype=object)
    yield "types", [np.float32, np.int64, np.ndarray, np.dtype("f4"), np.log1p, np.mean]
    yield "random_state", np.random.RandomState(0)
    if hasattr(np.random, "Generator"):
        for kind in ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"):
            if hasattr(np.random, kind):
                yield f"generator_{kind}", np.random.Generator(getattr(np.random, kind)(0))
        yield "seed_sequence", np.random.SeedSequence(1)
    try:
        yield "string_dtype", np.array(["a", "b"], dtype=np.dtypes.StringDType())
    except AttributeError:
        pass
    yield "poly", np.poly1d([1, 2])
    yield "polynomial", np.polynomial.Polynomial([1, 2])


def sparse():
    import scipy.sparse as sp

    for kind in ("csr", "csc", "coo", "bsr", "dia", "dok", "lil"):
        yield f"{kind}_matrix", getattr(sp, f"{kind}_matrix")(np.eye(3))
        if hasattr(sp, f"{kind}_array"):
            yield f"{kind}_array", getattr(sp, f"{kind}_array")(np.eye(3))
    from scipy import interpolate, spatial, stats

    points = np.arange(6.0)
    for name, obj in (
        ("interp1d", lambda: interpolate.interp1d(points, points)), ("spline", lambda: interpolate.UnivariateSpline(points, points)),
        ("cubic", lambda: interpolate.CubicSpline(points, points)), ("kdtree", lambda: spatial.cKDTree(np.eye(3))), ("kdtree_py", lambda: spatial.KDTree(np.eye(3))),
        ("norm", lambda: stats.norm(0, 1)), ("uniform", lambda: stats.uniform(0, 1)), ("randint", lambda: stats.randint(0, 5)), ("loguniform", lambda: stats.loguniform(1, 5)),
        ("expon", lambda: stats.expon()), ("kde", lambda: stats.gaussian_kde(points)), ("rotation", lambda: spatial.transform.Rotation.from_euler("x", 1.0)),
        ("pchip", lambda: interpolate.PchipInterpolator(points, points)), ("grid", lambda: interpolate.RegularGridInterpolator((points,), points)),
        ("hull", lambda: spatial.ConvexHull(np.random.RandomState(0).rand(6, 2))), ("result", lambda: stats.linregress(points, points * 2)),
    ):
        try:
            yield f"scipy_{name}", obj()
        except Exception:
            continue


def frames():
    import pandas as pd

    frame = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", None], "c": [1.5, np.nan, 2.0], "d": pd.date_range("2020-01-01", periods=3)})
    yield "frame", frame
    yield "series", frame["a"]
    for name, make in (
        ("categorical", lambda: pd.Categorical(["a", "b", "a"], ordered=True)), ("category_series", lambda: frame["b"].astype("category")),
        ("timestamp", lambda: pd.Timestamp("2020-01-01")), ("timestamp_tz", lambda: pd.Timestamp("2020-01-01", tz="UTC")),
        ("timestamp_zone", lambda: pd.Timestamp("2020-01-01", tz="Europe/Berlin")), ("timestamp_fixed", lambda: pd.Timestamp("2020-01-01T00:00:00+02:00")), ("timedelta", lambda: pd.Timedelta("1D")),
        ("period", lambda: pd.Period("2020-01")), ("interval", lambda: pd.Interval(0, 1)), ("nat", lambda: pd.NaT), ("na", lambda: pd.NA),
        ("range", lambda: pd.RangeIndex(5)), ("multi", lambda: pd.MultiIndex.from_product([[1, 2], ["a", "b"]])), ("datetimes", lambda: frame["d"]),
        ("datetime_tz", lambda: pd.date_range("2020-01-01", periods=3, tz="UTC")), ("datetime_freq", lambda: pd.date_range("2020-01-01", periods=3, freq="B")), ("timedeltas", lambda: pd.timedelta_range("1D", periods=3)),
        ("periods", lambda: pd.period_range("2020-01", periods=3, freq="M")), ("intervals", lambda: pd.interval_range(0, 3)), ("nullable", lambda: pd.array([1, None], dtype="Int64")),
        ("float_na", lambda: pd.array([1.0, None], dtype="Float64")), ("boolean", lambda: pd.array([True, None], dtype="boolean")), ("string", lambda: pd.array(["a", None], dtype="string")),
        ("sparse", lambda: pd.arrays.SparseArray([0, 0, 1])), ("offsets", lambda: [pd.offsets.BDay(), pd.offsets.MonthEnd(), pd.offsets.Day(2), pd.offsets.Week(weekday=1), pd.offsets.QuarterEnd(), pd.DateOffset(days=1)]),
        ("dtypes", lambda: [pd.Int64Dtype(), pd.Float32Dtype(), pd.BooleanDtype(), pd.StringDtype(), pd.CategoricalDtype(["a"]), pd.DatetimeTZDtype(tz="UTC"), pd.PeriodDtype("M"), pd.IntervalDtype("int64"), pd.SparseDtype(float)]),
        ("grouped", lambda: frame.groupby("a")), ("indexed", lambda: frame.set_index("d")), ("float_index", lambda: pd.Index([1.0, 2.0])), ("object_index", lambda: pd.Index(["a", 1])), ("cat_index", lambda: pd.CategoricalIndex(["a", "b"])),
        ("wide", lambda: pd.DataFrame(np.eye(4))), ("empty", lambda: pd.DataFrame()),
    ):
        try:
            yield f"pandas_{name}", make()
        except Exception:
            continue


Point = collections.namedtuple("Point", "x y")


def plain():
    yield "collections", [collections.OrderedDict(a=1), collections.defaultdict(list, a=[1]), collections.Counter("abca"), collections.deque([1, 2], 5), collections.ChainMap({}), collections.UserDict(a=1), collections.UserList([1])]
    yield "defaults", [collections.defaultdict(int), collections.defaultdict(dict), collections.defaultdict(float), collections.defaultdict(set), collections.defaultdict(str)]
    yield "times", [datetime.date(2020, 1, 1), datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc), datetime.time(1), datetime.timedelta(1), datetime.timezone(datetime.timedelta(hours=1))]
    yield "numbers", [decimal.Decimal("1.5"), fractions.Fraction(1, 3), complex(1, 2), 10**40, -1, 1e300, float("nan")]
    yield "uuid", uuid.UUID(int=1)
    yield "addresses", [ipaddress.ip_address("10.0.0.1"), ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_address("::1"), ipaddress.ip_network("fe80::/64"), ipaddress.ip_interface("10.0.0.1/8")]
    yield "paths", [pathlib.PurePosixPath("a/b"), pathlib.PureWindowsPath("a/b"), pathlib.Path("a/b")]
    yield "namespaces", [argparse.Namespace(lr=0.1, name="x", layers=[1, 2]), types.SimpleNamespace(a=1)]
    yield "bytes", [b"abc", bytearray(b"abc"), {1, 2}, frozenset([1]), slice(1, 2), range(3), type(None), Ellipsis, NotImplemented, bytes(range(256)), b""]
    yield "types", [int, float, str, dict, list, object, bool, bytes, tuple, set]
    yield "array", array.array("d", [1.0, 2.0])
    yield "random", random.Random(0)
    try:
        import zoneinfo

        yield "zone", [zoneinfo.ZoneInfo("UTC"), datetime.datetime(2020, 1, 1, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin"))]
    except Exception:
        pass


def everything():
    yield from arrays()
    yield from sparse()
    yield from frames()
    yield from plain()
