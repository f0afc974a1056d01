"""PyTorch's names and ours: the one table that docs/pytorch.md, the hints in errors and the tests read.

A row of CALLS is a call in PyTorch and what gives the same here; the tests run both on the operands that `OPERANDS`
describes. What has the same name and the same arguments in both is not listed. Nothing here imports anything of the
package.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

PAGE = "docs/pytorch.md"

OPERANDS = (
    "x, y, p (between 0 and 1) and the complex z have the shape (3, 4), b (2, 3, 4), c (2, 4, 5), v and w (above 1)"
    " (4,);"
    " s (4, 4) is symmetric, positive definite; k (3, 4) and i (2,) are integers from 0 to 2; m (3, 4) is a mask;"
    " d is (3, 5), image (2, 4, 6, 6), edges (4,) ascending."
)

# -- calls that give the same ---------------------------------------------------------------------------------------

FUNCTIONS = {
    # elementwise
    "torch.absolute(x)": "ag.abs(x)",
    "torch.acos(x / 9)": "ag.arccos(x / 9)",
    "torch.acosh(p + 1)": "ag.arccosh(p + 1)",
    "torch.asin(x / 9)": "ag.arcsin(x / 9)",
    "torch.asinh(x)": "ag.arcsinh(x)",
    "torch.atan(x)": "ag.arctan(x)",
    "torch.atan2(x, y)": "ag.arctan2(x, y)",
    "torch.atanh(x / 9)": "ag.arctanh(x / 9)",
    "torch.addcdiv(x, y, p, value=2)": "x + 2 * y / p",
    "torch.addcmul(x, y, p, value=2)": "x + 2 * y * p",
    "torch.bitwise_left_shift(k, 1)": "ag.left_shift(k, 1)",
    "torch.bitwise_not(m)": "ag.invert(m)",
    "torch.bitwise_right_shift(k, 1)": "ag.right_shift(k, 1)",
    "torch.clamp(x, min=-0.5, max=0.5)": "ag.clip(x, -0.5, 0.5)",
    "torch.clamp_max(x, 0.5)": "ag.minimum(x, 0.5)",
    "torch.clamp_min(x, 0)": "ag.maximum(x, 0)",
    "torch.complex(x, y)": "x + 1j * y",
    "torch.conj_physical(z)": "ag.conj(z)",
    "torch.div(x, p)": "ag.divide(x, p)",
    "torch.div(x, p, rounding_mode='floor')": "ag.floor_divide(x, p)",
    "torch.eq(x, y)": "ag.equal(x, y)",
    "torch.fix(x)": "ag.trunc(x)",
    "torch.ge(x, y)": "ag.greater_equal(x, y)",
    "torch.gt(x, y)": "ag.greater(x, y)",
    "torch.igamma(p, p)": "ag.gammainc(p, p)",
    "torch.igammac(p, p)": "ag.gammaincc(p, p)",
    "torch.le(x, y)": "ag.less_equal(x, y)",
    "torch.lgamma(p)": "ag.gammaln(p)",
    "torch.lt(x, y)": "ag.less(x, y)",
    "torch.mul(x, y)": "ag.multiply(x, y)",
    "torch.mvlgamma(p + 2, 2)": "ag.multigammaln(p + 2, 2)",
    "torch.ne(x, y)": "ag.not_equal(x, y)",
    "torch.neg(x)": "ag.negative(x)",
    "torch.pow(p, 3)": "ag.power(p, 3)",
    "torch.rsqrt(p)": "1 / ag.sqrt(p)",
    "torch.rsub(x, 1)": "1 - x",
    "torch.sub(x, y, alpha=2)": "x - 2 * y",
    "torch.true_divide(x, p)": "ag.divide(x, p)",
    "torch.logit(p, eps=0.1)": "ag.logit(ag.clip(p, 0.1, 0.9))",
    "torch.isreal(z)": "ag.imag(z) == 0",
    # shapes
    "torch.adjoint(z)": "ag.conj(z).mT",
    "torch.broadcast_tensors(x, v)": "ag.broadcast_arrays(x, v)",
    "torch.cat([x, y], dim=1)": "ag.concatenate([x, y], axis=1)",
    "torch.concat([x, y], dim=1)": "ag.concatenate([x, y], axis=1)",
    "torch.chunk(x, 2, dim=1)": "ag.array_split(x, 2, axis=1)",
    "torch.clone(x)": "ag.copy(x)",
    "torch.movedim(b, 0, 2)": "ag.moveaxis(b, 0, 2)",
    "torch.narrow(x, 1, 1, 2)": "x[:, 1:3]",
    "torch.numel(x)": "x.size",
    "torch.permute(b, (2, 0, 1))": "ag.transpose(b, (2, 0, 1))",
    "torch.repeat_interleave(x, 2, dim=1)": "ag.repeat(x, 2, axis=1)",
    "torch.row_stack([x, y])": "ag.vstack([x, y])",
    "torch.select(x, 1, 0)": "x[:, 0]",
    "torch.split(x, [1, 3], dim=1)": "ag.split(x, [1], axis=1)",
    "torch.swapdims(b, 0, 2)": "ag.swapaxes(b, 0, 2)",
    "torch.t(x)": "ag.transpose(x)",
    "torch.tensor_split(x, 3, dim=1)": "ag.array_split(x, 3, axis=1)",
    "torch.transpose(b, 0, 2)": "ag.swapaxes(b, 0, 2)",
    "torch.unbind(x, dim=1)": "ag.unstack(x, axis=1)",
    "torch.unsqueeze(x, dim=1)": "ag.expand_dims(x, 1)",
    "torch.diag(x, diagonal=1)": "ag.diag(x, 1)",
    "torch.tril(x, diagonal=1)": "ag.tril(x, 1)",
    "torch.meshgrid(v, w)": "ag.meshgrid(v, w, indexing='ij')",
    "torch.tril_indices(3, 4)": "np.stack(np.tril_indices(3, m=4))",
    "torch.triu_indices(3, 4)": "np.stack(np.triu_indices(3, m=4))",
    "torch.cartesian_prod(v, w)": "ag.stack(ag.meshgrid(v, w, indexing='ij'), -1).reshape(-1, 2)",
    "torch.constant_pad_nd(x, (1, 2), 3)": "ag.pad(x, ((0, 0), (1, 2)), constant_values=3)",
    "torch.detach(x)": "x.detach()",
    "torch.resolve_conj(x)": "x",
    "torch.split_with_sizes(x, [1, 3], dim=1)": "ag.split(x, [1], axis=1)",
    # choosing
    "torch.argwhere(m)": "ag.argwhere(m)",
    "torch.nonzero(m)": "ag.argwhere(m)",
    "torch.where(m)": "ag.nonzero(m)",
    "torch.take_along_dim(x, k, dim=1)": "ag.take_along_axis(x, k, axis=1)",
    "torch.gather(x, dim=1, index=k)": "ag.gather(x, 1, k)",
    "torch.index_select(x, dim=1, index=i)": "ag.index_select(x, 1, i)",
    "torch.bucketize(x, edges)": "ag.searchsorted(edges, x)",
    "torch.index_put(x, (i,), y[:2])": "ag.setitem(x, i, y[:2])",
    "torch.unravel_index(i, (3, 4))": "np.unravel_index(i, (3, 4))",
    "torch.isin(k, i)": "np.isin(k, i)",
    # reductions
    "torch.aminmax(x)": "(ag.min(x), ag.max(x))",
    "torch.dist(x, y)": "ag.norm(x - y)",
    "torch.equal(x, y)": "ag.array_equal(x, y)",
    "torch.histc(x, 4, -1, 1)": "ag.histogram(x, 4, (-1, 1))[0]",
    "torch.max(x, dim=1)": "(ag.max(x, axis=1), ag.argmax(x, axis=1))",
    "torch.min(x, dim=1)": "(ag.min(x, axis=1), ag.argmin(x, axis=1))",
    "torch.median(x, dim=1)": "ag.kthvalue(x, (4 + 1) // 2, axis=1)",
    "torch.msort(x)": "ag.sort(x, axis=0)",
    "torch.sort(x, dim=1)": "(ag.sort(x, axis=1), ag.argsort(x, axis=1))",
    "torch.std(x, dim=1)": "ag.std(x, axis=1, correction=1)",
    "torch.std_mean(x, dim=1)": "(ag.std(x, axis=1, correction=1), ag.mean(x, axis=1))",
    "torch.var(x, dim=1)": "ag.var(x, axis=1, correction=1)",
    "torch.var_mean(x, dim=1)": "(ag.var(x, axis=1, correction=1), ag.mean(x, axis=1))",
    "torch.norm(x, p=1, dim=1)": "ag.norm(x, 1, axis=1)",
    "torch.frobenius_norm(x, dim=1)": "ag.norm(x, axis=1)",
    "torch.nuclear_norm(x)": "ag.matrix_norm(x, ord='nuc')",
    "torch.is_nonzero(x[0, 0])": "bool(x[0, 0])",
    "torch.nanmedian(v)": "ag.kthvalue(v, (4 + 1) // 2)[0]",
    "torch.trapz(x, dim=1)": "ag.trapezoid(x, axis=1)",
    "torch.argmax(x, dim=1, keepdim=True)": "ag.argmax(x, axis=1, keepdims=True)",
    "torch.sum(x, dim=(0, 1))": "ag.sum(x, axis=(0, 1))",
    # linear algebra
    "torch.addbmm(d, b, c)": "d + ag.sum(b @ c, axis=0)",
    "torch.addmm(d[0], x, c[0])": "d[0] + x @ c[0]",
    "torch.addmv(v[:3], x, w)": "v[:3] + x @ w",
    "torch.addr(s, v, w)": "s + ag.outer(v, w)",
    "torch.baddbmm(d, b, c)": "d + b @ c",
    "torch.bmm(b, c)": "ag.matmul(b, c)",
    "torch.chain_matmul(x, s, s)": "ag.multi_dot([x, s, s])",
    "torch.ger(v, w)": "ag.outer(v, w)",
    "torch.inverse(s)": "ag.inv(s)",
    "torch.logdet(s)": "ag.slogdet(s)[1]",
    "torch.matrix_exp(s)": "ag.expm(s)",
    "torch.mm(x, s)": "ag.matmul(x, s)",
    "torch.mv(x, v)": "ag.matvec(x, v)",
    "torch.pinverse(x)": "ag.pinv(x)",
    "torch.tensordot(x, y, dims=2)": "ag.tensordot(x, y, axes=2)",
    "torch.cross(x[:, :3], y[:, :3], dim=1)": "ag.cross(x[:, :3], y[:, :3], axis=1)",
    "torch.gradient(v)": "[ag.gradient(v)]",
    "torch.svd(x)[2]": "ag.svd(x, full_matrices=False)[2].mT",
    # making
    "torch.tensor([0, 1])": "ag.tensor([0, 1], 'int64')",
    "torch.as_tensor([1.0, 2.0])": "ag.tensor([1.0, 2.0])",
    "torch.asarray([1.0, 2.0])": "ag.tensor([1.0, 2.0])",
    "torch.scalar_tensor(2.0)": "ag.tensor(2.0)",
}

FUNCTIONAL = {
    "F.pad(x, (0, 3, 1, 2))": "ag.pad(x, ((1, 2), (0, 3)))",
    "F.upsample(image, scale_factor=2)": "ag.interpolate(image, scale_factor=2)",
    "F.upsample_nearest(image, scale_factor=2)": "ag.interpolate(image, scale_factor=2)",
    "F.upsample_bilinear(image, scale_factor=2)": (
        "ag.interpolate(image, scale_factor=2, mode='bilinear', align_corners=True)"
    ),
    "F.softmax(x, dim=1)": "ag.softmax(x, axis=1)",
    "F.log_softmax(x, dim=1)": "ag.log_softmax(x, axis=1)",
    "F.normalize(x, dim=1)": "ag.normalize(x, axis=1)",
    "F.glu(x, dim=1)": "ag.glu(x, axis=1)",
    "F.cosine_similarity(x, y, dim=1)": "ag.cosine_similarity(x, y, axis=1)",
    "F.max_pool1d_with_indices(b, 2)": "ag.max_pool1d(b, 2, return_indices=True)",
    "F.max_pool3d_with_indices(image[None], 2)": "ag.max_pool3d(image[None], 2, return_indices=True)",
    "F.adaptive_max_pool1d_with_indices(b, 2)": "ag.adaptive_max_pool1d(b, 2, return_indices=True)",
    "F.adaptive_max_pool2d_with_indices(image, 2)": "ag.adaptive_max_pool2d(image, 2, return_indices=True)",
    "F.max_pool2d_with_indices(image, 2)": "ag.max_pool2d(image, 2, return_indices=True)",
}

LIBRARIES = {
    "torch.linalg.cross(x[:, :3], y[:, :3])": "ag.cross(x[:, :3], y[:, :3])",
    "torch.linalg.diagonal(b)": "ag.diagonal(b, axis1=-2, axis2=-1)",
    "torch.linalg.lstsq(s, x.mT).solution": "ag.lstsq(s, x.mT)[0]",
    "torch.linalg.matrix_norm(x, 1)": "ag.matrix_norm(x, ord=1)",
    "torch.linalg.vander(v)": "ag.vander(v, increasing=True)",
    "torch.linalg.matrix_exp(s)": "ag.expm(s)",
    "torch.linalg.norm(x, dim=1)": "ag.norm(x, axis=1)",
    "torch.linalg.vector_norm(x, 1, dim=1)": "ag.vector_norm(x, axis=1, ord=1)",
    "torch.fft.fft(x, dim=0)": "ag.fft(x, axis=0)",
    "torch.fft.fftfreq(4)": "np.fft.fftfreq(4)",
    "torch.fft.rfftfreq(4)": "np.fft.rfftfreq(4)",
    "torch.special.modified_bessel_i0(x)": "ag.i0(x)",
    "torch.special.modified_bessel_i1(x)": "ag.i1(x)",
    "torch.special.psi(p)": "ag.digamma(p)",
}

METHODS = {
    "x.H": "ag.conj(x).T",
    "x.mH": "ag.conj(x).mT",
    "x.absolute()": "x.abs()",
    "p.acos()": "p.arccos()",
    "w.acosh()": "w.arccosh()",
    "p.asin()": "p.arcsin()",
    "x.asinh()": "x.arcsinh()",
    "x.atan()": "x.arctan()",
    "x.atan2(y)": "ag.arctan2(x, y)",
    "p.atanh()": "p.arctanh()",
    "x.addmm(y, s)": "x + y @ s",
    "x.bool()": "x.astype(bool)",
    "b.bmm(c)": "b @ c",
    "x.detach_()": "x.detach()",
    "x.chunk(2, dim=1)": "ag.array_split(x, 2, axis=1)",
    "x.clamp(-0.5, 0.5)": "x.clip(-0.5, 0.5)",
    "x.clamp_max(0.5)": "ag.minimum(x, 0.5)",
    "x.clamp_min(0)": "ag.maximum(x, 0)",
    "x.clone()": "x.copy()",
    "x.contiguous()": "x",
    "x.cpu()": "x",
    "x.dim()": "x.ndim",
    "x.dist(y)": "ag.norm(x - y)",
    "x.div(y)": "x / y",
    "x.double()": "x.astype('float64')",
    "x.element_size()": "x.dtype.itemsize",
    "x.eq(y)": "x == y",
    "x.expand(2, 3, 4)": "x.broadcast_to((2, 3, 4))",
    "x.expand_as(b)": "x.broadcast_to(b.shape)",
    "x.fix()": "x.trunc()",
    "x.float()": "x.astype('float32')",
    "x.ge(y)": "x >= y",
    "x.gt(y)": "x > y",
    "x.half()": "x.astype('float16')",
    "x.int()": "x.astype('int32')",
    "x.is_complex()": "x.dtype.kind == 'c'",
    "x.is_contiguous()": "True",
    "x.is_floating_point()": "x.dtype.kind == 'f'",
    "x.itemsize": "x.dtype.itemsize",
    "x.le(y)": "x <= y",
    "p.lgamma()": "ag.gammaln(p)",
    "x.long()": "x.astype('int64')",
    "x.lt(y)": "x < y",
    "x.mm(s)": "x @ s",
    "x.movedim(0, 1)": "x.moveaxis(0, 1)",
    "x.mul(y)": "x * y",
    "x.mv(v)": "x @ v",
    "x.narrow(1, 1, 2)": "x[:, 1:3]",
    "x.ndimension()": "x.ndim",
    "x.ne(y)": "x != y",
    "x.neg()": "-x",
    "x.nelement()": "x.size",
    "x.new_full((2,), 3.0)": "ag.full((2,), 3.0, x.dtype)",
    "x.new_ones(2)": "ag.ones(2, x.dtype)",
    "x.new_tensor([1.0])": "ag.tensor([1.0], x.dtype)",
    "x.new_zeros(2)": "ag.zeros(2, x.dtype)",
    "x.norm()": "ag.norm(x)",
    "x.numel()": "x.size",
    "x.permute(1, 0)": "x.transpose(1, 0)",
    "x.pow(2)": "x**2",
    "x.repeat_interleave(2, dim=1)": "x.repeat(2, axis=1)",
    "x.reshape_as(y)": "x.reshape(y.shape)",
    "x.resolve_conj()": "x",
    "p.rsqrt()": "1 / p.sqrt()",
    "x.select(1, 0)": "x[:, 0]",
    "x.short()": "x.astype('int16')",
    "x.sub(y)": "x - y",
    "x.sum_to_size(1, 4)": "x.sum(axis=0, keepdims=True)",
    "x.swapdims(0, 1)": "x.swapaxes(0, 1)",
    "x.t()": "x.T",
    "x.take_along_dim(k, dim=1)": "ag.take_along_axis(x, k, axis=1)",
    "x.tensor_split(2, dim=1)": "ag.array_split(x, 2, axis=1)",
    "x.true_divide(y)": "x / y",
    "x.type_as(y)": "x.astype(y.dtype)",
    "x.unbind()": "x.unstack()",
    "x.unsqueeze(1)": "x.expand_dims(1)",
    "x.view(2, 6)": "x.reshape(2, 6)",
    "x.view_as(y)": "x.reshape(y.shape)",
}

# -- the same name, and something else ------------------------------------------------------------------------------

# A call that both know, and what gives here what it gives in PyTorch.
OTHER_MEANING = {
    "x.size()": "x.shape",
    "x.repeat(2, 1)": "x.tile((2, 1))",
    "x.transpose(0, 1)": "x.swapaxes(0, 1)",
    "x.split(2, dim=1)": "x.split([2], axis=1)",
    "x.max(dim=1)": "(x.max(axis=1), x.argmax(axis=1))",
    "x.min(dim=1)": "(x.min(axis=1), x.argmin(axis=1))",
    "x.sort()": "(x.sort(), x.argsort())",
    "x.squeeze(1)": "x if x.shape[1] > 1 else x.squeeze(1)",
    "x.std()": "x.std(correction=1)",
    "x.var()": "x.var(correction=1)",
    "x.nonzero()": "ag.argwhere(x)",
    "x.median()": "x.ravel().sort()[(12 - 1) // 2]",
    "x.round(decimals=1)": "x.round(1)",
}

# -- statements, and what is not a call on tensors ------------------------------------------------------------------

STATEMENTS = {
    "x.add_(y)": "x += y",
    "x.sub_(y)": "x -= y",
    "x.mul_(y)": "x *= y",
    "x.div_(y)": "x /= y",
    "x.pow_(2)": "x **= 2",
    "x.neg_()": "x *= -1",
    "x.zero_()": "x[...] = 0",
    "x.fill_(1.0)": "x[...] = 1.0",
    "x.copy_(y)": "x[...] = y",
    "x.clamp_(-1, 1)": "x[...] = x.clip(-1, 1)",
    "x.masked_fill_(m, 0.0)": "x[m] = 0.0",
    "x.normal_()": "ag.nn.init.normal_(x)",
    "x.uniform_()": "ag.nn.init.uniform_(x)",
    "x.to(device)": "x",
    "x.to(torch.float64)": "x.astype('float64')",
    "x.type(torch.float64)": "x.astype('float64')",
    "x.cuda()": "x",
    "x.grad_fn": "x.node",
    "x.unfold(0, 2, 1)": "ag.sliding_window_view(x, 2, axis=0)",
    "model.to(device)": "model",
    "model.cuda()": "model",
    "model.cpu()": "model",
    "model.double()": "model.astype('float64')",
    "model.float()": "model.astype('float32')",
    "model.half()": "model.astype('float16')",
    "torch.manual_seed(0)": "ag.seed(0)",
    "torch.inference_mode()": "ag.no_grad()",
    "torch.set_grad_enabled(False)": "ag.no_grad()",
    "torch.autograd.grad(loss, [x])": "ag.gradients(loss, [x])",
    "torch.autograd.gradcheck(f, (x,))": "ag.gradcheck(f, x)",
    "torch.func.grad_and_value(f)(x)": "ag.value_and_grad(f)(x)",
    "torch.func.jacrev(f)(x)": "ag.jacobian(f)(x)",
    "torch.func.jacfwd(f)(x)": "ag.jacobian(f)(x)",
    "torch.utils.checkpoint.checkpoint(f, x)": "ag.checkpoint(f, x)",
    "torch.utils.data.DataLoader(data, 64)": "ag.data.DataLoader(data, 64)",
    "torch.rand_like(x)": "ag.rand(*x.shape)",
    "torch.randn_like(x)": "ag.randn(*x.shape)",
    "torch.is_tensor(x)": "isinstance(x, ag.Tensor)",
    "torch.is_floating_point(x)": "x.dtype.kind == 'f'",
    "torch.is_complex(x)": "x.dtype.kind == 'c'",
    "x.device": "'cpu'",
    "x.is_cuda": "False",
    "x.pin_memory()": "x",
    "torch.float32": "np.float32",
    "torch.float64": "np.float64",
    "torch.double": "np.float64",
    "torch.float": "np.float32",
    "torch.int64": "np.int64",
    "torch.long": "np.int64",
    "torch.int32": "np.int32",
    "torch.bool": "np.bool_",
    "torch.complex128": "np.complex128",
    "torch.nn.functional.relu(x)": "ag.relu(x)",
    "torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)": "ag.optim.clip_grad_norm_(model.parameters(), 1.0)",
    "torch.nn.utils.clip_grad_value_(model.parameters(), 1.0)": "ag.optim.clip_grad_value_(model.parameters(), 1.0)",
    "torch.nn.utils.rnn.pad_sequence(sequences)": "ag.nn.pad_sequence(sequences)",
    "torch.nn.utils.parametrizations.weight_norm(layer)": "ag.nn.weight_norm(layer)",
    "torch.nn.utils.parametrize.register_parametrization(layer, 'weight', f)": (
        "ag.nn.register_parametrization(layer, 'weight', f)"
    ),
    "torch.optim.lr_scheduler.StepLR(optimizer, 10)": "ag.optim.StepLR(optimizer, 10)",
}

# Imports, line by line.
IMPORTS = {
    "import torch": "import autograd_lite as ag",
    "from torch import nn, optim": "from autograd_lite import nn, optim",
    "import torch.nn as nn": "from autograd_lite import nn",
    "import torch.nn.functional as F": "import autograd_lite as F",
    "from torch.optim import lr_scheduler": "from autograd_lite import optim as lr_scheduler",
    "from torch.nn import init": "from autograd_lite.nn import init",
}

CALLS = {**FUNCTIONS, **FUNCTIONAL, **LIBRARIES, **METHODS, **OTHER_MEANING}

# Methods of PyTorch's that are functions here, of the same name: x.det() is ag.det(x).
NO_METHODS = """
        add allclose amax amin angle arctan2 argwhere bernoulli bincount bitwise_and bitwise_or bitwise_xor
    cholesky     cholesky_solve copysign corrcoef cov cross deg2rad det diag diag_embed diagflat diagonal_scatter
    diff digamma divide     dsplit eig equal erfc erfinv fliplr flipud float_power floor_divide fmax fmin fmod
    frac frexp gcd greater     greater_equal hardshrink heaviside histogram hsplit hypot i0 index_copy index_fill
    inner isclose isneginf isposinf     kron kthvalue lcm ldexp lerp less less_equal logaddexp logaddexp2
    logical_and logical_not logical_or logical_xor logit     lstsq lu masked_scatter matrix_power maximum minimum
    multinomial multiply nan_to_num nanmean nanmedian nanquantile     nansum negative nextafter not_equal outer
    polygamma positive prelu put qr rad2deg remainder resize rot90     scatter_reduce sgn signbit sinc slogdet
    solve subtract svd unique vdot vsplit where xlogy
