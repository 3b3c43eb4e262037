from pathlib import Path

import pytest
from kedro.io import DatasetError

from fruit_features.datasets.local_folder_dataset import LocalFolderDataset


def test_folder_is_made_when_it_is_loaded(tmp_path: Path) -> None:
    dataset = LocalFolderDataset(filepath=str(tmp_path / "a" / "b c"))
    assert not dataset.exists()
    assert dataset.load() == tmp_path / "a" / "b c"
    assert (tmp_path / "a" / "b c").is_dir()
    assert dataset.exists()


def test_what_lies_in_it_stays(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("kept")
    folder = LocalFolderDataset(filepath=str(tmp_path)).load()
    assert (folder / "state").read_text() == "kept"


def test_saving_is_refused(tmp_path: Path) -> None:
    dataset = LocalFolderDataset(filepath=str(tmp_path / "a"))
    with pytest.raises(DatasetError, match="holds what its users write into it"):
        dataset.save("anything")
    assert not (tmp_path / "a").exists()
