#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Evaluates the denoiser D(phi; a, s) = E[phi_0 | phi] of a diffusion model that `squall export --to safetensors`
wrote, on a field of the training lattice; NumPy alone. The score is (a D - phi)/s^2. doc/export.md has the layout.

usage: denoise.py model.safetensors     compares with the field in the file: |difference| is below 1e-5"""
import json, sys
import numpy as np

def read(path):
    with open(path, "rb") as f:
        head = json.loads(f.read(int.from_bytes(f.read(8), "little")))
        data = f.read()
    said, kind = head.pop("__metadata__"), {"F32": "<f4", "F64": "<f8", "I64": "<i8"}
    return said, {k: np.frombuffer(data[slice(*t["data_offsets"])], kind[t["dtype"]]).reshape(t["shape"])
                  for k, t in head.items()}

def convolve(x, w):                             # x[components, channels, L_0, ...]; w[3, ..., channels, outputs]
    sites, shift = range(2, x.ndim), np.ndindex(*w.shape[:-2])
    return sum(np.einsum("ni...,io->no...", np.roll(x, [1 - k for k in t], sites), w[t]) for t in shift)

def activate(x, name, t, h, odd):               # gains and shifts depend on the level of noise through h
    gain, shift = ((t[f"{name}.{k}.weight"] @ h + t[f"{name}.{k}.bias"]).reshape((-1,) + (1,) * (x.ndim - 2))
                   for k in ("gain", "shift"))
    v = gain * x / np.sqrt((x**2).mean((0, 1)) + 1)
    return v / (1 + np.exp(-np.sqrt((v**2).mean(0)) - shift)) if odd else (v + shift) / (1 + np.exp(-v - shift))

def network(x, level, said, t):                 # F(x): x[components, 2, L_0, ...] -> [components, 1, L_0, ...]
    odd, levels, blocks, sites = int(said["odd"]), int(said["levels"]), int(said["blocks"]), range(2, x.ndim)
    h = t["level.weight"] @ np.cos(np.pi * level * np.arange(16)) + t["level.bias"]
    h, skip = h / (1 + np.exp(-h)), []
    x = convolve(x if odd else np.concatenate([x, np.ones_like(x[:, :1])], 1), t["first.weight"])
    for run in range(2 * levels - 1):           # down to the coarsest lattice, and up again
        for unit in (f"run.{run}.unit.{k}" for k in range(blocks)):
            y = convolve(activate(x, unit + ".act.0", t, h, odd), t[unit + ".conv.0.weight"])
            x = x + convolve(activate(y, unit + ".act.1", t, h, odd), t[unit + ".conv.1.weight"])
        if run < levels - 1:                    # means over cells of 2^d sites
            skip.append(x)
            for axis in sites: x = x.reshape(x.shape[:axis] + (-1, 2) + x.shape[axis + 1:]).mean(axis + 1)
        if run < 2 * levels - 2: x = convolve(x, t[f"transition.{run}.weight"])
        if levels - 1 <= run < 2 * levels - 2:  # the same number at all sites of a cell, beside what was there before
            for axis in sites: x = x.repeat(2, axis)
            x = x + skip.pop()
    return convolve(activate(x, "output.act", t, h, odd), t["output.0.weight"])

def denoise(phi, a, s, said, t):                # phi[L_0, ...] or [components, L_0, ...]
    G, A, axes = t["propagator"], t["force_power"], range(-t["propagator"].ndim, 0)
    wiener = a * G / (a * a * G + s * s)        # exact for a Gaussian field: the network learns the rest
    W = np.fft.ifftn(wiener * np.fft.fftn(phi, axes=axes), axes=axes).real
    left = (G * s * s / (a * a * G + s * s)).mean()
    known = int(said["mixed"]) * (s * s / (a * a + s * s * A)).mean()
    c_in, c_w = 1 / np.sqrt(a * a * G.mean() + s * s), 1 / np.sqrt((a * G * wiener).mean())
    level = np.log(s / a / float(said["s_min"])) / np.log(float(said["s_max"]) / float(said["s_min"]))
    x = np.stack([c_in * phi, c_w * W]).reshape((2, -1) + G.shape).swapaxes(0, 1)
    return W + np.sqrt(max(left - known, 1e-4 * left)) * network(x, level, said, t).reshape(W.shape)

if __name__ == "__main__":
    said, t = read(sys.argv[1])
    D = denoise(t["check.input"], float(said["check.a"]), float(said["check.s"]), said, t)
    worst = abs(D - t["check.output"]).max()
    print(f"{said['action']} on {said['extents']}: largest difference {worst:.2g} of {abs(D).max():.3g}")
    sys.exit(int(not worst < 1e-5 * abs(D).max()))