""".split()  # noqa: SIM905  # a list of 100 quoted words is harder to read

# Methods that change a tensor, beside those of STATEMENTS: x.exp_() is x[...] = x.exp().
IN_PLACE = """
        abs_ absolute_ acos_ acosh_ addbmm_ addcdiv_ addcmul_ addmm_ addmv_ addr_ arccos_ arccosh_ arcsin_
    arcsinh_ arctan2_     arctan_ arctanh_ asin_ asinh_ atan2_ atan_ atanh_ baddbmm_ bernoulli_ bitwise_and_
    bitwise_left_shift_ bitwise_not_     bitwise_or_ bitwise_right_shift_ bitwise_xor_ ceil_ clamp_max_ clamp_min_
    clip_ conj_physical_ copysign_ cos_ cosh_     cumprod_ cumsum_ deg2rad_ digamma_ divide_ eq_ erf_ erfc_
    erfinv_ exp2_ exp_ expm1_ fix_ float_power_ floor_     floor_divide_ fmod_ frac_ gcd_ ge_ greater_
    greater_equal_ gt_ heaviside_ hypot_ i0_ igamma_ igammac_ index_add_     index_copy_ index_fill_ index_put_
    lcm_ ldexp_ le_ lerp_ less_ less_equal_ lgamma_ log10_ log1p_ log2_ log_     logical_and_ logical_not_
    logical_or_ logical_xor_ logit_ lt_ masked_scatter_ multiply_ mvlgamma_ nan_to_num_ ne_     negative_
    nextafter_ not_equal_ polygamma_ put_ rad2deg_ reciprocal_ relu_ remainder_ round_ rsqrt_ scatter_
    scatter_add_ scatter_reduce_ sgn_ sigmoid_ sign_ sin_ sinc_ sinh_ sqrt_ square_ squeeze_ subtract_ swapaxes_
    swapdims_     t_ tan_ tanh_ transpose_ tril_ triu_ true_divide_ trunc_ unsqueeze_ xlogy_
