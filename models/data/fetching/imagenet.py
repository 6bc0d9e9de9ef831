"""ImageNet: a small part of the validation set, and published weights."""

from __future__ import annotations

from . import convert
from .pinned import MB, github_commit, github_file
from .source import Source

_SQUEEZENET = ("microsoft/Windows-Machine-Learning", "155b5eeb1f48b49235f31ef3a68db0bd8707ce89")

SOURCES = (
    Source(
        "imagenet-val1300",
        "1,300 ImageNet validation images, 227x227",
        "ImageNet's terms: non-commercial research",
        {"images.zip": 1, "dataset.txt": 1, "synset_words.txt": 1},
        space=250 * MB,
        convert=convert.zip_imagenet,
        archives=(
            github_commit(
                "VeriSilicon/acuity-dataset",
                "aded2e9f22cd8fe0745aa57356c68cb95457aad9",
                37_347_705,
                "3342d3de9606d124bdd8854d60223e1d485dc66bc65ba1f5cb410ab387a7084f",
                ("ILSVRC2012_VAL_SET/data", "images", ".JPEG"),
                ("ILSVRC2012_VAL_SET", "", ".txt"),
            ),
        ),
    ),
    Source(
        "imagenet-weights",
        "SqueezeNet 1.1 with ImageNet weights, ONNX fp16",
        "MIT",
        {"SqueezeNet_fp16.onnx": 1},
        space=6 * MB,
        files=(
            github_file(
                *_SQUEEZENET,
                "SharedContent/models/SqueezeNet_fp16.onnx",
                2_484_091,
                "21f25e3d9254af93e6218a359469fac714a017b3f9035c0f5c4acbf9a3ff7233",
            ),
            github_file(
                *_SQUEEZENET,
                "LICENSE",
                1162,
                "27ebda9d51f0a56b7e281ccd8230a27236dcb51c05f64b07869ecf6e965d68b0",
                "LICENSE.winml",
            ),
        ),
    ),
)
