# SPDX-License-Identifier: BSD-3-Clause
"""Reads what squall makes: ensembles, series, tables, models. Needs NumPy and h5py, and no squall.

    import squall
    run = squall.Run("runs/phi4-2d-symmetric")
    run["training"].fields[:10]              # [10, L_0, L_1], or [10, components, L_0, ...]
    run["training"].column("M")              # a number for every record
    run.measure["generated", "chi2"]         # Estimate(value, error, tau_int, tau_int_error, n)
    squall.gamma(run["training"].chains("M", "M2"), lambda m: m[1] - m[0]**2)
    squall.Model("runs/phi4-2d-symmetric/model.h5").tensors["first.weight"]

doc/export.md says more, doc/file-format.md what is in the files.
"""
import collections
import csv
import os

import h5py
import numpy as np

Estimate = collections.namedtuple("Estimate", "value error tau_int tau_int_error n")


def _text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


class Ensemble:
    """One group of a records file. The file stays open."""

    def __init__(self, path, group, file=None):
        self.file = file or h5py.File(path, "r")
        if _text(self.file.attrs.get("format", "")) != "squall records":
            raise ValueError(f"{path} is not a file of fields that squall wrote")
        self.name, self.path, self.group = group, path, self.file[group]
        self.action = _text(self.file.attrs["action"])
        self.extents = tuple(int(n) for n in _text(self.file.attrs["extents"]).split("x"))
        self.volume = int(np.prod(self.extents))
        self.fields = self.group["field"]  # a dataset of h5py: slices are read when they are asked for

    def __len__(self):
        return int(self.group.attrs["count"])

    @property
    def columns(self):
        return _text(self.group.attrs["columns"]).split()

    def column(self, name):
        """A number for every record: a column of the file, or M2, M4, abs_M, |M| being the length of a vector."""
        if name in self.columns:
            return self.group[name][:]
        if name in ("abs_M", "M2", "M4"):
            M = np.abs(self.group["abs_M" if "abs_M" in self.columns else "M"][:])
            return M ** {"abs_M": 1, "M2": 2, "M4": 4}[name]
        raise KeyError(f"{self.path}: {self.name} has no column {name}; it has {' '.join(self.columns)}")

    @property
    def weights(self):
        """Importance weights relative to the largest, exp(log w - max); None where the fields have none."""
        if "log_weight" not in self.columns or np.isnan(self.column("log_weight")).all():
            return None
        log_w = self.column("log_weight")
        return np.exp(log_w - np.nanmax(log_w))

    def chains(self, *names):
        """The columns chain by chain: a list of arrays [records of the chain, names], in the order of time."""
        x = np.stack([self.column(name) for name in names], 1)
        chain = self.column("chain") if "chain" in self.columns else np.zeros(len(x))
        return [x[chain == c] for c in np.unique(chain)]

    def series(self, name):
        """A history beside the records, such as production: a dict of columns."""
        values, names = self.file["series"][name][:], _text(self.file["series"].attrs[name + ".columns"])
        return dict(zip(names.split(), values.T))


def open_records(path):
    """All groups of a records file: a dict of ensembles by name."""
    file = h5py.File(path, "r")
    if _text(file.attrs.get("format", "")) != "squall records":
        raise ValueError(f"{path} is not a file of fields that squall wrote")
    return {name: Ensemble(path, name, file) for name in _text(file.attrs["groups"]).split()}


def read_table(path):
    """A table of squall's: a list of dicts; cells that are numbers are floats."""
    def cell(text):
        try:
            return float(text)
        except ValueError:
            return text
    with open(path, newline="") as file:
        return [{name: cell(text) for name, text in row.items()} for row in csv.DictReader(file)]


class Run:
    """The directory of a run: run["training"], run.measure["training", "chi2"], run.table("verdicts"), run.model."""

    def __init__(self, directory):
        self.directory, self.ensembles = directory, {}
        for name in sorted(os.listdir(directory)):
            path = os.path.join(directory, name)
            if name.endswith(".h5") and ".checkpoint" not in name and ".thermalisation" not in name:
                with h5py.File(path, "r") as file:
                    records = _text(file.attrs.get("format", "")) == "squall records"
                if records and not name.startswith("trajectories"):
                    self.ensembles.update(open_records(path))

    def __getitem__(self, name):
        return self.ensembles[name]

    def table(self, name):
        return read_table(os.path.join(self.directory, name + ".csv"))

    @property
    def measure(self):
        return {(row["ensemble"], row["observable"]): Estimate(*(row[k] for k in Estimate._fields))
                for row in self.table("measure")}

    @property
    def model(self):
        return Model(os.path.join(self.directory, "model.h5"))


