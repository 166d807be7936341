"""Training must see the features that serving computes."""

from __future__ import annotations

import numpy as np
import pytest
from faster_whisper.feature_extractor import FeatureExtractor

from models.reference.speech_features import MELS, log_mel


@pytest.mark.parametrize("length", [1600, 16_000, 47_321])
def test_the_features_are_those_of_the_serving_engine(length: int) -> None:
    rng = np.random.default_rng(length)
    samples = (0.1 * rng.standard_normal(length)).astype(np.float32)
    served = FeatureExtractor(feature_size=MELS)(samples)
    made = log_mel(samples)
    assert made.shape == served.shape
    np.testing.assert_allclose(made, served, atol=1e-5)
