"""Lists the names that saved XGBoost, LightGBM and CatBoost models use."""
import io
import warnings

import observe

observe.install()
warnings.filterwarnings("ignore")

import joblib  # noqa: E402

import harvest  # noqa: E402
import samples_boosting  # noqa: E402

versions = {}
for name, obj in samples_boosting.everything():
    observe.roundtrip(obj)
    try:
        buffer = io.BytesIO()
        joblib.dump(obj, buffer)
        buffer.seek(0)
        joblib.load(buffer)
    except Exception:
        continue
    library = name.split("_")[0]
    versions[library] = f"{library}-{__import__(library).__version__}"
found = {}
for library, module, names in (
    ("xgboost", "xgboost.sklearn", ("XGBClassifier", "XGBRegressor", "XGBRanker", "XGBRFClassifier", "XGBRFRegressor", "XGBModel")),
    ("xgboost", "xgboost.core", ("Booster",)),
    ("xgboost", "xgboost.callback", ("EarlyStopping", "EvaluationMonitor", "LearningRateScheduler")),
    ("lightgbm", "lightgbm.sklearn", ("LGBMClassifier", "LGBMRegressor", "LGBMRanker", "LGBMModel")),
    ("lightgbm", "lightgbm.basic", ("Booster",)),
    ("catboost", "catboost.core", ("CatBoost", "CatBoostClassifier", "CatBoostRegressor", "CatBoostRanker")),
):
    for name in names:
        reason = "boosted trees: its state is read by the library's own native reader"
        found.setdefault(library, {})[(module, name)] = ({"import", "new", "build"}, "any", "T2", reason)
harvest.finish(sorted(versions.values()), found, harvest.plain)
