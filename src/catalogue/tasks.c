/* SPDX-License-Identifier: BSD-3-Clause */
/* What `squall init` can write: the tasks, and the values that a theory begins with. */
#include "src/catalogue/catalogue.h"
#include "src/stage/stage.h"

#define SET(...) ((const sq_deck_setting[]){__VA_ARGS__, {0}})
#define ENSEMBLE                                                                                                       \
  {"mc", "configurations", "4096"}, {"mc", "test", "1024"},                                                            \
  {                                                                                                                    \
    "mc", "chains", "8"                                                                                                \
  }
#define LEARNING                                                                                                       \
  {"train", "steps", "1000"},                                                                                          \
  {                                                                                                                    \
    "sample", "configurations", "4096"                                                                                 \
  }

const sq_init_task sq_init_tasks[] = {
  {.name = "ensemble",
   .summary = "fields by Monte Carlo, measured",
   .sections = SQ_DECK("run", "lattice", "action", "mc"),
   .stage = &sq_mc_stage,
   .set = SET(ENSEMBLE)},
  {.name = "langevin",
   .summary = "fields by the Langevin equation at two step sizes, and their extrapolation",
   .sections = SQ_DECK("run", "lattice", "action", "langevin"),
   .stage = &sq_langevin_stage,
   .set = SET({"langevin", "configurations", "4096"}, {"langevin", "eps", "[0.1, 0.05]"})},
  {.name = "model",
   .summary = "an ensemble, a model that learns from it, fields that the model makes, made exact",
   .sections = SQ_DECK("run", "lattice", "action", "mc", "model", "train", "sample", "correct"),
   .stage = &sq_mc_stage,
   .learns = true,
   .set = SET(ENSEMBLE, LEARNING, {"correct", "method", "metropolis"})},
  {.name = "families",
   .summary = "several types of models on one ensemble, side by side",
   .sections = SQ_DECK("run", "lattice", "action", "mc", "families"),
   .stage = &sq_mc_stage,
   .several = true,
   .set = SET(ENSEMBLE, {"families", "minutes", "2"})},
  {0}};

const sq_init_example sq_init_examples[] = {
  {"phi4", "[32, 32]", SET({"action", "kappa", "0.21"}, {"action", "lambda", "0.022"})},
  {"quartic", "[32, 32]", SET({"action", "mu", "1.0"}, {"action", "lambda", "0.5"}, {"action", "kappa", "0.1"})},
  {"on", "[16, 16]", SET({"action", "components", "2"}, {"action", "kappa", "0.32"}, {"action", "lambda", "0.5"})},
  {"xy", "[16, 16]", SET({"action", "beta", "1.0"})},
  {"complex", "[8, 8]", SET({"action", "eta", "4.01"}, {"action", "lambda", "1.0"}, {"action", "mu", "0.5"})},
  {"ising", "[16, 16]", SET({"action", "beta", "0.4"})},
  {"u1", "[8, 8]", SET({"action", "beta", "2.0"})},
  {"particle", "[64]", SET({"action", "spacing", "0.2"}, {"action", "lambda", "1.0"}, {"action", "f2", "1.0"})},
  {0}};

const char *sq_init_task_name(int index)
{
  return sq_init_tasks[index].name;
}
