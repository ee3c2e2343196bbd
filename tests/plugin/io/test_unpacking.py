"""Archives of any kind, nested without end, damaged or odd: each is told, and none is a fault of refmill."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from refmill.cli import main
from refmill.io.inputs import open_inputs
from refmill.io.unpacking import BROKEN, sources_in
from refmill.plugins.registry import Registry
from refmill_hooks import Source

ROW = b'{"id": "2401.00001", "title": "T", "categories": "hep-th", "authors": "A. Bee"}\n'


def zipped(data: bytes, name: str = "rows.jsonl", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        archive.writestr(name, data)
    return packed.getvalue()


def tarred(data: bytes, name: str = "rows.jsonl", kind: bytes = tarfile.REGTYPE, link: str = "") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.size, member.type, member.linkname = len(data), kind, link
        archive.addfile(member, io.BytesIO(data))
    return packed.getvalue()


PACK: dict[str, Callable[[bytes], bytes]] = {
    "zip": zipped,
    "stored zip": lambda data: zipped(data, method=zipfile.ZIP_STORED),
    "tar": tarred,
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.compress,
}


def convert(file: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    status = main(["convert", str(file), "--offline", "--enrich", "none", "-o", str(out)])
    return status, "".join(capsys.readouterr())


@pytest.mark.parametrize("kind", PACK)
def test_what_lies_far_too_deep_is_told(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ROW
    for _ in range(1000 if kind in ("gz", "zst") else 100):
        data = PACK[kind](data)
    (tmp_path / "x").write_bytes(data)
    status, said = convert(tmp_path / "x", tmp_path / "x.bib", capsys)
    assert status == 2
    assert "more than 16 archives and compressions lie in one another" in said
    assert "fault of refmill" not in said
    assert not (tmp_path / "x.bib").exists()


@pytest.mark.parametrize("kind", PACK)
def test_what_lies_ten_deep_is_read(kind: str, tmp_path: Path) -> None:
    data = ROW
    for _ in range(10):
        data = PACK[kind](data)
    (tmp_path / "x").write_bytes(data)
    ((_, reader),) = open_inputs([str(tmp_path / "x")], Registry())
    assert reader.name == "snapshot"


def test_a_member_that_is_damaged_costs_itself_in_a_tar_as_well(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, data in (("a", b"PK\x03\x04 no zip"), ("b", gzip.compress(ROW)[:-9]), ("c", ROW)):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    (tmp_path / "x.tar").write_bytes(packed.getvalue())
    told: list[str] = []
    opened = open_inputs([str(tmp_path / "x.tar")], Registry(), damaged=lambda name, reason: told.append(name))
    assert [source.name.rpartition("!")[2] for source, _ in opened] == ["b", "c"]
    assert [name.rpartition("!")[2] for name in told] == ["a"]


@pytest.mark.parametrize("name", ["/etc/evil", "../../evil.jsonl", "a/../../evil", "C:\\evil", "\x1b[2Jevil"])
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_names_of_members_write_nothing(
    name: str, pack: Callable[..., bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    (folder / "x").write_bytes(pack(ROW, name))
    assert convert(folder / "x", folder / "x.bib", capsys)[0] in (0, 2)
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} <= {"x", "x.bib"}


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE])
def test_links_and_devices_in_a_tar_are_left_out(
    kind: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x").write_bytes(tarred(b"", kind=kind, link="/etc/passwd"))
    status, said = convert(tmp_path / "x", tmp_path / "x.bib", capsys)
    assert (status, "there is no dump in it" in said) == (2, True)


def test_a_name_that_is_not_to_be_held_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    header = tarfile.TarInfo("././@PaxHeader")
    header.type, header.size = tarfile.XHDTYPE, 7 << 30
    (tmp_path / "x").write_bytes(header.tobuf(tarfile.USTAR_FORMAT) + b"\0" * 10_000)
    status, said = convert(tmp_path / "x", tmp_path / "x.bib", capsys)
    assert (status, "a name in it has 7,516,192,768 bytes" in said) == (2, True)


def test_headers_that_follow_one_another_without_a_file_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 2
    (tmp_path / "x").write_bytes((header.tobuf(tarfile.GNU_FORMAT) + b"a\0".ljust(512, b"\0")) * 3000)
    status, said = convert(tmp_path / "x", tmp_path / "x.bib", capsys)
    assert (status, "fault of refmill" in said) == (2, False)


PIECES: dict[str, bytes] = {name: pack(ROW) for name, pack in PACK.items()} | {
    "bz2 in zip": zipped(ROW, method=zipfile.ZIP_BZIP2),
    "xz in zip": zipped(ROW, method=zipfile.ZIP_LZMA),
    "zip in gz": gzip.compress(zipped(ROW)),
    "tar in gz": gzip.compress(tarred(ROW)),
    "zip in tar": tarred(zipped(ROW)),
    "gz in zip": zipped(gzip.compress(ROW)),
}


@given(st.sampled_from(sorted(PIECES)), st.randoms(use_true_random=False), st.integers(0, 8), st.floats(0, 1))
@settings(max_examples=2000, deadline=None)
def test_no_damage_raises_what_nobody_expects(name: str, dice: object, hits: int, length: float) -> None:
    data = bytearray(PIECES[name])
    for _ in range(hits):
        data[dice.randrange(len(data))] = dice.randrange(256)  # type: ignore[attr-defined]
    if length < 0.5:
        del data[round(len(data) * 2 * length) :]
    try:
        for source in sources_in(cast(BinaryIO, io.BytesIO(data)), "x"):
            try:
                while source.stream.read(1 << 16):
                    pass
            except BROKEN:
                continue
    except BROKEN:
        pass


BLANKS = b" " * (1 << 20)
BOMBS = {
    "gz": lambda: gzip.compress(BLANKS * 64),
    "zst": lambda: zstandard.compress(BLANKS * 256),
    "bz2 in zip": lambda: zipped(BLANKS * 256, method=zipfile.ZIP_BZIP2),
    "xz in zip": lambda: zipped(BLANKS * 64, method=zipfile.ZIP_LZMA),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_what_grows_a_thousandfold_is_not_held(kind: str) -> None:
    data = BOMBS[kind]()
    tracemalloc.start()
    try:
        for source in sources_in(cast(BinaryIO, io.BytesIO(data)), "x"):
            while source.stream.read(1 << 16):
                pass
        assert tracemalloc.get_traced_memory()[1] < 120 << 20
    finally:
        tracemalloc.stop()


def test_a_line_that_does_not_end_is_handed_out_in_parts() -> None:
    line = "é".encode() * (20 << 19) + b"a"
    lines = list(Source(cast(BinaryIO, io.BytesIO(b"x\n" + line + b"\ny"))).lines())
    assert lines[0] + lines[-1] == "xy"
    assert "".join(lines[1:-1]) == line.decode()
    assert len(lines) == 4
