import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fruit_features.backbone import inference
from fruit_features.backbone.decoding import DecodeFailure, decode_image
from fruit_features.backbone.inference import (
    DECODED,
    FeatureExtractor,
    extractor_of_process,
    silence_stderr,
)
from fruit_features.backbone.source import bundled_backbone
from tests.pictures import encoded, jpeg, picture

MANY = 10**6


@pytest.fixture(scope="module")
def model() -> bytes:
    return bundled_backbone().model


@pytest.fixture(scope="module")
def extractor(model: bytes) -> FeatureExtractor:
    return FeatureExtractor(model)


def test_extract_is_decoding_then_inference(extractor: FeatureExtractor) -> None:
    pixels = decode_image(jpeg(1), 96)
    assert not isinstance(pixels, DecodeFailure)
    (features,) = extractor.extract([jpeg(1)], MANY)
    assert (features.dtype, features.shape) == (np.float32, (1280,))
    assert np.isfinite(features).all()
    assert np.array_equal(features, extractor.infer([pixels])[0])


def test_nothing_in_gives_nothing(extractor: FeatureExtractor) -> None:
    assert extractor.infer([]) == extractor.extract([], MANY) == []


def test_what_has_failed_before_comes_back(extractor: FeatureExtractor) -> None:
    unreadable = DecodeFailure("unreadable", "no such file")
    first, second = extractor.extract([unreadable, jpeg(1)], MANY)
    assert first is unreadable
    assert np.array_equal(second, extractor.extract([jpeg(1)], MANY)[0])


def test_features_tell_pictures_apart(extractor: FeatureExtractor) -> None:
    one, other = extractor.extract([jpeg(1), jpeg(2)], MANY)
    assert np.abs(one - other).max() > 0.01 * np.abs(one).max()


@pytest.mark.parametrize(
    ("content", "max_pixels", "reason"),
    [
        (b"", MANY, "empty"),
        (b"<html>", MANY, "not_an_image"),
        (jpeg()[:1500], MANY, "truncated"),
        (jpeg(), 100, "too_large"),
    ],
)
def test_bytes_that_are_no_image_give_the_reason(
    extractor: FeatureExtractor, content: bytes, max_pixels: int, reason: str
) -> None:
    (failure,) = extractor.extract([content], max_pixels)
    assert isinstance(failure, DecodeFailure)
    assert failure == decode_image(content, 96, max_pixels)
    assert failure.reason == reason


@given(st.lists(st.sampled_from([*range(5), None]), max_size=3 * DECODED))
def test_every_image_gets_its_own_result_in_whatever_company(
    extractor: FeatureExtractor, seeds: list[int | None]
) -> None:
    contents = [b"<html>" if seed is None else jpeg(seed) for seed in seeds]
    results = extractor.extract(contents, MANY)
    assert len(results) == len(seeds)
    for content, result in zip(contents, results, strict=True):
        (alone,) = extractor.extract([content], MANY)
        assert isinstance(result, DecodeFailure) == (content == b"<html>")
        assert np.array_equal(result, alone)


def test_nothing_is_left_from_one_image_to_the_next(model: bytes) -> None:
    contents = [jpeg(seed) for seed in range(4)]
    contents.append(encoded(picture(9).convert("L"), "PNG"))
    forwards = FeatureExtractor(model).extract(contents, MANY)
    backwards = FeatureExtractor(model).extract(contents[::-1], MANY)
    for features, again in zip(forwards, reversed(backwards), strict=True):
        assert np.array_equal(features, again)
    alone = FeatureExtractor(model)
    alone.extract([jpeg()[:1500]], MANY)
    assert np.array_equal(alone.extract(contents[:1], MANY)[0], forwards[0])


def test_features_are_not_overwritten_by_the_next(extractor: FeatureExtractor) -> None:
    (features,) = extractor.extract([jpeg(1)], MANY)
    kept = features.copy()
    extractor.extract([jpeg(2)], MANY)
    assert np.array_equal(features, kept)


class TestOneOfAProcess:
    @pytest.fixture(autouse=True)
    def _none_yet(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(inference, "_extractors", {})

    def test_is_built_once(self, model: bytes) -> None:
        first = extractor_of_process("a", model)
        assert extractor_of_process("a", model) is first
        # The name decides: the bytes are not looked at again.
        assert extractor_of_process("a", b"") is first

    def test_another_backbone_takes_its_place(self, model: bytes) -> None:
        first = extractor_of_process("a", model)
        assert extractor_of_process("b", model) is not first
        assert list(inference._extractors) == ["b"]


def test_descriptor_2_is_silent_inside_and_itself_again_after(
    capfd: pytest.CaptureFixture[str],
) -> None:
    os.write(2, b"before ")
    with silence_stderr():
        os.write(2, b"inside ")
    os.write(2, b"after")
    assert capfd.readouterr().err == "before after"


def test_errors_pass_and_descriptor_2_comes_back(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(ValueError, match="told"), silence_stderr():
        raise ValueError("told")
    os.write(2, b"after")
    assert capfd.readouterr().err == "after"


def test_standard_output_is_left_alone(capfd: pytest.CaptureFixture[str]) -> None:
    with silence_stderr():
        os.write(1, b"shown")
    assert capfd.readouterr().out == "shown"


def test_no_descriptor_stays_open() -> None:
    def lowest_free() -> int:
        descriptor = os.dup(0)
        os.close(descriptor)
        return descriptor

    before = lowest_free()
    for _ in range(3):
        with silence_stderr():
            pass
    assert lowest_free() == before
