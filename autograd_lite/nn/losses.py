"""Losses as modules: called with predictions and targets, they give a number to minimise.

Each is an operation of ops/ with its options; what it takes, returns and raises is written there. Options that stand
behind PyTorch's deprecated `size_average` and `reduce` are passed by name.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, ClassVar

from ..ops import cross_entropy, ctc, losses, margin_losses
from ..tensor import Tensor
from .module import Module


class Loss(Module):
    """An operation on its operands, with the arguments of the constructor, which are attributes of the same names."""

    function: ClassVar[Callable[..., Any]]
    names: ClassVar[tuple[str, ...]] = ()
    reductions: ClassVar[tuple[str, ...]] = losses.REDUCTIONS
    weight: Tensor | None
    reduction: str

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.names = tuple(inspect.signature(cls).parameters)

    def _reduce(self, reduction: str) -> None:
        """Keep the reduction. Raises ValueError for one that is not known."""
        try:
            losses.check_reduction(reduction, self.reductions)
        except ValueError as error:
            raise ValueError(f"{type(self).__name__}: {error}") from None
        self.reduction = reduction

    def forward(self, *operands: Any) -> Any:
        """The operation on predictions, targets and what else it takes."""
        return self.function(*operands, **{name: getattr(self, name) for name in self.names})

    def extra_repr(self) -> str:
        """The options that are no arrays."""
        options = ((name, getattr(self, name)) for name in self.names)
        return ", ".join(f"{name}={option!r}" for name, option in options if not isinstance(option, Tensor))


class Plain(Loss):
    """A loss without other options."""

    def __init__(self, *, reduction: str = "mean"):
        self._reduce(reduction)


class Margin(Loss):
    """A loss with a margin of 1."""

    def __init__(self, margin: float = 1.0, *, reduction: str = "mean"):
        self.margin = margin
        self._reduce(reduction)


class Relative(Loss):
    """A loss with a margin of 0."""

    def __init__(self, margin: float = 0.0, *, reduction: str = "mean"):
        self.margin = margin
        self._reduce(reduction)


class Weighted(Loss):
    """A loss with weights, which are a buffer."""

    def __init__(self, weight: Any = None, *, reduction: str = "mean"):
        self.register_buffer("weight", weight)
        self._reduce(reduction)


# -- numbers -----------------------------------------------------------------------------------------------------


class MSELoss(Plain):
    """Squared error: `ag.mse_loss` of x and target."""

    function = staticmethod(losses.mse_loss)


class L1Loss(Plain):
    """Absolute error: `ag.l1_loss` of x and target."""

    function = staticmethod(losses.l1_loss)


class SmoothL1Loss(Loss):
    """Absolute error, rounded off up to a distance `beta`: `ag.smooth_l1_loss` of x and target."""

    function = staticmethod(losses.smooth_l1_loss)

    def __init__(self, *, reduction: str = "mean", beta: float = 1.0):
        self._reduce(reduction)
        self.beta = beta


class HuberLoss(Loss):
    """Half the squared error up to a distance `delta`, then a line: `ag.huber_loss` of x and target."""

    function = staticmethod(losses.huber_loss)

    def __init__(self, reduction: str = "mean", delta: float = 1.0):
        self._reduce(reduction)
        self.delta = delta


class KLDivLoss(Loss):
    """Divergence of log-probabilities from probabilities: `ag.kl_div` of x and target."""

    function = staticmethod(losses.kl_div)
    reductions = (*losses.REDUCTIONS, "batchmean")

    def __init__(self, *, reduction: str = "mean", log_target: bool = False):
        self._reduce(reduction)
        self.log_target = log_target


class PoissonNLLLoss(Loss):
    """Minus the log-likelihood of counts: `ag.poisson_nll_loss` of x and target."""

    function = staticmethod(losses.poisson_nll_loss)

    def __init__(self, log_input: bool = True, full: bool = False, *, eps: float = 1e-8, reduction: str = "mean"):
        self.log_input, self.full, self.eps = log_input, full, eps
        self._reduce(reduction)


class GaussianNLLLoss(Loss):
    """Minus the log-likelihood of normal distributions: `ag.gaussian_nll_loss` of x, target and var."""

    function = staticmethod(losses.gaussian_nll_loss)

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean"):
        self.full, self.eps = full, eps
        self._reduce(reduction)


# -- probabilities -----------------------------------------------------------------------------------------------


class CrossEntropyLoss(Loss):
    """Minus the log-probability that ``softmax(logits)`` gives to a target: `ag.cross_entropy` of logits and target."""

    function = staticmethod(cross_entropy.cross_entropy)

    def __init__(
        self, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean", label_smoothing: float = 0.0
    ):
        self.register_buffer("weight", weight)
        self._reduce(reduction)
        self.ignore_index, self.label_smoothing = ignore_index, label_smoothing


class NLLLoss(Loss):
    """Minus the log-probability of a class: `ag.nll_loss` of log-probabilities and target."""

    function = staticmethod(cross_entropy.nll_loss)

    def __init__(self, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean"):
        self.register_buffer("weight", weight)
        self._reduce(reduction)
        self.ignore_index = ignore_index


class BCELoss(Weighted):
    """Minus the log-likelihood of yes or no: `ag.binary_cross_entropy` of probabilities and target."""

    function = staticmethod(cross_entropy.binary_cross_entropy)


class BCEWithLogitsLoss(Loss):
    """`BCELoss` of ``sigmoid(x)``: `ag.binary_cross_entropy_with_logits` of logits and target."""

    function = staticmethod(cross_entropy.binary_cross_entropy_with_logits)
    pos_weight: Tensor | None

    def __init__(self, weight: Any = None, *, reduction: str = "mean", pos_weight: Any = None):
        self.register_buffer("weight", weight)
        self.register_buffer("pos_weight", pos_weight)
        self._reduce(reduction)


class CTCLoss(Loss):
    """Minus the log-probability of labels over all their alignments: `ag.ctc_loss` of its four arrays."""

    function = staticmethod(ctc.ctc_loss)

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False):
        self.blank, self.zero_infinity = blank, zero_infinity
        self._reduce(reduction)


# -- margins -----------------------------------------------------------------------------------------------------


class HingeLoss(Margin):
    """What is lost on the wrong side of a margin: `ag.hinge_loss` of x and target."""

    function = staticmethod(margin_losses.hinge_loss)


class SquaredHingeLoss(Margin):
    """`HingeLoss` squared: `ag.squared_hinge_loss` of x and target."""

    function = staticmethod(margin_losses.squared_hinge_loss)


class SoftMarginLoss(Plain):
    """Logistic regression with targets of -1 and 1: `ag.soft_margin_loss` of x and target."""

    function = staticmethod(margin_losses.soft_margin_loss)


class HingeEmbeddingLoss(Margin):
    """Distances, small for what is alike: `ag.hinge_embedding_loss` of x and target."""

    function = staticmethod(margin_losses.hinge_embedding_loss)


class MultiMarginLoss(Loss):
    """The multiclass SVM: `ag.multi_margin_loss` of x and target."""

    function = staticmethod(margin_losses.multi_margin_loss)

    def __init__(self, p: float = 1, margin: float = 1.0, weight: Any = None, *, reduction: str = "mean"):
        self.p, self.margin = p, margin
        self.register_buffer("weight", weight)
        self._reduce(reduction)


class MultiLabelMarginLoss(Plain):
    """The SVM with several classes at once: `ag.multilabel_margin_loss` of x and target."""

    function = staticmethod(margin_losses.multilabel_margin_loss)


class MultiLabelSoftMarginLoss(Weighted):
    """Yes or no for each class: `ag.multilabel_soft_margin_loss` of x and target."""

    function = staticmethod(margin_losses.multilabel_soft_margin_loss)


class MarginRankingLoss(Relative):
    """Which of two is above the other: `ag.margin_ranking_loss` of a, b and target."""

    function = staticmethod(margin_losses.margin_ranking_loss)


class CosineEmbeddingLoss(Relative):
    """Angles, small for what is alike: `ag.cosine_embedding_loss` of a, b and target."""

    function = staticmethod(margin_losses.cosine_embedding_loss)


class TripletMarginLoss(Loss):
    """Nearer to what is alike than to what is not: `ag.triplet_margin_loss` of anchor, positive and negative."""

    function = staticmethod(margin_losses.triplet_margin_loss)

    def __init__(
        self, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6, swap: bool = False, *, reduction: str = "mean"
    ):
        self.margin, self.p, self.eps, self.swap = margin, p, eps, swap
        self._reduce(reduction)


class TripletMarginWithDistanceLoss(Loss):
    """`TripletMarginLoss` with any distance: `ag.triplet_margin_with_distance_loss` of the same three arrays."""

    function = staticmethod(margin_losses.triplet_margin_with_distance_loss)

    def __init__(
        self,
        *,
        distance_function: Callable[[Any, Any], Any] | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ):
        self.distance_function, self.margin, self.swap = distance_function, margin, swap
        self._reduce(reduction)
