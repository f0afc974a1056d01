"""Architectures of the literature, each a short file of ordinary code."""

from ..nn.module import evaluating
from ..nn.recurrent import detached
from .alexnet import AlexNet
from .autoencoder import ConvAutoencoder, DenseAutoencoder
from .cifar10net import CIFAR10Net
from .classifier import SequenceClassifier
from .cnn1d import CNN1d
from .fcn import FCN
from .inception import GoogLeNet, Inception
from .language_model import LanguageModel
from .lenet5 import LeNet5
from .mlp import MLP
from .ngram import NGram
from .resnet import ResNet, SmallResNet
from .rnn_lm import RNNLM, CharLM
from .sampling import generate
from .seq2seq import Seq2Seq
from .tagger import Tagger
from .tokens import padded, token_loss
from .transformer_lm import TransformerLM
from .unet import UNet
from .vgg import VGG

__all__ = [
    "FCN",
    "MLP",
    "RNNLM",
    "VGG",
    "AlexNet",
    "CIFAR10Net",
    "CNN1d",
    "CharLM",
    "ConvAutoencoder",
    "DenseAutoencoder",
    "GoogLeNet",
    "Inception",
    "LanguageModel",
    "LeNet5",
    "NGram",
    "ResNet",
    "Seq2Seq",
    "SequenceClassifier",
    "SmallResNet",
    "Tagger",
    "TransformerLM",
    "UNet",
    "detached",
    "evaluating",
    "generate",
    "padded",
    "token_loss",
]
