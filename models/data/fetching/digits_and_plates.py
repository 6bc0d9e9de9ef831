"""What reads licence plates and digits."""

from __future__ import annotations

from . import convert
from .pinned import MB, github_commit, github_file
from .source import Source

_LPRNET = ("sirius-ai/LPRNet_Pytorch", "7c976664b3f3879efabeaff59c7a117e49d5f29e")

SOURCES = (
    Source(
        "lprnet",
        "LPRNet's published weights and 1,000 licence plates",
        "Apache-2.0; none stated for the plates",
        {"Final_LPRNet_model.pth": 1, "test/*.jpg": 1000},
        space=60 * MB,
        files=(
            github_file(
                *_LPRNET, "LICENSE", 11_357, "c71d239df91726fc519c6eb72d318ec65820627232b2f796219e87dcf35d0ab4"
            ),
        ),
        archives=(
            github_commit(
                *_LPRNET,
                4_444_920,
                "15600c4e3b084d439c8e94f3289ba720f90bdd6d5860d887be271a2949432395",
                ("data/test", "test", ".jpg"),
                ("weights", "", ".pth"),
            ),
        ),
    ),
    Source(
        "mnist",
        "MNIST handwritten digits",
        "CC BY-SA 3.0",
        {"mnist.npz": 1},
        space=400 * MB,
        convert=convert.pack_mnist,
        archives=(
            github_commit(
                "rasbt/mnist-pngs",
                "d26bd33bf1e454dd15bd4fe8b8ba64c76308f91c",
                19_258_482,
                "176820a7cbf89dd565e4deb6020d4e64193947161b3a28a16b1802d04229e288",
                ("train", "train", ".png"),
                ("test", "test", ".png"),
            ),
        ),
    ),
)
