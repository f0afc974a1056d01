"""Images resized, warped and rearranged: PyTorch's values and gradients, with all options."""

import itertools

import numpy as np
import pytest

import autograd_lite as ag

RNG = np.random.default_rng(0)
SHAPES = {1: (2, 2, 5), 2: (2, 2, 4, 5), 3: (1, 2, 3, 4, 5)}
IMAGES = {axes: RNG.standard_normal(shape) for axes, shape in SHAPES.items()}
LINEAR = {1: ("linear",), 2: ("bilinear", "bicubic"), 3: ("trilinear",)}

RESIZED = [
    *(
        (axes, {"mode": mode, **size})
        for axes in SHAPES
        for mode in ("nearest", "nearest-exact", "area", *LINEAR[axes])
        for size in ({"size": 7}, {"size": (2, 9, 3)[-axes:]}, {"scale_factor": 1.7}, {"scale_factor": 0.55})
    ),
    *((axes, {"mode": mode, "size": 7, "align_corners": True}) for axes in SHAPES for mode in LINEAR[axes]),
    *((axes, {"mode": mode, "size": 1, "align_corners": True}) for axes in SHAPES for mode in LINEAR[axes]),
    *(
        (2, {"mode": mode, "antialias": True, **size})
        for mode in LINEAR[2]
        for size in ({"size": (2, 3)}, {"size": (9, 2)}, {"scale_factor": 0.4}, {"size": 3, "align_corners": True})
    ),
    (2, {"scale_factor": 1.3, "recompute_scale_factor": True, "mode": "bilinear"}),
    (2, {"scale_factor": (2.0, 0.7)}),
    (1, {"scale_factor": 1.1, "mode": "linear"}),
    (3, {"scale_factor": (1.1, 2.0, 1.05), "mode": "trilinear"}),
    (2, {"size": (4, 5), "mode": "bilinear"}),
]


@pytest.mark.filterwarnings("ignore:The default behavior for interpolate:UserWarning")
@pytest.mark.parametrize(("axes", "options"), RESIZED)
def test_interpolate(axes, options, agrees_with_torch):
    agrees_with_torch(
        lambda x: ag.interpolate(x, **options),
        lambda torch, x: torch.nn.functional.interpolate(x, **options),
        IMAGES[axes],
    )


@pytest.mark.parametrize("new", range(1, 40))
@pytest.mark.parametrize("mode", ["nearest", "nearest-exact"])
def test_the_nearest_pixel_at_every_ratio(mode, new):
    torch = pytest.importorskip("torch")
    x = np.arange(17.0)[None, None]
    expected = torch.nn.functional.interpolate(torch.tensor(x), new, mode=mode)
    np.testing.assert_array_equal(ag.interpolate(x, new, mode=mode), expected)


def test_a_linear_ramp_stays_one():
    x = np.arange(5.0)[None, None]
    np.testing.assert_allclose(ag.interpolate(x, 9, mode="linear", align_corners=True)[0, 0], np.linspace(0, 4, 9))


def points(shape, scale=1.3):
    axes = len(shape) - 2
    return scale * RNG.uniform(-1, 1, (shape[0], 3, 2, 2, axes)[: axes + 1] + (axes,))


SAMPLED = [
    (axes, mode, padding, corners)
    for axes, mode in ((2, "bilinear"), (2, "nearest"), (2, "bicubic"), (3, "bilinear"), (3, "nearest"))
    for padding, corners in itertools.product(("zeros", "border", "reflection"), (False, True))
]


@pytest.mark.parametrize(("axes", "mode", "padding", "corners"), SAMPLED)
@pytest.mark.parametrize("scale", [0.9, 1.3, 6.0])
def test_grid_sample(axes, mode, padding, corners, scale, agrees_with_torch):
    agrees_with_torch(
        lambda x, grid: ag.grid_sample(x, grid, mode, padding, corners),
        lambda torch, x, grid: torch.nn.functional.grid_sample(x, grid, mode, padding, corners),
        IMAGES[axes],
        points(SHAPES[axes], scale),
        order=1,  # PyTorch has no second derivative of some of these
    )


@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_second_derivatives_of_grid_sample(mode, padding):
    ag.gradgradcheck(lambda x, grid: ag.grid_sample(x, grid, mode, padding), IMAGES[2][:, :1], points(SHAPES[2])[:, :1])


def test_weights_of_integers_are_not_rounded():
    x, theta = np.arange(12).reshape(1, 1, 3, 4), np.array([[[1, 0, 0], [0, 1, 0]]])
    for mode in ("bilinear", "bicubic"):
        np.testing.assert_allclose(ag.interpolate(x, 5, mode=mode), ag.interpolate(x * 1.0, 5, mode=mode))
    np.testing.assert_allclose(ag.affine_grid(theta, x.shape), ag.affine_grid(theta * 1.0, x.shape))


def test_a_size_is_whole():
    with pytest.raises(TypeError, match="interpolate"):
        ag.interpolate(IMAGES[2], 2.5)


@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
def test_sampling_keeps_single_precision(mode):
    x, grid = (ag.tensor(a.astype(np.float32), requires_grad=True) for a in (IMAGES[2], points(SHAPES[2])))
    out = ag.grid_sample(x, grid, mode)
    assert out.dtype == ag.gradients(out.sum(), x)[0].dtype == np.float32


