# SPDX-License-Identifier: BSD-3-Clause
"""What tests/program_export.sh asks of exported files: export_check.py CHECK RUN_DIR EXPORTED_DIR. Each check reads a
format by its own description, with nothing of squall's: json, xml, csv, struct; NumPy and h5py."""
import csv
import gzip
import json
import struct
import sys
import xml.etree.ElementTree as xml

import h5py
import numpy as np

run, out = sys.argv[2], sys.argv[3]


def near(a, b, tolerance, what):
    a, b = np.asarray(a, float), np.asarray(b, float)
    worst = np.max(np.abs(a - b)) if a.shape == b.shape else np.inf
    if not worst <= tolerance:
        sys.exit(f"{what}: differs by {worst}, shapes {a.shape} {b.shape}")


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def series_of(name):
    """{ensemble: {observable: {chain: [values]}}} and the trajectories of a chain, out of long CSV."""
    series, times = {}, {}
    for row in rows_of(f"{out}/{name}.csv"):
        chains = series.setdefault(row["ensemble"], {}).setdefault(row["observable"], {})
        chains.setdefault(int(row["chain"]), []).append(float(row["value"]))
        times.setdefault((row["ensemble"], int(row["chain"]), row["observable"]), []).append(int(row["trajectory"]))
    return series, times


