"""The Transformer: encoder and decoder layers of attention and dense layers, and stacks of them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike

from ..core import get_default_dtype
from ..ops.activations import gelu
from ..ops.elementwise import relu
from ..ops.random import Generator
from . import init
from .attention import MultiheadAttention
from .checks import check_sizes
from .containers import ModuleList
from .linear import Linear
from .module import Module
from .normalization import LayerNorm
from .regularization import Dropout

Activation = str | Callable[[Any], Any]
ACTIVATIONS: dict[str, Callable[[Any], Any]] = {"relu": relu, "gelu": gelu}


class _Layer(Module):
    """What both kinds of layers share: steps, each of which is added to `x`, and normalised before or after that."""

    attentions: ClassVar[tuple[str, ...]]  # the steps that attend, before that of the dense layers
    norm1: Module
    norm2: Module
    norm3: Module
    dropout1: Module
    dropout2: Module
    dropout3: Module

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = "relu",
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        *,
        dtype: DTypeLike | None = None,
        rng: Generator | None = None,
    ):
        check_sizes(self, least=1, d_model=d_model, nhead=nhead, dim_feedforward=dim_feedforward)
        if not callable(activation) and activation not in ACTIVATIONS:
            raise ValueError(
                f"{type(self).__name__}: activation {activation!r:.60} is not known; pass 'relu', 'gelu' or a function"
            )
        self.norm_first = norm_first
        self.activation = activation if callable(activation) else ACTIVATIONS[activation]
        for name in self.attentions:
            attention = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first, dtype=dtype, rng=rng)
            setattr(self, name, attention)
        self.linear1 = Linear(d_model, dim_feedforward, bias, dtype=dtype, rng=rng)
        self.dropout = Dropout(dropout, rng=rng)
        self.linear2 = Linear(dim_feedforward, d_model, bias, dtype=dtype, rng=rng)
        steps = range(1, len(self.attentions) + 2)
        for i in steps:
            setattr(self, f"norm{i}", LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype))
        for i in steps:
            setattr(self, f"dropout{i}", Dropout(dropout, rng=rng))

    def _step(self, x: Any, norm: Module, step: Callable[[Any], Any]) -> Any:
        """`x` plus what `step` makes of it."""
        return x + step(norm(x)) if self.norm_first else norm(x + step(x))

    def _feedforward(self, x: Any) -> Any:
        return self.linear2(self.dropout(self.activation(self.linear1(x))))


class TransformerEncoderLayer(_Layer):
    """Self-attention, then two dense layers; both are added to what they are given, and normalised.

    src: (S, N, d_model), (N, S, d_model) with batch_first, or (S, d_model). nhead: number of heads. activation:
    "relu", "gelu" or a function, between the dense layers, which have dim_feedforward units inside. dropout: of
    attention weights, inside and after the dense layers, and after the attention, from `rng`. norm_first: normalise
    what goes into a step instead of the sum behind it. bias: of all parts. src_mask, src_key_padding_mask and is_causal
    are `MultiheadAttention`'s. Returns src's shape. Raises the errors of `MultiheadAttention`, and ValueError for an
    unknown activation. Vaswani et al. 2017.
    """

    attentions = ("self_attn",)
    self_attn: MultiheadAttention

    def forward(self, src: Any, src_mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool = False) -> Any:
        """`src` after both steps."""

        def attend(x: Any) -> Any:
            out, _ = self.self_attn(
                x, x, x, src_key_padding_mask, need_weights=False, attn_mask=src_mask, is_causal=is_causal
            )
            return self.dropout1(out)

        x = self._step(src, self.norm1, attend)
        return self._step(x, self.norm2, lambda x: self.dropout2(self._feedforward(x)))


class TransformerDecoderLayer(_Layer):
    """Self-attention, then attention to `memory`, what an encoder returned, then two dense layers.

    tgt: (T, N, d_model); memory: (S, N, d_model); both with the batch in front for batch_first, or without one. The
    masks with `tgt` are those of the self-attention, with `memory` those of the other. Other arguments, result and
    errors as in `TransformerEncoderLayer`. Returns tgt's shape.
    """

    attentions = ("self_attn", "multihead_attn")
    self_attn: MultiheadAttention
    multihead_attn: MultiheadAttention

    def forward(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Any:
        """`tgt` after all three steps."""

        def attend(x: Any) -> Any:
            out, _ = self.self_attn(
                x, x, x, tgt_key_padding_mask, need_weights=False, attn_mask=tgt_mask, is_causal=tgt_is_causal
            )
            return self.dropout1(out)

        def look_up(x: Any) -> Any:
            out, _ = self.multihead_attn(
                x,
                memory,
                memory,
                memory_key_padding_mask,
                need_weights=False,
                attn_mask=memory_mask,
                is_causal=memory_is_causal,
            )
            return self.dropout2(out)

        x = self._step(tgt, self.norm1, attend)
        x = self._step(x, self.norm2, look_up)
        return self._step(x, self.norm3, lambda x: self.dropout3(self._feedforward(x)))


def _copies(module: Module, number: int) -> ModuleList:
    """Independent copies with the same values, which draw from the same generators."""
    generators = {id(rng): rng for part in module.modules() if (rng := getattr(part, "rng", None)) is not None}
    return ModuleList(copy.deepcopy(module, {**generators}) for _ in range(number))


class TransformerEncoder(Module):
    """`num_layers` copies of `encoder_layer`, one after the other, then `norm`, if there is one.

    The copies start with the same values, as PyTorch's. enable_nested_tensor and mask_check are accepted for PyTorch's
    sake. src, masks, result and errors as of the layer. Raises ValueError for a negative number of layers.
    """

    def __init__(
        self,
        encoder_layer: Module,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ):
        check_sizes(self, num_layers=num_layers)
        self.layers, self.num_layers, self.norm = _copies(encoder_layer, num_layers), num_layers, norm

    def forward(
        self, src: Any, mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool | None = None
    ) -> Any:
        """`src` through all layers."""
        for layer in self.layers:
            src = layer(src, mask, src_key_padding_mask, bool(is_causal))
        return src if self.norm is None else self.norm(src)


class TransformerDecoder(Module):
    """`num_layers` copies of `decoder_layer`, one after the other, then `norm`, if there is one.

    The copies start with the same values, as PyTorch's. tgt, memory, masks, result and errors as of the layer. Raises
    ValueError for a negative number of layers.
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None):
        check_sizes(self, num_layers=num_layers)
        self.layers, self.num_layers, self.norm = _copies(decoder_layer, num_layers), num_layers, norm

    def forward(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Any:
        """`tgt` through all layers."""
        for layer in self.layers:
            tgt = layer(
                tgt,
                memory,
                tgt_mask,
                memory_mask,
                tgt_key_padding_mask,
                memory_key_padding_mask,
                bool(tgt_is_causal),
                memory_is_causal,
            )
        return tgt if self.norm is None else self.norm(tgt)


class Transformer(Module):
    """An encoder of the source, and a decoder that looks at what it returns.

    src: (S, N, d_model); tgt: (T, N, d_model); both with the batch in front for batch_first, or without one. Both
    stacks end with a LayerNorm; custom_encoder and custom_decoder take their places. All matrices start with
    `xavier_uniform_`. Other arguments and errors are those of the layers. Returns tgt's shape. Vaswani et al. 2017.
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = "relu",
        custom_encoder: Module | None = None,
        custom_decoder: Module | None = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        *,
        dtype: DTypeLike | None = None,
        rng: Generator | None = None,
    ):
        arguments = (
            d_model,
            nhead,
            dim_feedforward,
            dropout,
            activation,
            layer_norm_eps,
            batch_first,
            norm_first,
            bias,
        )
        self.d_model, self.nhead, self.batch_first = d_model, nhead, batch_first
        self.encoder: Any = custom_encoder
        self.decoder: Any = custom_decoder
        if custom_encoder is None:
            layer: Module = TransformerEncoderLayer(*arguments, dtype=dtype, rng=rng)
            norm = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
            self.encoder = TransformerEncoder(layer, num_encoder_layers, norm)
        if custom_decoder is None:
            layer = TransformerDecoderLayer(*arguments, dtype=dtype, rng=rng)
            norm = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
            self.decoder = TransformerDecoder(layer, num_decoder_layers, norm)
        self.reset_parameters(rng)

    def reset_parameters(self, rng: Generator | None = None) -> None:
        """Draw initial values of all matrices."""
        for parameter in self.parameters():
            if parameter.ndim > 1:
                init.xavier_uniform_(parameter, rng=rng)

    def forward(
        self,
        src: Any,
        tgt: Any,
        src_mask: Any = None,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        src_key_padding_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Any:
        """The decoder's outputs for `tgt`, given `src`."""
        memory = self.encoder(src, src_mask, src_key_padding_mask, src_is_causal)
        return self.decoder(
            tgt,
            memory,
            tgt_mask,
            memory_mask,
            tgt_key_padding_mask,
            memory_key_padding_mask,
            tgt_is_causal,
            memory_is_causal,
        )

    @staticmethod
    def generate_square_subsequent_mask(sz: int, *, dtype: DTypeLike | None = None) -> Any:
        """A causal mask to add to scores: (sz, sz), 0 up to the diagonal and minus infinity above."""
        return np.triu(np.full((sz, sz), -np.inf, get_default_dtype() if dtype is None else dtype), 1)
