"""CIFAR-100 (Krizhevsky 2009), lossless: a hundred classes of 32x32 pictures, in `cifar100/`.

Either version of the authors will do: `cifar-100-binary/` or `cifar-100-python/`.  The classes are the fine ones.
"""

from __future__ import annotations

from .cifar_official import CifarFiles, cifar_source

CLASSES = (  # as in the file `meta`, which the binary version lacks
    *("apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle", "bottle", "bowl", "boy"),
    *("bridge", "bus", "butterfly", "camel", "can", "castle", "caterpillar", "cattle", "chair", "chimpanzee", "clock"),
    *("cloud", "cockroach", "couch", "crab", "crocodile", "cup", "dinosaur", "dolphin", "elephant", "flatfish"),
    *("forest", "fox", "girl", "hamster", "house", "kangaroo", "keyboard", "lamp", "lawn_mower", "leopard", "lion"),
    *("lizard", "lobster", "man", "maple_tree", "motorcycle", "mountain", "mouse", "mushroom", "oak_tree", "orange"),
    *("orchid", "otter", "palm_tree", "pear", "pickup_truck", "pine_tree", "plain", "plate", "poppy", "porcupine"),
    *("possum", "rabbit", "raccoon", "ray", "road", "rocket", "rose", "sea", "seal", "shark", "shrew", "skunk"),
    *("skyscraper", "snail", "snake", "spider", "squirrel", "streetcar", "sunflower", "sweet_pepper", "table", "tank"),
    *("telephone", "television", "tiger", "tractor", "train", "trout", "tulip", "turtle", "wardrobe", "whale"),
    *("willow_tree", "wolf", "woman", "worm"),
)
FILES = CifarFiles(
    name="cifar100",
    classes=CLASSES,
    pickles="cifar-100-python",
    binaries="cifar-100-binary",
    labels_key=b"fine_labels",
    label_bytes=2,  # the coarse class, then the fine one
    files={"train": ("train",), "test": ("test",)},
)
SOURCE = cifar_source(FILES, "CIFAR-100, a hundred classes of 32x32 pictures, lossless")