class Model:
    """A model file: numbers and texts by name (values), arrays, and, of a diffusion model, tensors: its weights layer
    by layer, by the names of `squall export --to safetensors`."""

    def __init__(self, path):
        with h5py.File(path, "r") as file:
            if _text(file.attrs.get("kind", "")) != "model":
                raise ValueError(f"{path} is not a model that squall wrote")
            data = file["data"]
            self.values = {k: _text(v) if isinstance(v, (bytes, str)) else v for k, v in data.attrs.items()}
            self.arrays = {k: data[k][:] for k in data}
        self.type = self.values.get("type", "diffusion")

    @property
    def tensors(self):
        if self.type != "diffusion":
            return {"weights": self.arrays["weights"]}
        flat, at, out = self.arrays["weights"].astype(np.float32), 0, {}
        for name, shape in network_layout(*(int(self.arrays["shape"][i]) for i in (0, 1, 2, 3, 4, 6))):
            size = int(np.prod(shape))
            out[name], at = flat[at:at + size].reshape(shape), at + size
        return out


def network_layout(dim, channels, blocks, width, odd, levels):
    """Names and shapes of the tensors of a score network, in the order of their weights in the file."""
    runs, stencil = 2 * levels - 1, (3,) * dim
    level = [run if run < levels else 2 * (levels - 1) - run for run in range(runs)]
    wide = [channels << l for l in level]
    layout = [("first.weight", stencil + (2 + (not odd), channels))]
    units = [(f"run.{r}.unit.{k}", wide[r]) for r in range(runs) for k in range(blocks)]
    layout += [(f"{u}.conv.{k}.weight", stencil + (c, c)) for u, c in units for k in (0, 1)]
    layout += [(f"transition.{r}.weight", stencil + (wide[r], wide[r + 1])) for r in range(runs - 1)]
    layout += [("output.0.weight", stencil + (channels, 1)), ("level.weight", (width, 16)), ("level.bias", (width,))]
    acts = [(f"{u}.act.{k}", c) for u, c in units for k in (0, 1)] + [("output.act", channels)]
    layout += [(f"{a}.{p}.weight", (c, width)) for a, c in acts for p in ("gain", "shift")]
    return layout + [(f"{a}.{p}.bias", (c,)) for a, c in acts for p in ("gain", "shift")]


def gamma(chains, function=None, S=1.5):
    """Mean of the first column of chains, a list of arrays [n] or [n, columns], or a function of the means of all, with
    its error by the Gamma method (U. Wolff, hep-lat/0306017)."""
    chains = [np.asarray(c, float).reshape(len(c), -1) for c in chains]
    x, function = np.concatenate(chains), function or (lambda mean: mean[0])
    mean, n = x.mean(0), len(x)
    step = 1e-3 * x.std(0) / np.sqrt(n) + 1e-300
    shifts = np.diag(step)
    slope = np.array([(function(mean + h) - function(mean - h)) / 2 for h in shifts]) / step
    value, deltas = function(mean), [(c - mean) @ slope for c in chains]
    if len(chains) > 1:  # free of the bias of order 1/n
        part = sum(len(c) * function(c.mean(0)) for c in chains) / n
        value = (len(chains) * value - part) / (len(chains) - 1)

    def covariance(t):
        pairs = sum(max(len(d) - t, 0) for d in deltas)
        return sum(d[:len(d) - t] @ d[t:] for d in deltas if len(d) > t) / max(pairs, 1)
    variance, excess, window, found = covariance(0), 0.0, 0, False
    if not variance > 0:
        return Estimate(value, np.nan, np.nan, np.nan, n)
    while not found and window < max(len(d) for d in deltas) // 2:
        window += 1
        excess += covariance(window) / variance
        tau = S / np.log1p(1 / excess) if excess > 0 else 0
        found = tau <= 0 or np.exp(-window / tau) < tau / np.sqrt(window * n)
    tau = 0.5 + excess
    if tau <= 0:
        tau, window = 0.5, 0
    total = 2 * tau * variance * (1 + (2 * window + 1) / n)
    tau = total / (2 * variance * (1 + 2 * tau / n))
    reach = max(window, 1) + 0.5
    return Estimate(value, np.sqrt(total / n), tau, tau * 2 * np.sqrt(max(reach - tau, 0) / n) if found else np.nan, n)
