/* SPDX-License-Identifier: BSD-3-Clause */
/* The section `bench` of a deck. */
#include "src/bench/bench.h"

const sq_param sq_bench_params[] = {
  {"bench", "parts", SQ_PARAM_STRING, "all", 0, 0, NULL, "",
   "of `squall bench`, separated by commas: machine, hmc, spins, layers, network, model, fft, halo, scaling; or "
   "all (but scaling)"},
  {"bench", "scales", SQ_PARAM_INTS, "1,2", 1, 1024, NULL, "",
   "of bench scaling: the deck's extents times each of these"},
  {"bench", "cores", SQ_PARAM_INTS, "1,4,16,64,256,1024,4096", 1, 1e6, NULL, "",
   "of bench scaling: numbers of cores for which times are predicted"},
  {"bench", "dir", SQ_PARAM_STRING, "scaling", 0, 0, NULL, "", "of bench scaling: directory of its tables and figures"},
  {0}};

sq_bench_settings sq_bench_settings_from_deck(const sq_deck *deck)
{
  sq_bench_settings set = {.parts = sq_deck_text(deck, "bench", "parts"),
                           .directory = sq_deck_text(deck, "bench", "dir")};
  set.scales = sq_deck_ints(deck, "bench", "scales", &set.scale);
  set.counts = sq_deck_ints(deck, "bench", "cores", &set.cores);
  return set;
}
