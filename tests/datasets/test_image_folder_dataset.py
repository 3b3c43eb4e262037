import contextlib
import datetime as dt
import errno
import json
import logging
import os
import posixpath
import re
import subprocess
import sys
from pathlib import Path

import fsspec
import pandas as pd
import pytest
from kedro.framework.session import KedroSession

from fruit_features.datasets.image_folder_dataset import (
    RESULTS,
    RUN_STATE,
    ImageFolderDataset,
    changed_at,
)
from fruit_features.exceptions import ImageFolderError
from fruit_features.tables import COLUMNS

AWKWARD = [
    "a b.jpg",
    " begins with a space.jpg",
    "50%.jpg",
    "50%20.jpg",
    "%2F.jpg",
    "#1.jpg",
    "what?.jpg",
    "label=x.jpg",
    "10:30.jpg",
    "it's.jpg",
    'the "best".jpg',
    "_hidden to Spark.jpg",
    ".hidden.jpg",
    ".jpg",
    "[1].jpg",
    "{a,b}.jpg",
    "*.jpg",
    "back\\slash.jpg",
    "~.jpg",
    "new\nline.jpg",
    "tab\t.jpg",
    "é.jpg",
    "e\u0301.jpg",
    "苹果.jpg",
    "🍎.jpg",
    "x" * 251 + ".jpg",
    "é" * 125 + ".jpeg",
    "UPPER.JPG",
    "Mixed.JpEg",
]


def put(root: Path, *keys: str, content: bytes = b"...") -> None:
    for key in keys:
        path = root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def listed(root: Path | str) -> pd.DataFrame:
    return ImageFolderDataset(filepath=str(root)).load()


def keys(root: Path | str) -> list[str]:
    return listed(root)["image_key"].tolist()