def wolff(columns, function):
    """Error of a function of means: U. Wolff, hep-lat/0306017, with its sums by hand: chains of each column."""
    means = [np.concatenate(list(c)).mean() for c in columns]
    h = [1e-6 * (abs(m) + 1e-3) for m in means]
    slope = [(function([m + d * (i == j) for j, m in enumerate(means)]) -
              function([m - d * (i == j) for j, m in enumerate(means)])) / (2 * d) for i, d in enumerate(h)]
    delta = [sum(s * (np.array(c[r]) - m) for s, c, m in zip(slope, columns, means)) for r in range(len(columns[0]))]
    n = sum(len(d) for d in delta)
    rho, tau, W = [], 0.5, 0
    for t in range(max(map(len, delta)) // 2 + 1):
        rho.append(sum(np.correlate(d, d, "full")[len(d) - 1 + t] for d in delta if len(d) > t) /
                   sum(max(len(d) - t, 0) for d in delta))
    gamma0 = rho[0]
    for W in range(1, len(rho)):
        tau += rho[W] / gamma0
        scale = 1.5 / np.log((2 * tau + 1) / (2 * tau - 1)) if tau > 0.5 else 1e-9
        if np.exp(-W / scale) - scale / np.sqrt(W * n) < 0:
            break
    C = gamma0 * 2 * tau
    return np.sqrt(C * (1 + (2 * W + 1) / n) / n)


def check_gamma():
    with h5py.File(f"{run}/ensemble.h5") as file:
        V = np.prod(file["training/field"].shape[1:])
    quoted = {(r["ensemble"], r["observable"]): float(r["error"]) for r in rows_of(f"{run}/measure.csv")}
    derived = {"chi2": (lambda m: V * (m[1] - m[0]**2), ("M", "M2")),
               "U_L": (lambda m: 1 - m[1] / (3 * m[0]**2), ("M2", "M4")),
               "chi_abs": (lambda m: V * (m[1] - m[0]**2), ("abs_M", "M2"))}
    for name, ensembles in (("ensemble", ("training", "testing")), ("samples", ("generated",))):
        series, _ = series_of(name)
        for ensemble in ensembles:
            s = series[ensemble]
            M = {c: np.array(x) for c, x in s["M"].items()}
            for key, f in {"abs_M": np.abs, "M2": lambda x: x**2, "M4": lambda x: x**4}.items():
                s[key] = {c: f(x) for c, x in M.items()}
            for key in [k for k in s if (ensemble, k) in quoted] + list(derived):
                function, names = derived.get(key, (lambda m: m[0], (key,)))
                mine = wolff([list(map(np.array, s[k].values())) for k in names], function)
                near(mine / quoted[ensemble, key], 1, 0.01, f"error of {key} in {ensemble}")


def expected(name, ensemble, tag):
    """Chains of an observable as pyerrors wants it: M2, M4, abs_M, weight are made of what the CSV has."""
    series, times = series_of(name)
    s = series[ensemble]
    of = {"M2": ("M", lambda x: x**2), "M4": ("M", lambda x: x**4), "abs_M": ("M", np.abs),
          "action2": ("action_density", lambda x: x**2), "weight": ("log_weight", np.exp)}
    source, f = of.get(tag, (tag, lambda x: x))
    chains = {c: f(np.array(x)) for c, x in s[source].items()}
    if tag == "weight":
        chains = {c: x / max(x.max() for x in chains.values()) for c, x in chains.items()}
    return chains, times[ensemble, min(chains), source]


def check_pyerrors():
    for name in ("ensemble", "samples", "corrected"):
        with gzip.open(f"{out}/{name}.json.gz") as file:
            d = json.load(file)
        assert d["version"] == "1.1" and d["description"]["lists"], name
        for ensemble, o in zip(d["description"]["lists"], d["obsdata"], strict=True):
            assert o["type"] == "List" and int(o["layout"]) == len(o["value"]) == len(o["tag"])
            (data,) = o["data"]
            assert ensemble in data["id"] and "|" not in data["id"]
            for k, tag in enumerate(o["tag"]):
                chains, times = expected(name, ensemble, tag)
                assert len(chains) == len(data["replica"])
                for (c, x), r in zip(sorted(chains.items()), data["replica"]):
                    assert r["name"] == f"{data['id']}|r{c}"
                    idx = [row[0] for row in r["deltas"]]
                    assert all(b > a for a, b in zip(idx, idx[1:])) and all(isinstance(i, int) for i in idx)
                    near(np.array([row[1 + k] for row in r["deltas"]]) + o["value"][k], x, 1e-12, f"{ensemble} {tag}")
                near(idx if c == min(chains) else [row[0] for row in data["replica"][0]["deltas"]], times, 0, "numbers")
                near(o["value"][k], np.concatenate(list(chains.values())).mean(), 1e-12, f"mean of {tag}")
        assert {"M", "M2", "M4", "phi2"} <= set(o["tag"])


def numbers(array, after):
    return [float(x) for x in array.find(after).tail.split()]


def check_dobs():
    for name in ("ensemble", "samples", "corrected"):
        with gzip.open(f"{out}/{name}.xml.gz") as file:
            root = xml.fromstring(file.read())
        assert [root.tag, root[0].tag, root[1].tag, root[2].tag] == ["OBSERVABLES", "SCHEMA", "origin", "dobs"]
        dobs = root[2]
        assert [e.tag for e in dobs[:6]] == ["spec", "origin", "name", "array", "ne", "nc"]
        assert all(e.text for e in dobs[:3])
        symbols, mean = dobs[3].find("symbol").text.split(), numbers(dobs[3], "symbol")
        assert dobs[3].find("layout").text.split() == ["1", f"f{len(mean)}"] and len(symbols) == len(mean)
        edata = dobs[6:]
        assert len(edata) == int(dobs[4].text) and all(e.tag == "edata" for e in edata)
        for e in edata:
            id, arrays = e[0].text.strip(), e[2:]
            assert len(arrays) == int(e[1].text)
            for which, array in enumerate(arrays):
                n = int(array.find("layout").text.split()[0])
                data = np.reshape(numbers(array, "layout"), (n, 1 + len(mean)))
                assert array.find("id").text.strip().startswith(id + "r")
                for k, symbol in enumerate(symbols):
                    ensemble, tag = symbol.split(".", 1)
                    if f"-{ensemble}-" not in id:
                        assert not data[:, 1 + k].any(), "of another ensemble"
                        continue
                    chains, _ = expected(name, ensemble, tag)
                    x = data[:, 1 + k] + mean[k]
                    assert data[:, 1 + k].all(), f"{symbol}: a deviation of 0 is one that is not known"
                    near(x, chains[sorted(chains)[which]], 1e-12, symbol)


def fields(name, group, record):
    with h5py.File(f"{run}/{name}.h5") as file:
        return file[group]["field"][record]


def check_npz():
    for name in ("ensemble", "samples", "corrected", "trajectories"):
        arrays = np.load(f"{out}/{name}.npz")
        with h5py.File(f"{run}/{name}.h5") as file:
            groups = file.attrs["groups"].decode().split()
            wanted = {f"{g}.{c}": file[g][c][:] for g in groups
                      for c in ["field"] + file[g].attrs["columns"].decode().split()}
        weights = {f"{g}.weight": np.exp(wanted[f"{g}.log_weight"] - wanted[f"{g}.log_weight"].max()) for g in groups
                   if f"{g}.log_weight" in wanted}
        assert set(arrays) == set(wanted) | set(weights), set(arrays) ^ set(wanted)
        for key, x in wanted.items():
            assert arrays[key].tobytes() == x.tobytes() and arrays[key].shape == x.shape, key
        for key, x in weights.items():
            near(arrays[key], x, 1e-14, key)


def check_vti():
    for name in ("ensemble", "samples", "trajectories"):
        sets = xml.parse(f"{out}/{name}.pvd").getroot()[0]
        assert len(sets) and len({s.get("timestep") for s in sets}) <= len(sets)
        for s in sets:
            with open(f"{out}/{s.get('file')}", "rb") as file:
                text, data = file.read().split(b'<AppendedData encoding="raw">\n_', 1)
            root = xml.fromstring(text + b"</VTKFile>")
            n = [int(x) + 1 for x in root[0].get("WholeExtent").split()[5::-2]]
            (bytes_,) = struct.unpack("<Q", data[:8])
            x = np.frombuffer(data[8:8 + bytes_], "<f8").reshape(n)
            group, record = s.get("file").split("/")[1][:-4].rsplit("-", 1)
            near(x.squeeze(), fields(name, group, int(record)).squeeze(), 0, s.get("file"))


def check_others():
    """Image data and XDMF of any lattice: slices of direction 0 in four dimensions, components by name."""
    with h5py.File(f"{run}/ensemble.h5") as file:
        extents = [int(n) for n in file.attrs["extents"].decode().split("x")]
        cut = extents[0] if len(extents) == 4 else 1
        vectors = file["training/field"].ndim - 1 > len(extents)
        def want(group, record, t, c):
            x = file[group]["field"][record]
            x = x[c] if vectors else x
            return x[t] if cut > 1 else x
        for s in xml.parse(f"{out}/ensemble.pvd").getroot()[0]:
            with open(f"{out}/{s.get('file')}", "rb") as image:
                text, data = image.read().split(b'<AppendedData encoding="raw">\n_', 1)
            root = xml.fromstring(text + b"</VTKFile>")
            n = [int(x) + 1 for x in root[0].get("WholeExtent").split()[5::-2]]
            record, t = divmod(int(s.get("timestep")), cut)
            for c, array in enumerate(root[0][0][0]):
                at = int(array.get("offset"))
                x = np.frombuffer(data[at + 8:at + 8 + struct.unpack("<Q", data[at:at + 8])[0]], "<f8").reshape(n)
                near(x.squeeze(), want(s.get("name"), record, t, c).squeeze(), 0, s.get("file"))
        for collection in xml.parse(f"{run}/ensemble.xmf").getroot()[0]:
            for at, grid in enumerate(collection):
                record, t = divmod(at, cut)
                assert int(grid.find("Time").get("Value")) == at
                for c, attribute in enumerate(grid.findall("Attribute")):
                    start, _, count = np.reshape([int(i) for i in attribute[0][0].text.split()], (3, -1))
                    field = file[attribute[0][1].text.rsplit(":", 1)[1]]
                    x = field[tuple(slice(a, a + b) for a, b in zip(start, count))]
                    near(x.squeeze(), want(collection.get("Name"), record, t, c).squeeze(), 0, f"XDMF {at}")


def check_xdmf():
    for name in ("ensemble", "samples", "trajectories"):
        collections = xml.parse(f"{run}/{name}.xmf").getroot()[0]
        with h5py.File(f"{run}/{name}.h5") as file:
            for collection in collections:
                field = file[collection.get("Name")]["field"]
                assert field.chunks is None and field.id.get_offset() and len(collection) == len(field)
                for record, grid in enumerate(collection):
                    if record % 97:
                        continue
                    slab = grid.find("Attribute")[0]
                    start, stride, count = np.reshape([int(i) for i in slab[0].text.split()], (3, -1))
                    where, dataset = slab[1].text.rsplit(":", 1)
                    assert where == f"{name}.h5" and dataset == field.name and (stride == 1).all()
                    assert tuple(int(i) for i in slab[1].get("Dimensions").split()) == field.shape
                    x = field[tuple(slice(a, a + c) for a, c in zip(start, count))]
                    assert x.size == np.prod([int(i) for i in slab.get("Dimensions").split()])
                    near(x.squeeze(), field[record].squeeze(), 0, f"{name} {record}")


def check_vtk():
    """ParaView's readers: those of VTK."""
    import vtk
    from vtk.util.numpy_support import vtk_to_numpy
    try:  # Debian's VTK is built without XDMF, its ParaView with it
        from vtkmodules.vtkIOXdmf2 import vtkXdmfReader
    except ImportError:
        print("# no reader of XDMF in this VTK")
    else:
        reader = vtkXdmfReader()
        reader.SetFileName(f"{run}/ensemble.xmf")
        reader.UpdateInformation()
        for record in (0, 5):
            reader.UpdateTimeStep(record)
            block = reader.GetOutputDataObject(0)
            while block.IsA("vtkCompositeDataSet"):
                block = block.GetBlock(0)
            want = fields("ensemble", "training", record)
            near(vtk_to_numpy(block.GetPointData().GetArray("field")), want.ravel(), 0, f"XDMF record {record}")
            assert [d for d in block.GetDimensions() if d > 1] == [d for d in want.shape[::-1] if d > 1]
    reader = vtk.vtkXMLImageDataReader()
    reader.SetFileName(f"{out}/ensemble/training-3.vti")
    reader.Update()
    x = vtk_to_numpy(reader.GetOutput().GetPointData().GetArray("field"))
    near(x, fields("ensemble", "training", 3).ravel(), 0, "vti")


def check_safetensors():
    import squall
    with open(f"{out}/model.safetensors", "rb") as file:
        data = file.read()
    (length,) = struct.unpack("<Q", data[:8])
    head = json.loads(data[8:8 + length])
    assert length % 8 == 0 and data[8:9] == b"{" and all(isinstance(v, str) for v in head["__metadata__"].values())
    at, size, found = 0, {"F32": 4, "F64": 8, "I64": 8}, {}
    for name, t in head.items():
        if name != "__metadata__":
            first, end = t["data_offsets"]
            assert first == at and end - first == size[t["dtype"]] * np.prod(t["shape"], dtype=int), name
            at, found[name] = end, data[8 + length + first:8 + length + end]
    assert 8 + length + at == len(data), "no holes, nothing behind"
    for name, x in squall.Model(f"{run}/model.h5").tensors.items():
        assert list(x.shape) == head[name]["shape"]
        near(np.frombuffer(found[name], "<f4").reshape(x.shape), x, 0, name)


def check_tables():
    meaning = {(r["table"], r["column"]): r for r in rows_of(f"{out}/columns.csv")}
    cells = {(r["table"], int(r["row"]), r["column"]): r["value"] for r in rows_of(f"{out}/tables.csv")}
    measure, exported = rows_of(f"{run}/measure.csv"), rows_of(f"{out}/measure.csv")
    assert [{k: r[k] for k in measure[0]} for r in exported] == measure
    assert all(r["unit"] and r["meaning"] for r in exported), [r for r in exported if not r["unit"]]
    for name in ("measure", "verdicts", "measure_spectra"):
        for i, row in enumerate(rows_of(f"{run}/{name}.csv")):
            for column, value in row.items():
                assert cells[name, i, column] == value and (name, column) in meaning


def check_slides():
    import squall
    import subprocess
    said = subprocess.run([sys.executable, sys.argv[4], run], capture_output=True, text=True, check=True).stdout
    quoted = squall.Run(run).measure
    for line in said.splitlines()[1:]:
        name, _, *cells = line.split()
        for key, value, error in zip(("M", "chi2", "U_L"), cells[::3], cells[2::3]):
            near(float(value), quoted[name, key].value, 1e-5, f"{key} of {name}")
            if name != "corrected":  # its errors know the acceptance besides
                near(float(error), quoted[name, key].error, 0.01 * quoted[name, key].error + 1e-5, f"{key} of {name}")
    assert len(said.splitlines()) == 5


globals()["check_" + sys.argv[1]]()
