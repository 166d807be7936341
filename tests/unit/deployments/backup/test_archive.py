"""Archives made to deceive: each is refused, and the home that is there stays as it was."""

from __future__ import annotations

import hashlib
import json
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deployments.backup.archive import open_archive
from deployments.backup.restore import restore
from deployments.home import HOME_VERSION
from models.errors import SetupError
from tests.unit.deployments.backup.conftest import SILENT

Members = dict[str, bytes]
Manifest = dict[str, Any]


def entry(data: bytes) -> dict[str, Any]:
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}


def write(file: Path, change: Callable[[Manifest, Members], None]) -> Path:
    """An honest archive of two files, spoilt by `change`."""
    version = f"{HOME_VERSION}\n".encode()
    members = {"home/VERSION": version, "home/policy.yaml": b"policy: mine\n"}
    files = {name.removeprefix("home/"): entry(data) for name, data in members.items()}
    manifest = {"format": 1, "home_version": HOME_VERSION, "made": 1.0, "files": files}
    change(manifest, members)
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        archive.writestr("manifest.json", json.dumps(manifest))
    return file


def nothing(_manifest: Manifest, _members: Members) -> None:
    return None


def put_back(file: Path, path: Path) -> None:
    with open_archive(file) as archive:
        restore(archive, path, force=True, now=2.0, progress=SILENT)


def named(name: str) -> Callable[[Manifest, Members], None]:
    def change(manifest: Manifest, members: Members) -> None:
        members[f"home/{name}"] = b"x"
        manifest["files"][name] = entry(b"x")

    return change


def changed(manifest: Manifest, members: Members) -> None:
    members["home/policy.yaml"] = b"policy: evil\n"


def longer(manifest: Manifest, members: Members) -> None:
    members["home/policy.yaml"] += b"x"


def missing(manifest: Manifest, members: Members) -> None:
    del members["home/policy.yaml"]


def unlisted(manifest: Manifest, members: Members) -> None:
    members["home/first_key"] = b"x"


def newer_format(manifest: Manifest, members: Members) -> None:
    manifest["format"] = 2


def newer_home(manifest: Manifest, members: Members) -> None:
    manifest["home_version"] = HOME_VERSION + 1


def lying_version(manifest: Manifest, members: Members) -> None:
    members["home/VERSION"] = b"99\n"
    manifest["files"]["VERSION"] = entry(b"99\n")


def too_large(manifest: Manifest, members: Members) -> None:
    manifest["files"]["policy.yaml"]["bytes"] = 1 << 60


SPOILT: dict[str, Callable[[Manifest, Members], None]] = {
    **{
        name: named(name)
        for name in (
            "../outside", "/etc/outside", "a/../../outside", "a/./b", "a//b", "a\\..\\b", ".", "",
            "run/provider_keys", "up.lock", "logs/x", "backups/x", "policy.yaml/x", "a\0b",
        )
    },
    **{
        one.__name__: one
        for one in (
            changed, longer, missing, unlisted, newer_format, newer_home, lying_version, too_large,
        )
    },
}  # fmt: skip


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=[repr(name) for name in SPOILT])
def test_a_spoilt_archive_changes_nothing(
    spoil: Callable[[Manifest, Members], None], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    put_back(write(tmp_path / "honest.zip", nothing), home)
    before = (home / "policy.yaml").stat().st_ino
    with pytest.raises(SetupError):
        put_back(write(tmp_path / "spoilt.zip", spoil), home)
    assert (home / "policy.yaml").stat().st_ino == before
    assert not Path("/etc/outside").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "honest.zip", "spoilt.zip"]


def test_a_link_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path / "a.zip", lambda m, _: m["files"].update(link=entry(b"/etc/passwd")))
    info = zipfile.ZipInfo("home/link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(info, b"/etc/passwd")
    with pytest.raises(SetupError, match="not as its manifest says"):
        put_back(file, tmp_path / "home")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ["home/policy.yaml", "manifest.json"])
def test_a_second_member_of_one_name_is_refused(name: str, tmp_path: Path) -> None:
    file = write(tmp_path / "a.zip", nothing)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(name, archive.read(name))
    with pytest.raises(SetupError):
        put_back(file, tmp_path / "home")


@pytest.mark.parametrize("part", [0.0, 0.3, 0.6, 0.99])
def test_a_file_that_was_cut_off_is_refused(part: float, tmp_path: Path) -> None:
    file = write(tmp_path / "a.zip", nothing)
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(SetupError):
        put_back(file, tmp_path / "home")


def test_any_flipped_byte_is_refused_or_harmless(tmp_path: Path) -> None:
    """Bytes of no meaning, such as a member's time, may differ; what is restored may not."""
    file = write(tmp_path / "a.zip", nothing)
    whole, refused = file.read_bytes(), 0
    for place in range(0, len(whole), 3):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        target = tmp_path / f"home{place}"
        try:
            put_back(file, target)
        except SetupError:
            refused += 1
        else:
            assert (target / "policy.yaml").read_bytes() == b"policy: mine\n"
    assert refused > len(whole) // 12


def test_a_file_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("hello")
    for path in (tmp_path / "a", tmp_path / "missing", tmp_path):
        with pytest.raises(SetupError):
            put_back(path, tmp_path / "home")