""".split()  # noqa: SIM905

# Modules of PyTorch's, and where their contents are.
MODULES = {
    "autograd": "ag.gradients, ag.grad, ag.gradcheck",
    "cuda": "nothing: all tensors are in main memory",
    "distributions": "ag.normal, ag.uniform, ag.bernoulli, ...",
    "func": "ag.grad, ag.vjp, ag.jvp, ag.jacobian, ag.hessian",
    "functional": "autograd_lite itself: import autograd_lite as F",
    "linalg": "autograd_lite itself: ag.solve, ag.svd, ag.norm, ...",
    "lr_scheduler": "ag.optim itself: ag.optim.StepLR, ...",
    "parameter": "ag.nn.Parameter",
    "special": "autograd_lite itself: ag.erf, ag.gammaln, ...",
    "utils": "ag.data.DataLoader, ag.checkpoint, ag.optim.clip_grad_norm_, ag.nn.pad_sequence, ag.nn.weight_norm, ...",
}

# -- arguments -------------------------------------------------------------------------------------------------------

ARGUMENTS = (
    ("dim=1", "axis=1"),
    ("dims=(0, 1)", "axis=(0, 1)"),
    ("dims=(0, 1)", "axes=(0, 1)"),
    ("dim1=0", "axis1=0"),
    ("dim2=1", "axis2=1"),
    ("keepdim=True", "keepdims=True"),
    ("unbiased=True", "correction=1"),
    ("min=0", "a_min=0"),
    ("max=1", "a_max=1"),
    ("diagonal=1", "k=1"),
    ("shifts=1", "shift=1"),
    ("right=True", "side='right'"),
)
# What says where and how PyTorch is to compute or store a result: leave it out.
LEFT_OUT = ("device", "inplace", "layout", "memory_format", "non_blocking", "out", "pin_memory")

# -- what has no counterpart -----------------------------------------------------------------------------------------

VERSION = "2.13"  # of PyTorch, in which these were counted
# Public names of each namespace: how many, and those without a counterpart. Names of internals (of other libraries'
# kernels, quantized and in-place variants of functions) are not counted.
PUBLIC = {
    "torch": 408,
    "torch.Tensor": 591,
    "torch.nn.functional": 113,
    "torch.linalg": 41,
    "torch.fft": 20,
    "torch.special": 56,
    "torch.nn": 163,
    "torch.nn.init": 15,
    "torch.optim": 16,
    "torch.optim.lr_scheduler": 16,
}
WITHOUT: dict[str, str] = {
    "torch": """
        affine_grid_generator as_strided_scatter autocast binomial cholesky_inverse combinations conv_tbc
        convolution cumulative_trapezoid dsmm feature_dropout geqrf get_device grid_sampler grid_sampler_2d
        grid_sampler_3d hash_tensor histogramdd hsmm hspmm index_reduce is_conj is_distributed is_inference
        is_neg is_same_size is_signed istft lobpcg lu_solve lu_unpack max_pool1d_with_indices mode
        nonzero_static norm_except_dim orgqr ormqr poisson renorm resolve_neg rnn_relu rnn_relu_cell rnn_tanh
        rnn_tanh_cell saddmm select_scatter slice_inverse slice_scatter smm spmm sspaddmm stft triangular_solve
        unique_consecutive
    """,
    "torch.Tensor": """
        apply_ as_strided as_strided_ as_strided_scatter as_subclass bfloat16 byte cauchy_ ccol_indices cdouble
        cfloat chalf char cholesky_inverse coalesce col_indices const_data_ptr crow_indices data_ptr dense_dim
        dim_order exponential_ fill_diagonal_ geometric_ geqrf get_device grad_dtype hash_tensor index
        index_reduce index_reduce_ indices ipu is_coalesced is_conj is_cpu is_distributed is_inference is_ipu
        is_maia is_meta is_mkldnn is_mps is_mtia is_neg is_nested is_pinned is_quantized is_same_size is_set_to
        is_shared is_signed is_sparse is_sparse_csr is_vulkan is_xla is_xpu istft layout log_normal_ lu_solve
        map2_ map_ mode module_load mtia new new_empty new_empty_strided nonzero_static orgqr ormqr output_nr
        qscheme random_ record_stream register_hook register_post_accumulate_grad_hook reinforce renorm renorm_
        resize_ resize_as resize_as_ resize_as_sparse_ resolve_neg retains_grad row_indices select_scatter set_
        share_memory_ slice_inverse slice_scatter smm sparse_dim sparse_mask sparse_resize_
        sparse_resize_and_clear_ sspaddmm stft storage storage_offset storage_type stride symeig to_dense
        to_mkldnn to_padded_tensor to_sparse to_sparse_bsc to_sparse_bsr to_sparse_coo to_sparse_csc
        to_sparse_csr triangular_solve unique_consecutive untyped_storage values volatile xpu
    """,
    "torch.nn.functional": """
        adaptive_max_pool3d_with_indices conv_tbc fractional_max_pool2d fractional_max_pool2d_with_indices
        fractional_max_pool3d fractional_max_pool3d_with_indices linear_cross_entropy
        multi_head_attention_forward
    """,
    "torch.linalg": """
        cholesky_ex householder_product inv_ex ldl_factor ldl_factor_ex ldl_solve lu_factor lu_factor_ex
        lu_solve solve_ex
    """,
    "torch.fft": """
        hfft2 hfftn ihfft2 ihfftn
    """,
    "torch.special": """
        airy_ai bessel_j0 bessel_j1 bessel_y0 bessel_y1 chebyshev_polynomial_t chebyshev_polynomial_u
        chebyshev_polynomial_v chebyshev_polynomial_w hermite_polynomial_h hermite_polynomial_he
        laguerre_polynomial_l legendre_polynomial_p modified_bessel_k0 modified_bessel_k1
        scaled_modified_bessel_k0 scaled_modified_bessel_k1 shifted_chebyshev_polynomial_t
        shifted_chebyshev_polynomial_u shifted_chebyshev_polynomial_v shifted_chebyshev_polynomial_w
        spherical_bessel_j0
    """,
    "torch.nn": """
        AdaptiveLogSoftmaxWithLoss Container CrossMapLRN2d FractionalMaxPool2d FractionalMaxPool3d
        LazyBatchNorm1d LazyBatchNorm2d LazyBatchNorm3d LazyConv1d LazyConv2d LazyConv3d LazyConvTranspose1d
        LazyConvTranspose2d LazyConvTranspose3d LazyInstanceNorm1d LazyInstanceNorm2d LazyInstanceNorm3d
        LazyLinear LinearCrossEntropyLoss LinearCrossEntropyOptions NLLLoss2d RNNBase RNNCellBase SyncBatchNorm
    """,
    "torch.optim": """
        Adafactor SparseAdam
    """,
}


# -- hints -----------------------------------------------------------------------------------------------------------


def called(call: str) -> str:
    """The name in a row of the table: "x.view" of "x.view(2, 6)"."""
    return call.partition("(")[0]


@functools.cache
def _by_name(root: str) -> dict[str, tuple[str, str]]:
    """The rows of a root ("x": methods of tensors, "model", or "torch") by the last part of the name."""
    rows = {**CALLS, **STATEMENTS}.items()
    return {called(theirs).rpartition(".")[2]: (theirs, ours) for theirs, ours in rows if _root(theirs) == root}


def _root(call: str) -> str:
    first = call.partition(".")[0]
    return first if first == "model" else "torch" if first in ("torch", "F") else "x"


class Elsewhere:
    """In the place of a method that PyTorch has: missing, for `hasattr` too, and the error says what is instead.

    (`__getattr__` would do, but attributes of a class that has it are slower: 0.1 us for each operation on tensors.)
    """

    def __init__(self, kind: str, root: str, name: str):
        self.kind, self.root, self.name = kind, root, name

    def __get__(self, instance: object, owner: type) -> Any:
        raise AttributeError(f"{self.kind} has no {self.name!r}; {self.instead()} ({PAGE})")

    def instead(self) -> str:
        """What the table says, or what all methods of the kind have in common."""
        row = _by_name(self.root).get(self.name) or _by_name("torch").get(self.name)
        if row:
            return f"PyTorch's {row[0]} is {row[1]} here"
        if self.name in IN_PLACE:
            return f"tensors are values; write x = x.{self.name[:-1]}(...), or what stands for that"
        return f"write ag.{self.name}(x, ...)"


def add_missing(kind: type, root: str) -> None:
    """Let a class say, for each of PyTorch's methods that it lacks, what is instead."""
    names = {*_by_name(root), *(() if root == "model" else (*_by_name("torch"), *NO_METHODS, *IN_PLACE))}
    for name in names.difference(dir(kind)):
        setattr(kind, name, Elsewhere(kind.__name__, root, name))


