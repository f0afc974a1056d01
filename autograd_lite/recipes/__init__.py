"""Trainings on real data, ``python -m autograd_lite train NAME``: each a script to read, on the public interface.

A recipe is a module of this folder with its numbers, `Settings`, and a function `train` that prints what it does and
returns a `Result`. The command does what all of them share.
"""

from .result import Figure, Result

# What each name of the command line trains. The module of that name, with "_" for "-", is loaded when it is asked for.
RECIPES = {
    "lenet5": "LeNet-5 tells clothes of Fashion-MNIST apart",
    "resnet": "a small residual network does, too",
    "digits": "a small residual network reads handwritten digits",
    "unet": "a U-Net finds digits on photographs: which one, if any, is each pixel part of?",
    "denoise": "a convolutional autoencoder takes noise out of photographs",
    "breast-cancer": "a multilayer perceptron tells malignant tumours from benign ones",
    "ngrams": "n-gram models bet on the next letter of plays by Shakespeare that they never saw",
    "char-lm": "an LSTM does, too, beside n-gram models",
    "dates": "an encoder and a decoder with attention turn dates in words into ISO 8601",
    "tagger": "an LSTM in both directions tells what is said from who speaks, in plays without marks",
}

__all__ = ["RECIPES", "Figure", "Result"]
