"""Real gradient-boosting models of XGBoost, LightGBM and CatBoost, fitted on a few rows."""
from samples_sklearn import R, X, Y


def everything():
    try:
        import xgboost as xgb

        for name, cls, target in (("classifier", "XGBClassifier", Y), ("regressor", "XGBRegressor", R), ("random_forest", "XGBRFClassifier", Y), ("rf_regressor", "XGBRFRegressor", R)):
            yield f"xgboost_{name}", getattr(xgb, cls)(n_estimators=2, max_depth=2).fit(X, target)
        yield "xgboost_ranker", xgb.XGBRanker(n_estimators=2).fit(X, Y, group=[12, 12])
        yield "xgboost_booster", xgb.train({"max_depth": 2}, xgb.DMatrix(X, label=R), 2)
        yield "xgboost_linear", xgb.XGBClassifier(n_estimators=2, booster="gblinear").fit(X, Y)
        yield "xgboost_unfitted", xgb.XGBClassifier(objective="binary:logistic")
        try:
            yield "xgboost_callbacks", xgb.XGBClassifier(n_estimators=2, callbacks=[xgb.callback.EarlyStopping(2)])
        except Exception:
            pass
    except ImportError:
        pass
    try:
        import lightgbm as lgb

        for name, cls, target in (("classifier", "LGBMClassifier", Y), ("regressor", "LGBMRegressor", R)):
            yield f"lightgbm_{name}", getattr(lgb, cls)(n_estimators=2, min_child_samples=2, verbose=-1).fit(X, target)
        yield "lightgbm_ranker", lgb.LGBMRanker(n_estimators=2, min_child_samples=2, verbose=-1).fit(X, Y, group=[12, 12])
        yield "lightgbm_booster", lgb.train({"verbose": -1, "min_data_in_leaf": 2}, lgb.Dataset(X, label=R), 2)
        yield "lightgbm_unfitted", lgb.LGBMClassifier()
    except ImportError:
        pass
    try:
        import catboost

        for name, cls, target in (("classifier", "CatBoostClassifier", Y), ("regressor", "CatBoostRegressor", R)):
            yield f"catboost_{name}", getattr(catboost, cls)(iterations=2, verbose=False, allow_writing_files=False).fit(X, target)
        yield "catboost_pool", catboost.Pool(X, label=R)
    except Exception:
        pass
