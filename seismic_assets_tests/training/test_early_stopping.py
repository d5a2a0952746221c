import numpy as np
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.metrics import log_loss
from sklearn.utils.class_weight import compute_sample_weight

from seismic_assets.training.early_stopping import StopOnValidation
from seismic_assets_tests.training.building import fold


def test_boosting_stops_so_many_stages_after_the_least_balanced_loss_on_the_windows_given():
    train, validation = fold(300, 1, noise=5.0), fold(200, 2, noise=5.0)
    common = {"n_estimators": 150, "learning_rate": 0.3, "max_depth": 3, "random_state": 0}
    stop = StopOnValidation(validation.features, validation.classes, patience=5)
    stopped = GradientBoostingClassifier(**common).fit(train.features, train.classes, monitor=stop)
    whole = GradientBoostingClassifier(**common).fit(train.features, train.classes)
    weights = compute_sample_weight("balanced", validation.classes)
    losses = [
        log_loss(validation.classes, each, sample_weight=weights)
        for each in whole.staged_predict_proba(validation.features)
    ]
    best = next(n for n in range(150) if n + 5 < 150 and min(losses[n + 1 : n + 6]) >= min(losses[: n + 1]))
    assert stopped.n_estimators_ == best + 1 + 5
    assert stopped.n_estimators_ < 150


def test_two_classes_are_stopped_by_the_same_loss():
    train, validation = fold(300, 1, (4, 9, 9), noise=5.0), fold(200, 2, (4, 9, 9), noise=5.0)
    stop = StopOnValidation(validation.features, validation.classes, patience=3)
    model = GradientBoostingClassifier(learning_rate=0.5, n_estimators=100, random_state=0)
    model.fit(train.features, train.classes, monitor=stop)
    assert 3 < model.n_estimators_ < 100
    weights = compute_sample_weight("balanced", validation.classes)
    losses = [
        log_loss(validation.classes, each, sample_weight=weights)
        for each in model.staged_predict_proba(validation.features)
    ]
    assert int(np.argmin(losses)) == model.n_estimators_ - 1 - 3