def no_name(module: str, name: str, known: Iterable[str]) -> str:
    """What the error says for a name that a module of the package lacks."""
    if row := _by_name("torch").get(name):
        instead = f"; PyTorch's {row[0]} is {row[1]} here ({PAGE})"
    elif name in MODULES:
        instead = f"; what PyTorch has there is here {MODULES[name]} ({PAGE})"
    elif close := [] if name.startswith("_") else get_close_matches(name, known, n=1):
        instead = f"; did you mean {close[0]!r}?"
    else:
        instead = ""
    return f"module {module!r} has no attribute {name!r}{instead}"


def renames(known: Iterable[str]) -> bool:
    """Whether PyTorch calls one of these arguments otherwise."""
    return not {ours.partition("=")[0] for _, ours in ARGUMENTS}.isdisjoint(known)


def no_argument(function: str, given: Iterable[str], known: Iterable[str]) -> TypeError:
    """The error for arguments by name of which the first unknown one counts; `known` are the function's."""
    known = tuple(known)
    name = next(name for name in given if name not in known)
    return TypeError(f"{function}() got an unexpected keyword argument {name!r}; {_argument_instead(name, known)}")


def _argument_instead(name: str, known: tuple[str, ...]) -> str:
    for theirs, ours in ARGUMENTS:
        if theirs.startswith(f"{name}=") and ours.partition("=")[0] in known:
            return f"PyTorch's {theirs} is {ours} here"
    if name in LEFT_OUT:
        return "nothing answers to it here, leave it out"
    close = get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}=?" if close else f"it takes {', '.join(known)}"
