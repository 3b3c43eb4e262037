import os

import pytest

from fruit_features.__main__ import main


def test_package_runs_and_tells_nobody(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr("sys.argv", ["fruit_features", "--help"])
    monkeypatch.delenv("DO_NOT_TRACK", raising=False)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert "--pipelines" in capsys.readouterr().out
    assert os.environ.pop("DO_NOT_TRACK") == "1"
