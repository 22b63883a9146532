#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The table of the slides, <M>, chi2 and U_L of all ensembles of a run: slides_table.py RUN_DIR. Needs squall.py, which
is installed in share/squall/python (PYTHONPATH), NumPy and h5py."""
import sys
import squall

run = squall.Run(sys.argv[1])
V = run["training"].volume
rows = {"<M>": lambda m: m[0], "chi2": lambda m: V * (m[1] - m[0]**2), "U_L": lambda m: 1 - m[2] / (3 * m[1]**2)}
print("ensemble".ljust(14) + "fields".rjust(8) + "".join(name.rjust(24) for name in rows))
for name in ("training", "testing", "generated", "corrected"):
    if name not in run.ensembles:
        continue
    estimates = [squall.gamma(run[name].chains("M", "M2", "M4"), f) for f in rows.values()]
    print(name.ljust(14) + str(len(run[name])).rjust(8) +
          "".join(f"{e.value:12.5f} +- {e.error:.5f}".rjust(24) for e in estimates))
