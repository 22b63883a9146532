/* SPDX-License-Identifier: BSD-3-Clause */
/* The benchmarks, in the order in which they run. */
#include "src/bench/bench.h"

const sq_benchmark sq_benchmarks[] = {{"machine", sq_bench_machine, false}, {"hmc", sq_bench_hmc, false},
                                      {"spins", sq_bench_spins, false},     {"layers", sq_bench_layers, false},
                                      {"network", sq_bench_network, false}, {"model", sq_bench_model, false},
                                      {"fft", sq_bench_fft, false},         {"halo", sq_bench_halo, false},
                                      {"scaling", sq_bench_scaling, true},  {0}};
