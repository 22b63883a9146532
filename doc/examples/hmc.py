# SPDX-License-Identifier: BSD-3-Clause
"""Hybrid Monte Carlo of lattice phi^4 in NumPy: writes phi4.npy, fields of 4 chains, chain after chain."""
import numpy as np

L, kappa, lam = 16, 0.25, 0.022
chains, kept, separation, steps, eps = 4, 1250, 4, 10, 0.2
rng = np.random.default_rng(1)
axes = (1, 2)  # phi has the shape (chain, x, y)


def neighbours(phi):
    return sum(np.roll(phi, s, axis) for axis in axes for s in (1, -1))


def action(phi):
    return np.sum(-kappa * phi * neighbours(phi) + (1 - 2 * lam) * phi**2 + lam * phi**4, axis=axes)


def force(phi):
    return 2 * kappa * neighbours(phi) - 2 * (1 - 2 * lam) * phi - 4 * lam * phi**3


def trajectory(phi):
    pi = rng.standard_normal(phi.shape)
    old = action(phi) + np.sum(pi**2, axis=axes) / 2
    new, pi = phi, pi + eps / 2 * force(phi)
    for step in range(steps):
        new = new + eps * pi
        pi = pi + (eps if step < steps - 1 else eps / 2) * force(new)
    change = action(new) + np.sum(pi**2, axis=axes) / 2 - old
    accepted = rng.random(chains) < np.exp(-change)
    return np.where(accepted[:, None, None], new, phi)


phi, fields = np.zeros((chains, L, L)), []
for t in range(200 + kept * separation):
    phi = trajectory(phi)
    if t >= 200 and t % separation == 0:
        fields.append(phi)
np.save("phi4.npy", np.swapaxes(fields, 0, 1).reshape(-1, L, L))
