"""Whatever a user names is read: files, folders, globs, archives, packed or not, and stdin."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from refmill.cli import main

DUMP = "We study.\n\narXiv:2403.{:05}\nCreated: 2024-03-02\n"


def dump(number: int) -> bytes:
    return DUMP.format(number).encode()


def read(*inputs: object, tmp_path: Path) -> list[str]:
    """The numbers of the ids that come out, in their order."""
    out = tmp_path / "out.json"
    words = ["convert", *map(str, inputs), "--enrich", "none", "-o", str(out), "-q"]
    assert main(words) == 0
    return [item["number"].removeprefix("arXiv:2403.") for item in json.loads(out.read_text())]


def zipped(data: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("folder/dump.txt", data)
        archive.writestr(".hidden/dump.txt", dump(99))
        archive.writestr("__MACOSX/dump.txt", dump(98))
    return packed.getvalue()


def tarred(data: bytes, mode: str = "w") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:  # type: ignore[call-overload]
        info = tarfile.TarInfo("folder/dump.txt")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return packed.getvalue()


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.compress,
    "zip": zipped,
    "tar": tarred,
    "tar.gz": lambda data: tarred(data, "w:gz"),
    "tar.zst": lambda data: zstandard.compress(tarred(data)),
    "a zip in a tar": lambda data: tarred(zipped(data)),
    "a zip in a gz": lambda data: gzip.compress(zipped(data)),
    "a zip of gz": lambda data: zipped(gzip.compress(data)),
    "gz of gz": lambda data: gzip.compress(gzip.compress(data)),
    "two gz members": lambda data: gzip.compress(data[:20]) + gzip.compress(data[20:]),
}


@pytest.mark.parametrize("name", PACKINGS)
def test_a_packed_dump_is_known_by_its_content(name: str, tmp_path: Path) -> None:
    path = tmp_path / "some-file"
    path.write_bytes(PACKINGS[name](dump(1)))
    assert read(path, tmp_path=tmp_path) == ["00001"]


@pytest.mark.parametrize("name", ["plain", "gz", "zip", "tar"])
def test_a_packed_dump_comes_from_stdin_as_well(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(PACKINGS[name](dump(1)))))
    assert read("-", tmp_path=tmp_path) == ["00001"]


def test_folders_are_read_in_order_without_what_is_hidden_or_no_dump(tmp_path: Path) -> None:
    folder = tmp_path / "dumps"
    (folder / "deep" / "deeper").mkdir(parents=True)
    (folder / ".git").mkdir()
    for name, number in (("b.txt", 2), ("a.txt", 1), ("deep/deeper/c.txt", 3), (".hidden.txt", 9), (".git/x.txt", 8)):
        (folder / name).write_bytes(dump(number))
    (folder / "README.md").write_text("Once upon a time.")
    (folder / "picture.png").write_bytes(bytes(range(256)))
    (folder / "empty").touch()
    assert read(folder, tmp_path=tmp_path) == ["00001", "00002", "00003"]


def test_globs_and_several_inputs_are_read_in_the_order_they_are_named(tmp_path: Path) -> None:
    for name, number in (("x1.txt", 1), ("x2.txt", 2), ("y.txt", 3)):
        (tmp_path / name).write_bytes(dump(number))
    assert read(tmp_path / "y.txt", tmp_path / "x*.txt", tmp_path=tmp_path) == ["00003", "00001", "00002"]


def test_folders_that_a_glob_finds_are_read_like_those_that_are_named(tmp_path: Path) -> None:
    (tmp_path / "dumps" / "deep").mkdir(parents=True)
    (tmp_path / "dumps" / "deep" / "a.txt").write_bytes(dump(1))
    (tmp_path / "dumps" / ".hidden.txt").write_bytes(dump(9))
    (tmp_path / "dumps" / "b.txt").write_bytes(dump(2))
    assert read(tmp_path / "dumps" / "*", tmp_path=tmp_path) == ["00002", "00001"]


def test_links_that_go_round_in_circles_are_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "dumps"
    folder.mkdir()
    (folder / "a.txt").write_bytes(dump(1))
    for name in "xyz":
        (folder / name).symlink_to(folder)
    assert read(folder / "**" / "*.txt", tmp_path=tmp_path) == ["00001"]
    assert read(folder, tmp_path=tmp_path) == ["00001"]


def test_what_lies_in_a_folder_of_inputs_is_no_output_unless_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_bytes(dump(1))
    monkeypatch.chdir(tmp_path)
    words = ["convert", ".", "--enrich", "none", "-o", "out.bib", "-o", "out.json", "--problems", "p.jsonl", "-q"]
    assert [main(words), main(words), main([*words, "--overwrite"])] == [0, 2, 0]


def test_a_doi_on_the_command_line_is_an_input_like_an_id(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    assert main(["convert", "10.1103/PhysRevD.76.013009", "--enrich", "none", "-o", str(out), "-q"]) == 0
    assert [item["DOI"] for item in json.loads(out.read_text())] == ["10.1103/PhysRevD.76.013009"]


@pytest.mark.parametrize("option", ["--problems", "--report"])
def test_an_input_is_not_written_over(option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "dump.txt"
    path.write_bytes(dump(1))
    assert main(["convert", str(path), "-o", str(tmp_path / "out.bib"), option, str(path)]) == 2
    assert path.read_bytes() == dump(1)
    assert f"{option} {path}" in capsys.readouterr().err


def test_a_name_with_brackets_is_a_file_where_there_is_one(tmp_path: Path) -> None:
    path = tmp_path / "dump [1].txt"
    path.write_bytes(dump(1))
    assert read(path, tmp_path=tmp_path) == ["00001"]


def test_lines_that_are_not_utf_8_are_read_as_latin_1_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "dump.txt"
    path.write_bytes(b"\xef\xbb\xbfUTF-8: \xc3\xa9. Latin-1:\nM\xfcller.\n\n" + dump(1).partition(b"\n\n")[2])
    out = tmp_path / "out.json"
    assert main(["convert", str(path), "--enrich", "none", "-o", str(out)]) == 0
    assert "UTF-8: é. Latin-1: Müller." in out.read_text()
    assert "1 lines are not UTF-8" in capsys.readouterr().err


def test_a_broken_archive_costs_what_lies_behind_the_break(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "dump.txt.gz"
    path.write_bytes(gzip.compress(b"".join(dump(number) + b"\n" for number in range(1, 2000)))[:-200])
    out = tmp_path / "out.json"
    assert main(["convert", str(path), "--enrich", "none", "-o", str(out)]) == 1
    assert len(json.loads(out.read_text())) > 100
    assert "broken off here" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["gz", "xz"])
def test_what_stands_in_front_of_a_damage_is_read_however_little_it_is(name: str, tmp_path: Path) -> None:
    packed = PACKINGS[name](b"".join(dump(number) + b"\n" for number in range(1, 60)))
    path, out = tmp_path / "dump", tmp_path / "out.json"
    path.write_bytes(packed[:-12])
    problems = tmp_path / "problems.jsonl"
    words = ["convert", str(path), "--enrich", "none", "-o", str(out), "--problems", str(problems)]
    assert main(words) == 1
    assert len(json.loads(out.read_text())) > 50
    assert "broken off here" in problems.read_text()


def test_a_zst_that_ends_with_a_block_but_within_its_frame_is_broken_off(tmp_path: Path) -> None:
    frame = zstandard.ZstdCompressor().compressobj()
    path = tmp_path / "dump.txt.zst"
    path.write_bytes(frame.compress(dump(1) + b"\n" + dump(2)) + frame.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK))
    assert main(["convert", str(path), "--enrich", "none", "-o", str(tmp_path / "out.json"), "-q"]) == 1


def test_a_damaged_file_in_a_folder_costs_itself_and_is_a_problem(tmp_path: Path) -> None:
    folder = tmp_path / "dumps"
    folder.mkdir()
    (folder / "a.txt").write_bytes(dump(1))
    (folder / "b.txt.gz").write_bytes(gzip.compress(dump(2))[:15])
    (folder / "c.txt").write_bytes(dump(3))
    out, problems = tmp_path / "out.json", tmp_path / "problems.jsonl"
    assert main(["convert", str(folder), "--enrich", "none", "-o", str(out), "--problems", str(problems)]) == 1
    assert len(json.loads(out.read_text())) == 2
    assert json.loads(problems.read_text())["file"] == str(folder / "b.txt.gz")


def test_a_folder_that_cannot_be_looked_into_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dumps" / "closed").mkdir(parents=True)
    (tmp_path / "dumps" / "a.txt").write_bytes(dump(1))
    look = os.scandir

    def refused(path: str) -> object:  # to the superuser no folder is closed
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return look(path)

    monkeypatch.setattr(os, "scandir", refused)
    out, problems = tmp_path / "out.json", tmp_path / "problems.jsonl"
    words = ["convert", str(tmp_path / "dumps"), "--enrich", "none", "-o", str(out), "--problems", str(problems), "-q"]
    assert main(words) == 1
    assert json.loads(problems.read_text())["file"] == str(tmp_path / "dumps" / "closed")


def test_a_damaged_member_of_an_archive_costs_itself_and_is_a_problem(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in (1, 2, 3):
            archive.writestr(f"{number}.txt", dump(number))
    path, out, problems = tmp_path / "dumps.zip", tmp_path / "out.json", tmp_path / "problems.jsonl"
    path.write_bytes(packed.getvalue().replace(b"2403.00002", b"2403.00009", 1))
    assert main(["convert", str(path), "--enrich", "none", "-o", str(out), "--problems", str(problems)]) == 1
    assert json.loads(problems.read_text())["file"] == f"{path}!2.txt"
    assert {"arXiv:2403.00001", "arXiv:2403.00003"} <= {item["number"] for item in json.loads(out.read_text())}


def test_an_encrypted_member_is_told_with_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packed = bytearray(zipped(dump(1)))
    for magic, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        packed[packed.index(magic) + flags] |= 1  # the bit that says so, in both heads of the member
    path = tmp_path / "dumps.zip"
    path.write_bytes(packed)
    assert main(["convert", str(path), "-o", str(tmp_path / "out.bib")]) == 2
    assert "unpack it first" in capsys.readouterr().err


@pytest.mark.parametrize("data", [b"PK\x03\x04 no zip", b"\x1f\x8b no gzip", b"BZh no bzip2", b"\xfd7zXZ\x00 no xz"])
def test_what_only_looks_packed_is_told_in_one_line(
    data: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "dump"
    path.write_bytes(data)
    assert main(["convert", str(path), "-o", str(tmp_path / "out.bib")]) == 2
    error = capsys.readouterr().err
    assert len(error.splitlines()) == 1
    assert str(path) in error


def test_utf_16_is_told_with_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "dump.json"
    path.write_bytes('{"id": "1706.03762"}'.encode("utf-16"))
    assert main(["convert", str(path), "-o", str(tmp_path / "out.bib")]) == 2
    assert "save it as UTF-8" in capsys.readouterr().err
