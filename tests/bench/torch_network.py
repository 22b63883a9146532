#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""squall's network in PyTorch, timed: one evaluation and one training step (forward, backward, Adam), the best of memory layouts and jit.

usage: torch_network.py [--channels 32] [--blocks 3] [--batch 64] [--extent 32] [--threads 2] [--wide]
Prints CSV like `squall bench`: part,what,ranks,seconds,rate,unit. --wide: levels of 32, 64, 128, 256 channels, a block each way.
Compare as ratios with `squall bench` on the same cores in the same hour. Exit status 77 where PyTorch is missing."""
import argparse
import itertools
import sys
import time

try:
    import torch
    import torch.nn as nn
    import torch.nn.functional as F
except ImportError:
    print("PyTorch is not installed (Debian: python3-torch)", file=sys.stderr)
    sys.exit(77)


class Activation(nn.Module):
    """h = x / sqrt(mean_c x^2 + 1); v = gain h; v sigmoid(|v| + shift), gain and shift from the noise level."""

    def __init__(self, channels, width=32):
        super().__init__()
        self.channels = channels
        self.head = nn.Linear(width, 2 * channels)

    def forward(self, x, embedding):
        gain, shift = self.head(embedding)[:, :, None, None].chunk(2, dim=1)
        v = gain * x * torch.rsqrt((x * x).mean(dim=1, keepdim=True) + 1)
        return v * torch.sigmoid(v.abs() + shift)


def conv(ci, co):
    return nn.Conv2d(ci, co, 3, padding=0, bias=False)


def periodic(layer, x):
    return layer(F.pad(x, (1, 1, 1, 1), mode="circular"))


class Block(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.act_1, self.act_2 = Activation(channels), Activation(channels)
        self.conv_1, self.conv_2 = conv(channels, channels), conv(channels, channels)

    def forward(self, h, embedding):
        inner = self.conv_1(F.pad(self.act_1(h, embedding), (1, 1, 1, 1), mode="circular"))
        return h + self.conv_2(F.pad(self.act_2(inner, embedding), (1, 1, 1, 1), mode="circular"))


class Network(nn.Module):
    def __init__(self, channels, blocks, levels):
        super().__init__()
        width = [channels * 2**n for n in range(levels)]
        self.embed = nn.Linear(16, 32)
        self.conv_in, self.conv_out = conv(2, channels), conv(channels, 1)
        self.down_blocks = nn.ModuleList([nn.ModuleList([Block(c) for _ in range(blocks)]) for c in width])
        self.up_blocks = nn.ModuleList([nn.ModuleList([Block(c) for _ in range(blocks)]) for c in width[:-1]])
        self.down = nn.ModuleList([conv(a, b) for a, b in zip(width, width[1:])])
        self.up = nn.ModuleList([conv(b, a) for a, b in zip(width, width[1:])])
        self.act_out = Activation(channels)
        self.levels = levels

    def forward(self, x, feature):
        embedding = F.silu(self.embed(feature))
        h = self.conv_in(F.pad(x, (1, 1, 1, 1), mode="circular"))
        kept = []
        for n, blocks in enumerate(self.down_blocks):
            for block in blocks:
                h = block(h, embedding)
            if n + 1 < self.levels:
                kept.append(h)
                h = periodic(self.down[n], F.avg_pool2d(h, 2))
        for n in range(self.levels - 2, -1, -1):
            h = kept[n] + F.interpolate(periodic(self.up[n], h), scale_factor=2.0, mode="nearest")
            for block in self.up_blocks[n]:
                h = block(h, embedding)
        return self.conv_out(F.pad(self.act_out(h, embedding), (1, 1, 1, 1), mode="circular"))


def flops(network, extent):
    """Of the convolutions, for one field and one evaluation."""
    total = [0]
    hooks = [m.register_forward_hook(lambda m, i, o: total.__setitem__(0, total[0] + 2 * o.shape[2] * o.shape[3] * m.weight.numel()))
             for m in network.modules() if isinstance(m, nn.Conv2d)]
    network(torch.zeros(1, 2, extent, extent), torch.zeros(1, 16))
    for hook in hooks:
        hook.remove()
    return total[0]


def best_time(work, seconds=0.5, rounds=5):
    for _ in range(3):
        work()
    best = float("inf")
    for _ in range(rounds):
        calls, began = 0, time.perf_counter()
        while time.perf_counter() - began < seconds:
            work()
            calls += 1
        best = min(best, (time.perf_counter() - began) / calls)
    return best


def main():
    parse = argparse.ArgumentParser()
    for name, value in (("channels", 32), ("blocks", 3), ("batch", 64), ("extent", 32), ("threads", 2)):
        parse.add_argument("--" + name, type=int, default=value)
    parse.add_argument("--wide", action="store_true")
    given = parse.parse_args()
    if given.wide:
        given.blocks = 1
    torch.set_num_threads(given.threads)
    torch.manual_seed(1)
    result = {}
    a = torch.randn(1024, 1024)
    gemm = 2 * 1024**3 / best_time(lambda: a @ a)
    print("part,what,ranks,seconds,rate,unit,share")
    print(f"torch,sgemm,{given.threads},,{gemm / 1e9:.4g},Gflop/s,")
    for last, jit in itertools.product((False, True), (False, True)):
        network = Network(given.channels, given.blocks, 4 if given.wide else 1)
        once = flops(network, given.extent) * given.batch
        layout = torch.channels_last if last else torch.contiguous_format
        network = network.to(memory_format=layout)
        x = torch.randn(given.batch, 2, given.extent, given.extent).to(memory_format=layout)
        feature, target = torch.randn(given.batch, 16), torch.randn(given.batch, 1, given.extent, given.extent).to(memory_format=layout)
        if jit:
            network = torch.jit.trace(network, (x, feature))
        adam = torch.optim.Adam(network.parameters(), lr=1e-4)

        def evaluate():
            with torch.no_grad():
                network(x, feature)

        def step():
            adam.zero_grad(set_to_none=True)
            ((network(x, feature) - target) ** 2).mean().backward()
            adam.step()

        for name, work, units in (("evaluation", evaluate, 1), ("training step", step, 3)):
            seconds = best_time(work)
            label = f"{name} of {given.batch} fields {given.extent}x{given.extent} {'channels last' if last else 'contiguous'}{' jit' if jit else ''}"
            print(f"torch,{label},{given.threads},{seconds:.4g},{units * once / seconds / 1e9:.4g},Gflop/s,{units * once / seconds / gemm:.3f}", flush=True)
            result[name] = max(result.get(name, 0), units * once / seconds)
    for name, rate in result.items():
        print(f"torch,best {name},{given.threads},,{rate / 1e9:.4g},Gflop/s,{rate / gemm:.3f}")


main()
