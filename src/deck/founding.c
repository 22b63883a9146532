/* SPDX-License-Identifier: BSD-3-Clause */
/* The keys of release 0.1.0 that count in fingerprints whatever their value. Fingerprints and random streams of its
 * runs are made of them, so this list never changes. A key that is not here came later, and counts only where it is not
 * at its default: files of before stay those of their deck. */
#include "internal.h"
#include <string.h>

static const struct {
  const char *section, *keys;
} founding[] = {
  {"action", " type mu "},
  {"hmc", " configurations test chains integrator length steps vary_length acceptance thermalisation separation start "
          "flip cluster acceleration mass "},
  {"mc", " configurations test chains algorithm sweeps worms cluster jumps thermalisation separation start flip "},
  {"langevin", " configurations test chains scheme alpha interval thermalisation separation start flip acceleration "
               "mass "},
  {"model", " channels blocks levels embedding symmetry "},
  {"schedule", " sigma beta_min beta_max timesteps t_min "},
  {"train", " steps minutes batch learning_rate warm_up ema clip target levels parametrisation focus calibrate s_min "
            "s_max "},
  {"sample", " configurations steps extents levels sampler prior corrections snr bound s_min exchange trajectories "},
  {"correct", " method configurations chains steps depth block rim separation thermalisation trajectories md_steps "
              "step_size "},
  {"likelihood", " configurations integrator steps tolerance dilution probes path_steps paths "},
  {"toy", " levels points bins "},
  {"fokker-planck", " alpha doublings points bins time frames steps start width walkers eps "},
};

bool sq_param_is_later(const sq_param *param)
{
  char word[SQ_DECK_NAME + 2];
  if (param->later || !param->fallback) return param->later;
  snprintf(word, sizeof word, " %s ", param->key);
  for (size_t i = 0; i < sizeof founding / sizeof *founding; i++)
    if (!strcmp(founding[i].section, param->section)) return !strstr(founding[i].keys, word);
  return true;
}
