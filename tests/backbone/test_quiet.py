import os

import pytest

from fruit_features.backbone.quiet import silence_stderr


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