class TestNames:
    @pytest.mark.parametrize("name", AWKWARD)
    def test_awkward_files(self, tmp_path: Path, name: str) -> None:
        put(tmp_path, f"Apple/{name}", content=b"12345")
        (row,) = listed(tmp_path).to_dict("records")
        assert row["image_key"] == f"Apple/{name}"
        assert row["path"] == str(tmp_path / "Apple" / name)
        assert Path(row["path"]).read_bytes() == b"12345"
        assert (row["label"], row["length"]) == ("Apple", 5)

    @pytest.mark.parametrize(
        "label",
        [
            "Apple Golden 1",
            "001",
            "x.jpg",
            "50%20",
            "#1 = 2?",
            "a:b",
            "_label",
            ".label",
            "[1]",
            "{a,b}",
            "*",
            "back\\slash",
            "new\nline",
            "é e\u0301 苹果",
            "é" * 127,
        ],
    )
    def test_awkward_labels(self, tmp_path: Path, label: str) -> None:
        put(tmp_path, f"{label}/1.jpg")
        (row,) = listed(tmp_path).to_dict("records")
        assert (row["image_key"], row["label"]) == (f"{label}/1.jpg", label)
        assert Path(row["path"]).is_file()

    @pytest.mark.parametrize(
        "root", ["a b", "50%20", "#1", "what?", "x=1", "a:b", "[1]", "*", "é e\u0301"]
    )
    def test_awkward_folders_of_images(self, tmp_path: Path, root: str) -> None:
        put(tmp_path, f"{root}/Apple/1.jpg", f"{root} no more/Apple/2.jpg")
        (row,) = listed(tmp_path / root).to_dict("records")
        assert (row["image_key"], row["label"]) == ("Apple/1.jpg", "Apple")
        assert row["path"] == str(tmp_path / root / "Apple/1.jpg")

    def test_names_of_one_folder_are_all_kept_apart(self, tmp_path: Path) -> None:
        put(tmp_path, *(f"a/{name}" for name in AWKWARD))
        # As many as the file system keeps apart: on Linux, all.
        there = os.listdir(tmp_path / "a")
        assert len(there) >= len(AWKWARD) - 1
        assert keys(tmp_path) == sorted(f"a/{name}" for name in there)

    def test_names_that_are_not_utf_8_are_spelt_out(self, tmp_path: Path) -> None:
        folder = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9")
        try:
            os.mkdir(folder)
        except OSError:
            pytest.skip("this file system takes UTF-8 alone")
        put(Path(folder), os.fsdecode(b"caf\xe9.jpg"), content=b"123")
        (row,) = listed(tmp_path).to_dict("records")
        assert row["image_key"] == "caf\\xe9/caf\\xe9.jpg"
        assert (row["label"], row["length"]) == ("caf\\xe9", 3)
        row["path"].encode()  # fit for Parquet

    @pytest.mark.parametrize(
        "surroundings",
        [{"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}],
        ids=["C", "C without UTF-8"],
    )
    def test_language_of_the_machine_does_not_matter(
        self, tmp_path: Path, surroundings: dict[str, str]
    ) -> None:
        put(tmp_path, "Äpfel/é.jpg", "Äpfel/e\u0301.jpg", "苹果/_🍎.jpg", "a/ä ö.PNG")
        code = (
            "import sys\n"
            "from fruit_features.datasets.image_folder_dataset import *\n"
            "listing = ImageFolderDataset(filepath=sys.argv[1]).load()\n"
            "rows = listing.astype(str).values.tolist()\n"
            "print(ascii(rows))\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path)],
            env={**os.environ, **surroundings},
            capture_output=True,
            text=True,
            check=True,
        )
        rows = listed(tmp_path).astype(str).to_numpy().tolist()
        assert done.stdout.splitlines()[-1] == ascii(rows)


class TestFolders:
    def test_label_is_the_innermost_folder(self, tmp_path: Path) -> None:
        put(tmp_path, "fruit/1.jpg", "fruit/Training/Apple/1.jpg", "fruit/a/b/c/2.jpg")
        put(tmp_path, "fruit/Test/Apple/1.jpg", "fruit/x.jpg/1.jpg", "fruit/x.jpg/a.md")
        (tmp_path / "fruit" / "empty.png").mkdir()
        rows = listed(tmp_path / "fruit")
        assert dict(zip(rows["image_key"], rows["label"], strict=True)) == {
            "1.jpg": "fruit",
            "Test/Apple/1.jpg": "Apple",
            "Training/Apple/1.jpg": "Apple",
            "a/b/c/2.jpg": "c",
            "x.jpg/1.jpg": "x.jpg",
        }

    def test_order_is_that_of_the_keys(self, tmp_path: Path) -> None:
        put(tmp_path, "b/1.jpg", "a/10.jpg", "a/2.jpg", "C/1.jpg", "é/1.jpg")
        put(tmp_path, "1.jpg", "a.jpg")
        assert keys(tmp_path) == [
            *("1.jpg", "C/1.jpg", "a.jpg", "a/10.jpg", "a/2.jpg", "b/1.jpg", "é/1.jpg")
        ]

    @pytest.mark.parametrize(
        "spelling", ["{}", "{}/", "{}//", "file://{}", "../{0.name}"]
    )
    def test_spelling_of_the_folder_does_not_matter(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spelling: str
    ) -> None:
        put(tmp_path, "Apple/1.jpg")
        monkeypatch.chdir(tmp_path)
        rows = listed(spelling.format(tmp_path))
        assert rows.equals(listed(tmp_path))
        assert rows["path"].tolist() == [f"{tmp_path}/Apple/1.jpg"]

    def test_remote_folder(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO)
        dataset = ImageFolderDataset(filepath="memory:///bucket/fruit")
        for name in (
            *("Äpfel 1/a b%.jpg", "notes.txt", "Äpfel 1/@eaDir/a b%.jpg/s.jpg"),
            *("Äpfel 1/@eaDir/c.jpg/s.jpg", "__MACOSX/Äpfel 1/._a b%.jpg"),
        ):
            dataset._fs.pipe_file(f"/bucket/fruit/{name}", b"12345")
        (row,) = dataset.load().to_dict("records")
        assert row["image_key"] == "Äpfel 1/a b%.jpg"
        assert row["label"] == "Äpfel 1"
        assert row["length"] == 5
        assert dataset._fs.cat_file(row["path"]) == b"12345"
        assert caplog.messages == [
            "'/bucket/fruit': left out 1 .txt, 2 left over by other programs "
            "(1 @eaDir, 1 __MACOSX)"
        ]

    def test_folders_that_are_links(self, tmp_path: Path) -> None:
        put(tmp_path, "fruit/Apple/1.jpg", "elsewhere/2.jpg")
        (tmp_path / "fruit" / "Pear").symlink_to(tmp_path / "elsewhere")
        (tmp_path / "link").symlink_to("fruit")
        for folder in ("fruit", "link"):
            assert keys(tmp_path / folder) == ["Apple/1.jpg", "Pear/2.jpg"]

    @pytest.mark.parametrize("step", [1, -1])
    def test_every_name_of_a_folder_is_kept(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
    ) -> None:
        put(tmp_path, "apple/1.jpg", "apple/more/2.jpg")
        for name in ("apples", "favourites"):
            (tmp_path / name).symlink_to("apple")
        (tmp_path / "newest").symlink_to("favourites")
        scan = os.scandir

        def in_order(folder: str) -> object:
            with scan(folder) as found:
                entries = sorted(found, key=lambda entry: entry.name)
            return contextlib.nullcontext(entries[::step])

        monkeypatch.setattr(os, "scandir", in_order)
        labels = listed(tmp_path).set_index("image_key")["label"].to_dict()
        names = ("apple", "apples", "favourites", "newest")
        assert labels == {
            **{f"{name}/1.jpg": name for name in names},
            **{f"{name}/more/2.jpg": "more" for name in names},
        }

    def test_links_in_a_circle_end(self, tmp_path: Path) -> None:
        put(tmp_path, "above/fruit/a/1.jpg", "above/fruit/b/2.jpg", "above/3.jpg")
        fruit = tmp_path / "above" / "fruit"
        for name, target in {
            **{"a/itself": ".", "a/root": "..", "a/above root": "../.."},
            **{"a/b": "../b", "b/a": "../a"},
        }.items():
            (fruit / name).symlink_to(target)
        expected = ["a/1.jpg", "a/b/2.jpg", "b/2.jpg", "b/a/1.jpg"]
        assert keys(fruit) == expected

    def test_folders_full_of_links_to_each_other_are_refused(
        self, tmp_path: Path
    ) -> None:
        """Else twelve of them would be a thousand million folders."""
        for name in "abcdefghijkl":
            put(tmp_path, f"{name}/1.jpg")
            for other in set("abcdefghijkl") - {name}:
                (tmp_path / name / other).symlink_to(f"../{other}")
        with pytest.raises(ImageFolderError, match="through more than 5 links"):
            listed(tmp_path)

    def test_one_label_of_many_folders_is_warned_of(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        put(tmp_path, "one/a/1.jpg", "one/a/2.jpg")
        put(tmp_path, "layout/n01/images/1.jpg", "layout/n 2/images/2.jpg")
        listed(tmp_path / "one")
        assert not caplog.messages
        for _ in range(2):
            assert set(listed(tmp_path / "layout")["label"]) == {"images"}
        assert caplog.messages == [
            "all 2 images have the label 'images', the name of the innermost folder, "
            "in 2 folders; if the folders above name the labels, move the images up: "
            "mv n01/images/* n01/"
        ]


class TestResults:
    """What runs have written is no image, wherever their data folder lies."""

    @pytest.mark.parametrize("remote", [False, True])
    @pytest.mark.parametrize(
        ("data", "there"),
        [
            ("results", ["Apple/1.jpg", "results/01_raw/Pear/2.jpg"]),
            ("Apple/a b", ["Apple/1.jpg", "Apple/a b/01_raw/Pear/2.jpg"]),
            ("", ["01_raw/Pear/2.jpg", "Apple/1.jpg"]),
        ],
    )
    def test_they_are_left_out(
        self, tmp_path: Path, data: str, there: list[str], remote: bool
    ) -> None:
        names = (RUN_STATE, "08_reporting/variance_plot.png", "06_models/x/y.png")
        written = [posixpath.join(data, name) for name in names]
        mine = ["Apple/1.jpg", posixpath.join(data, "01_raw/Pear/2.jpg")]
        if remote:
            folder = f"memory://{tmp_path}"
            memory = fsspec.filesystem("memory")
            for name in (*written, *mine):
                memory.pipe_file(f"{tmp_path}/{name}", b"1")
        else:
            folder = str(tmp_path)
            put(tmp_path, *written, *mine)
        assert keys(folder) == there
        assert sorted(ImageFolderDataset(filepath=folder).files()) == there

    def test_images_elsewhere_are_images(self, tmp_path: Path) -> None:
        put(tmp_path, f"data/{RUN_STATE}", "data/01_raw/sample/Apple/1.jpg")
        assert keys(tmp_path / "data/01_raw/sample") == ["Apple/1.jpg"]
        put(tmp_path, "08_reporting/1.jpg", "04_feature/2.jpg")
        labels = ["04_feature/2.jpg", "08_reporting/1.jpg"]
        assert keys(tmp_path) == [*labels, "data/01_raw/sample/Apple/1.jpg"]

    def test_these_are_the_places_of_the_catalog(self, project: Path) -> None:
        with KedroSession.create(project, runtime_params={"data": "/d"}) as session:
            catalog = session.load_context().config_loader["catalog"]
        assert catalog["run_state"]["filepath"] == f"/d/{RUN_STATE}"
        text = json.dumps(catalog)
        folders = set(re.findall('"/d/([^/"]+)', text)) - {"01_raw", "erasures"}
        assert folders == set(RESULTS)


class TestFiles:
    @pytest.mark.parametrize(
        "ending", ["jpg", "jpeg", "png", "bmp", "gif", "tif", "tiff", "webp"]
    )
    def test_images_by_ending(self, tmp_path: Path, ending: str) -> None:
        names = [f"A.{ending.upper()}", f"b.{ending}", f"c.{ending.title()}"]
        put(tmp_path, *names)
        assert keys(tmp_path) == names

    def test_other_files_are_left_out(self, tmp_path: Path) -> None:
        put(tmp_path, "a.txt", "a", "jpg", "a.jpg.txt", "a.jpg ", "ajpg", "real.jpg")
        assert keys(tmp_path) == ["real.jpg"]

    def test_leftovers_of_programs_are_left_out(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        folders = [
            *("__MACOSX", ".AppleDouble", ".Trashes", ".Trash", ".Trash-1000"),
            *(".thumbnails", "$RECYCLE.BIN", "$Recycle.Bin", "@eaDir", "#recycle"),
            *(".ipynb_checkpoints", "lost+found", ".snapshot", ".git"),
        ]
        files = ["._1.jpg", ".trashed-17-1.jpg", "Thumbs.db", ".DS_Store"]
        own = ["_1.jpg", ".1.jpg", "__1.jpg", "_.jpg", "Thumbs.db.jpg"]
        own += [".label/1.jpg", "_label/1.jpg", "trash/1.jpg", ".trash box/1.jpg"]
        put(tmp_path, *(f"a/{name}/b/1.jpg" for name in folders))
        put(tmp_path, *(f"a/{name}" for name in files + own), "a/x.heic")
        assert keys(tmp_path) == sorted(f"a/{name}" for name in own)
        (message,) = caplog.messages
        assert message.startswith(
            f"'{tmp_path}': left out 1 .heic, 18 left over by other programs "
            "(2 $RECYCLE.BIN, 1 "
        )
        # Erasure looks everywhere: these may be copies of photos.
        found = ImageFolderDataset(filepath=str(tmp_path)).files()
        assert len(found) == len(folders) + 2 + len(own)
        # What a user names is meant.
        assert keys(tmp_path / "a" / ".thumbnails") == ["b/1.jpg"]

    def test_empty_files_and_what_cannot_be_read_are_listed(
        self, tmp_path: Path
    ) -> None:
        put(tmp_path, "a/empty.jpg", content=b"")
        put(tmp_path, "a/real.jpg", content=b"12345")
        (tmp_path / "a/broken link.jpg").symlink_to("gone")
        (tmp_path / "a/link.jpg").symlink_to("real.jpg")
        (tmp_path / "a/to itself.jpg").symlink_to("to itself.jpg")
        os.mkfifo(tmp_path / "a/pipe.jpg")
        rows = listed(tmp_path)
        lengths = dict(zip(rows["image_key"], rows["length"], strict=True))
        assert lengths.pop("a/broken link.jpg") < 100
        assert lengths.pop("a/to itself.jpg") < 100
        assert lengths == {
            "a/empty.jpg": 0,
            "a/link.jpg": 5,
            "a/pipe.jpg": 0,
            "a/real.jpg": 5,
        }

    def test_new_files_are_seen_at_the_next_load(self, tmp_path: Path) -> None:
        dataset = ImageFolderDataset(filepath=str(tmp_path))
        put(tmp_path, "1.jpg")
        assert len(dataset.load()) == 1
        put(tmp_path, "2.jpg")
        assert len(dataset.load()) == 2


class TestColumns:
    def test_types(self, tmp_path: Path) -> None:
        put(tmp_path, "1.jpg")
        rows = listed(tmp_path)
        assert rows.columns.tolist() == COLUMNS
        assert rows.dtypes.astype(str).tolist() == [
            *("object", "object", "object", "int64", "datetime64[us, UTC]")
        ]

    @pytest.mark.parametrize(
        "nanoseconds",
        [
            0,
            1_000,
            1_600_000_000_123_456_000,
            1_700_000_000_999_999_000,
            4_000_000_000_000_001_000,
            -86_400_000_001_000,
        ],
    )
    def test_time_is_that_of_the_file(self, tmp_path: Path, nanoseconds: int) -> None:
        put(tmp_path, "1.jpg")
        os.utime(tmp_path / "1.jpg", ns=(0, nanoseconds))
        changed = os.stat(tmp_path / "1.jpg").st_mtime_ns
        if changed != nanoseconds:
            pytest.skip("this file system does not keep such a time")
        (time,) = listed(tmp_path)["modification_time"]
        assert time.utcoffset() == dt.timedelta(0)
        since = time.to_pydatetime() - dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
        assert since // dt.timedelta(microseconds=1) == nanoseconds // 1000

    def test_time_finer_than_a_microsecond(self, tmp_path: Path) -> None:
        put(tmp_path, "1.jpg")
        (time,) = listed(tmp_path)["modification_time"]
        assert abs(time.value - os.stat(tmp_path / "1.jpg").st_mtime_ns) <= 1000
        assert time.value % 1000 == 0

    @pytest.mark.parametrize(
        ("seconds", "expected"),
        [
            (-2_208_988_799.5, "1900-01-01T00:00:00.500000"),
            (-2_208_988_801, "1900-01-01T00:00:00"),
            (-11_644_473_600, "1900-01-01T00:00:00"),  # 1601
            (-(10**12), "1900-01-01T00:00:00"),
            (9_000_000_000.25, "2255-03-14T16:00:00.250000"),
            (13_000_000_000, "2262-04-11T00:00:00"),  # 2381
            (884_541_398_400, "2262-04-11T00:00:00"),  # 30000
            (dt.datetime(1601, 1, 1, tzinfo=dt.timezone.utc), "1900-01-01T00:00:00"),
            (dt.datetime(9999, 1, 1, tzinfo=dt.timezone.utc), "2262-04-11T00:00:00"),
        ],
    )
    def test_time_far_away_is_the_nearest_that_all_readers_know(
        self, seconds: float | dt.datetime, expected: str
    ) -> None:
        found = changed_at({"mtime": seconds})
        assert found.isoformat() == f"{expected}+00:00"
        assert found == pd.Timestamp(found).as_unit("ns")

    def test_files_of_times_far_away(self, tmp_path: Path) -> None:
        put(tmp_path, "1.jpg", "2.jpg")
        os.utime(tmp_path / "1.jpg", (0, -(10**11)))
        os.utime(tmp_path / "2.jpg", (0, 10**12))
        # As many years as the file system keeps: some end in 1901 and 2446.
        years = listed(tmp_path)["modification_time"].dt.year.tolist()
        assert years[0] in (1900, 1901)
        assert years[1] == 2262


class TestNothingThere:
    def test_no_folder(self, tmp_path: Path) -> None:
        missing = tmp_path / "no such"
        message = (
            f"^no such folder of images: '{missing}'; name one with "
            "make run IMAGES=<folder> or kedro run --params images=<folder>$"
        )
        with pytest.raises(ImageFolderError, match=message):
            listed(missing)
        assert not ImageFolderDataset(filepath=str(missing)).exists()

    def test_no_folder_of_this_kind(self, tmp_path: Path) -> None:
        put(tmp_path, "1.jpg")
        for place in (tmp_path / "1.jpg", "memory:///no/such"):
            with pytest.raises(ImageFolderError, match="no such folder of images"):
                listed(place)

    def test_no_image(self, tmp_path: Path) -> None:
        put(tmp_path, "notes.txt", "Apple/jpg", "1.HEIC", "a/2.heic", "a/Thumbs.db")
        (tmp_path / "empty.jpg").mkdir()
        message = (
            f"^no image in '{tmp_path}' or its folders, only 2 .heic, "
            "1 without an ending, 1 .txt, "
            r"1 left over by other programs \(1 Thumbs.db\); "
            "images end in .jpg .jpeg .png .bmp .gif .tif .tiff .webp "
            r"\(in any case\): convert the files, or name another folder "
            "with make run IMAGES=<folder>"
        )
        with pytest.raises(ImageFolderError, match=message):
            listed(tmp_path)
        assert ImageFolderDataset(filepath=str(tmp_path)).exists()

    def test_optional(self, tmp_path: Path) -> None:
        put(tmp_path, "here/notes.txt", "full/1.jpg")
        full = listed(tmp_path / "full")
        for name in ("here", "no such"):
            filepath = str(tmp_path / name)
            rows = ImageFolderDataset(filepath=filepath, optional=True).load()
            assert rows.empty
            assert rows.columns.tolist() == COLUMNS
            assert rows.dtypes.equals(full.dtypes)
        filepath = str(tmp_path / "full")
        assert ImageFolderDataset(filepath=filepath, optional=True).load().equals(full)

    def test_saving_is_refused(self, tmp_path: Path) -> None:
        put(tmp_path, "1.jpg")
        dataset = ImageFolderDataset(filepath=str(tmp_path))
        message = f"ImageFolderDataset only reads; it does not write '{tmp_path}'"
        with pytest.raises(ImageFolderError, match=message):
            dataset.save(dataset.load())


def test_a_folder_that_does_not_open_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "open/1.jpg")
    closed = tmp_path / "closed"
    closed.mkdir()
    scan = os.scandir

    # A mode does not keep the superuser out.
    def refuse(folder: str) -> object:
        if str(folder) == str(closed):
            raise PermissionError(errno.EACCES, "Permission denied", str(folder))
        return scan(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(ImageFolderError, match=r"cannot open .*closed"):
        ImageFolderDataset(filepath=str(tmp_path)).load()


def test_a_file_that_may_not_be_looked_at_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its folder may be read, but not entered: left out, it would count as deleted."""
    put(tmp_path, "1.jpg", "2.jpg")

    def refuse(path: str) -> object:
        raise PermissionError(errno.EACCES, "Permission denied", path)

    dataset = ImageFolderDataset(filepath=str(tmp_path))
    monkeypatch.setattr(os, "lstat", refuse)
    monkeypatch.setattr(os, "stat", refuse)
    monkeypatch.setattr(type(dataset._fs), "isdir", lambda *_: True)
    with pytest.raises(ImageFolderError, match=r"cannot open '.*jpg': Permission den"):
        dataset.load()


def test_what_vanishes_while_listed_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "1.jpg", "2.jpg")
    look = os.stat

    def vanish(path: object, **options: object) -> os.stat_result:
        if str(path).endswith("1.jpg"):
            (tmp_path / "1.jpg").unlink(missing_ok=True)
        return look(path, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "stat", vanish)
    assert keys(tmp_path) == ["2.jpg"]
