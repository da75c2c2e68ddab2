"""The Gaussian mixture, total variation and the terms of SSIR, against SciPy and the letter."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from restorekit.errors import ConfigError, DataError
from restorekit.losses import RainMixtureLoss, TotalVariationLoss, ZeroMeanMixture
from restorekit.registry import MODELS


def expectation(values, variances, weights):
    densities = [
        w * stats.norm.pdf(values, 0, v**0.5) for w, v in zip(weights, variances, strict=True)
    ]
    return np.stack(densities) / np.sum(densities, axis=0)


def maximisation(values, given):
    variances = [np.average(values**2, weights=g) + 1e-6 for g in given]
    return np.array(variances), given.mean(axis=1)


def mixed(count=4000, seed=0, variances=(4e-4, 0.02, 0.5), weights=(0.5, 0.3, 0.2)):
    rng = np.random.default_rng(seed)
    kinds = rng.choice(len(weights), count, p=weights)
    return rng.normal(0, np.sqrt(variances)[kinds])


def as_image(values):
    return torch.from_numpy(values).float().reshape(2, 1, -1, 50)


def test_each_update_is_one_round_of_em():
    values = mixed()
    mixture = ZeroMeanMixture(3)
    variances, weights = mixture.variances.double().numpy(), mixture.weights.double().numpy()
    np.testing.assert_allclose(variances, [1e-3, 10**-1.5, 1], rtol=1e-6)
    for _ in range(4):
        found = mixture.update(as_image(values))
        variances, weights = maximisation(values, expectation(values, variances, weights))
        given = expectation(values, variances, weights)
        np.testing.assert_allclose(mixture.variances, variances, rtol=1e-4)
        np.testing.assert_allclose(mixture.weights, weights, rtol=1e-4)
        np.testing.assert_allclose(found.flatten(1), given, atol=1e-4)
        assert found.shape == (3, 2, 1, 40, 50)


def test_em_finds_the_mixture_that_the_values_come_from():
    mixture = ZeroMeanMixture(3)
    for seed in range(150):
        mixture.update(as_image(mixed(seed=seed)))
    np.testing.assert_allclose(mixture.variances, [4e-4, 0.02, 0.5], rtol=0.2)
    np.testing.assert_allclose(mixture.weights, [0.5, 0.3, 0.2], rtol=0.1)


def test_one_component_is_the_mean_square():
    mixture = ZeroMeanMixture(1)
    values = as_image(mixed())
    assert torch.equal(mixture.update(values), torch.ones(1, *values.shape))
    torch.testing.assert_close(mixture.variances, values.square().mean()[None] + 1e-6)


@pytest.mark.parametrize("value", [0.0, 1e-12, 50.0])
def test_values_that_leave_components_empty_give_numbers(value):
    mixture = ZeroMeanMixture(3)
    for _ in range(20):
        given = mixture.update(torch.full((1, 3, 4, 4), value))
        assert given.isfinite().all()
    assert mixture.variances.isfinite().all()
    assert (mixture.variances >= 1e-6).all()
    np.testing.assert_allclose(mixture.weights.sum(), 1, rtol=1e-6)


def test_processes_add_up_their_sums(monkeypatch):
    """The sums of a second process, whose values are others."""
    halves = [as_image(mixed(seed=seed)) for seed in (1, 2)]
    other = ZeroMeanMixture(3)
    given = other.responsibilities(halves[1]).flatten(1)
    sums = torch.stack([given.sum(1), (given * halves[1].flatten().square()).sum(1)])
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "all_reduce", lambda tensor: tensor.add_(sums))
    shared = ZeroMeanMixture(3)
    shared.update(halves[0])
    monkeypatch.undo()
    whole = ZeroMeanMixture(3)
    whole.update(torch.cat(halves))
    torch.testing.assert_close(shared.variances, whole.variances)
    torch.testing.assert_close(shared.weights, whole.weights)


def test_divergences_are_pytorchs():
    mixture = ZeroMeanMixture(3)
    mean, variance = torch.tensor(0.1), torch.tensor(0.03)
    normal = torch.distributions.Normal
    expected = torch.stack(
        [
            torch.distributions.kl_divergence(
                normal(mean, variance.sqrt()), normal(torch.tensor(0.0), v.sqrt())
            )
            for v in mixture.variances
        ]
    )
    torch.testing.assert_close(mixture.divergences(mean, variance), expected)


def test_total_variation_by_hand():
    image = torch.tensor([[0.0, 1.0, 0.0], [0.5, 0.5, 0.5]])
    images = torch.stack([image, 2 * image])[:, None].expand(2, 3, 2, 3)
    # Down: 0.5 three times; along the rows: 1 twice; three channels; the second image twice.
    expected = 3 * (1.5 + 2) * (1 + 2) / 2
    assert TotalVariationLoss()(images).item() == pytest.approx(expected)
    assert TotalVariationLoss(0.1)(images.bfloat16(), images).dtype == torch.float32


def batch(seed=0):
    rng = np.random.default_rng(seed)
    shape = (2, 3, 6, 8)
    photographs, pred, lq, gt = (
        torch.from_numpy(rng.random(shape).astype(np.float32)) for _ in range(4)
    )
    return pred.requires_grad_(), photographs, lq, gt


def test_the_terms_by_the_letter():
    loss = RainMixtureLoss()
    pred, photographs, lq, gt = batch()
    losses = loss(pred, photographs, lq, gt)
    assert list(losses) == ["loss_mixture", "loss_tv", "loss_kl"]
    residual = (photographs - pred).detach().double().numpy().ravel()
    start = ZeroMeanMixture(3)
    variances, weights = maximisation(
        residual, expectation(residual, start.variances.numpy(), start.weights.numpy())
    )
    given = expectation(residual, variances, weights)
    terms = sum(g * residual**2 * 0.5 / v for g, v in zip(given, variances, strict=True))
    assert losses["loss_mixture"].item() == pytest.approx(0.5 * terms.mean(), rel=1e-4)
    gradient = torch.autograd.grad(losses["loss_mixture"], pred, retain_graph=True)[0]
    # γ and σ² are constants of the step.
    slope = -0.5 * residual * sum(g / v for g, v in zip(given, variances, strict=True))
    np.testing.assert_allclose(gradient.flatten(), slope / residual.size, rtol=1e-3)
    assert losses["loss_tv"].item() == pytest.approx(1e-5 * TotalVariationLoss()(pred).item())
    rain = (lq - gt).double().numpy()
    divergences = 0.5 * (
        (rain.var() + rain.mean() ** 2) / variances - 1 - np.log(rain.var() / variances)
    )
    assert losses["loss_kl"].item() == pytest.approx(1e-9 * divergences.min(), rel=1e-3)
    assert not losses["loss_kl"].requires_grad


def test_the_mixture_is_fitted_to_the_photographs_first():
    loss = RainMixtureLoss(warmup_iters=2)
    expected = ZeroMeanMixture(3)
    for step in range(3):
        pred, photographs, lq, gt = batch(step)
        loss(pred, photographs, lq, gt)
        expected.update(photographs if step < 2 else (photographs - pred).detach())
        torch.testing.assert_close(loss.mixture.variances, expected.variances)
    assert loss.iteration == 3


def test_state_goes_through_a_state_dict():
    loss = MODELS.build({"type": "RainMixtureLoss", "warmup_iters": 1})
    loss(*batch(0))
    loss(*batch(1))
    again = RainMixtureLoss(warmup_iters=1)
    again.load_state_dict(loss.state_dict())
    one, other = loss(*batch(2)), again(*batch(2))
    assert one == other
    assert not list(loss.parameters())


def test_images_without_any_rain_give_numbers():
    pred, photographs, _, gt = batch()
    losses = RainMixtureLoss()(pred, photographs, gt, gt.clone())
    assert all(value.isfinite() for value in losses.values())


def test_mistakes_are_explained():
    with pytest.raises(ConfigError, match="num_components=0"):
        ZeroMeanMixture(0)
    pred, photographs, lq, gt = batch()
    with pytest.raises(DataError, match="RainMixtureLoss needs"):
        RainMixtureLoss()(pred, photographs[:1], lq, gt)