@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
def test_points_that_are_far_away_or_nowhere(mode, padding):
    grid = np.array([[[[np.nan, 0], [1e30, 0], [-1e30, 1e30], [0, np.nan], [np.inf, 0], [0, -np.inf]]]])
    x, grid = ag.tensor(IMAGES[2][:1], requires_grad=True), ag.tensor(grid, requires_grad=True)
    out = ag.grid_sample(x, grid, mode, padding)
    assert np.isfinite(out.data).all()
    for gradient in ag.gradients((out * out).sum(), [x, grid], allow_unused=True):
        assert gradient is None or np.isfinite(gradient.data).all()
    if padding == "zeros":
        np.testing.assert_array_equal(out.data, 0)


@pytest.mark.filterwarnings("ignore:Since version 1.3.0, affine_grid:UserWarning")
@pytest.mark.parametrize("corners", [False, True])
@pytest.mark.parametrize("size", [(2, 1, 3, 4), (2, 1, 1, 4), (2, 2, 2, 3, 4)])
def test_affine_grid(size, corners, agrees_with_torch):
    axes = len(size) - 2
    agrees_with_torch(
        lambda theta: ag.affine_grid(theta, size, corners),
        lambda torch, theta: torch.nn.functional.affine_grid(theta, size, corners),
        RNG.standard_normal((2, axes, axes + 1)),
    )


@pytest.mark.parametrize("corners", [False, True])
def test_the_identity_map_gives_the_image_back(corners):
    x = IMAGES[2]
    theta = np.tile(np.eye(2, 3), (2, 1, 1))
    np.testing.assert_allclose(ag.grid_sample(x, ag.affine_grid(theta, x.shape, corners), align_corners=corners), x)


@pytest.mark.parametrize(
    ("name", "shape", "argument"),
    [
        ("pixel_shuffle", (2, 8, 3, 2), 2),
        ("pixel_shuffle", (9, 1, 2), 3),
        ("pixel_unshuffle", (2, 2, 6, 4), 2),
        ("pixel_unshuffle", (1, 3, 6), 3),
        ("channel_shuffle", (2, 6, 2, 2), 3),
        ("channel_shuffle", (2, 6, 4), 2),
    ],
)
def test_shuffles(name, shape, argument, agrees_with_torch):
    agrees_with_torch(
        lambda x: getattr(ag, name)(x, argument),
        lambda torch, x: getattr(torch.nn.functional, name)(x, argument),
        RNG.standard_normal(shape),
    )


def test_pixel_unshuffle_undoes_pixel_shuffle():
    x = RNG.standard_normal((2, 8, 3, 2))
    np.testing.assert_array_equal(ag.pixel_unshuffle(ag.pixel_shuffle(x, 2), 2), x)


IMAGE = ag.tensor(IMAGES[2])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ag.interpolate(IMAGE), "interpolate: either size or scale_factor"),
        (lambda: ag.interpolate(IMAGE, 3, 2.0), "interpolate: either size or scale_factor"),
        (lambda: ag.interpolate(IMAGE, 3, mode="linear"), "mode 'linear' is for 1 axes of pixels, x has 2"),
        (lambda: ag.interpolate(IMAGE, 3, mode="cubic"), "mode 'cubic' is not known"),
        (lambda: ag.interpolate(IMAGE, (3, 3, 3)), "3 numbers were given for 2 axes"),
        (lambda: ag.interpolate(IMAGE, 0), "no image of"),
        *((lambda f=f: ag.interpolate(IMAGE, None, f), "numbers above 0") for f in (0.0, -1.0, np.nan, np.inf)),
        (lambda: ag.interpolate(IMAGE, 3, align_corners=True), "align_corners means nothing for mode 'nearest'"),
        (lambda: ag.interpolate(IMAGE, 3, antialias=True), "antialias is for"),
        (lambda: ag.interpolate(IMAGE[0, 0], 3), "x must be"),
        (lambda: ag.grid_sample(IMAGE, np.zeros((2, 3, 3))), "the grid must be"),
        (lambda: ag.grid_sample(IMAGE, np.zeros((1, 3, 3, 2))), "the grid must be"),
        (lambda: ag.grid_sample(IMAGE, np.zeros((2, 3, 3, 2)), "linear"), "mode 'linear' is not known"),
        (lambda: ag.grid_sample(IMAGE, np.zeros((2, 3, 3, 2)), padding_mode="wrap"), "padding_mode 'wrap'"),
        (lambda: ag.affine_grid(np.zeros((2, 3)), (2, 1, 3, 3)), "theta must be"),
        (lambda: ag.pixel_shuffle(IMAGE, 2), "2 channels cannot be shared out over 2 x 2 pixels"),
        (lambda: ag.pixel_unshuffle(IMAGE, 3), "an image of 4 x 5 cannot be cut"),
        (lambda: ag.channel_shuffle(IMAGE, 3), "cannot be dealt into 3 equal groups"),
    ],
)
def test_errors(call, words):
    with pytest.raises((ValueError, TypeError), match=words):
        call()
