"""Addresses at GitHub that a commit pins.

A commit is packed anew for each request, so the bytes of the .zip may change; what comes out of it may not.
"""

from __future__ import annotations

from .source import Archive, Pick, RemoteFile

MB = 1_000_000


def github_file(repository: str, commit: str, path: str, size: int, sha256: str, name: str = "") -> RemoteFile:
    """One file of a repository, `size` in bytes; in the data set's folder it has its own name, or `name`."""
    url = f"https://raw.githubusercontent.com/{repository}/{commit}/{path}"
    return RemoteFile(url, name or path.rpartition("/")[2], sha256, size)


def github_commit(repository: str, commit: str, picked: int, digest: str, *picks: tuple[str, str, str]) -> Archive:
    """A repository at `commit`; `picks` are (folder, place, ending), `picked` is how many bytes they have in all."""
    url = f"https://codeload.github.com/{repository}/zip/{commit}"
    file = RemoteFile(url, f"{repository.rpartition('/')[2]}-{commit[:7]}.zip")
    return Archive(file, tuple(Pick(*pick) for pick in picks), picked, digest)
