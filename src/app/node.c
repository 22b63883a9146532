/* SPDX-License-Identifier: BSD-3-Clause */
/* Of a node of so many cores and so much memory: how many ranks of a run pay (squall check --cores N --memory GB). */
#include "src/app/commands.h"
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

/* Seconds on so many ranks. A stage shares out its pieces, one after the other; ranks beyond them, and those of a stage
 * that has none, are counted as no gain. */
static double seconds_on(const sq_budget *budget, int ranks)
{
  double seconds = 0;
  for (int i = 0; i < budget->stages; i++) {
    const sq_budget_stage *s = &budget->stage[i];
    const double pieces = (double)s->pieces;
    seconds += s->pieces > 0 ? s->seconds * ceil(pieces / ranks) / pieces : s->seconds;
  }
  return seconds;
}

/* A number that is given, or what stands for it. */
static PetscErrorCode number(const sq_run *run, const char *option, double otherwise, double *value)
{
  PetscFunctionBeginUser;
  const char *text = run->words ? sq_words_value(run->words, option) : NULL;
  char *end = NULL;
  *value = text ? strtod(text, &end) : otherwise;
  SqCheck(!text || (end != text && !*end && *value > 0 && *value <= 1e6), run->world, SQ_ERR_INPUT,
          "squall check %s %s: a number above 0 is needed, up to 1e6", option, text);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_node_tell(const sq_run *run, const sq_budget *budget)
{
  PetscFunctionBeginUser;
  const double page = (double)sysconf(_SC_PAGESIZE), rank = budget->rank;
  double cores, memory;
  char clock[SQ_BUDGET_TEXT], bytes[SQ_BUDGET_TEXT], room[SQ_BUDGET_TEXT];
  PetscCall(number(run, "--cores", (double)sysconf(_SC_NPROCESSORS_ONLN), &cores));
  PetscCall(number(run, "--memory", 1e-9 * page * (double)sysconf(_SC_PHYS_PAGES), &memory));
  const int most = (int)fmin(floor(cores), rank > 0 ? floor(1e9 * memory / rank) : cores);
  if (most < 1) {
    sq_info("  a node of %.0f cores and %s does not have the memory for one rank, %s: share the lattice out to several",
            cores, sq_bytes_text(1e9 * memory, room), sq_bytes_text(rank, bytes));
    PetscFunctionReturn(0);
  }
  const double best = seconds_on(budget, most);
  int ranks = 1;
  while (ranks < most && seconds_on(budget, ranks) > 1.05 * best) ranks++;
  sq_info(
    "  a node of %.0f cores and %s: %d rank%s, about %s, %s of memory; %s", cores, sq_bytes_text(1e9 * memory, room),
    ranks, ranks > 1 ? "s" : "", sq_clock_text(seconds_on(budget, ranks), clock), sq_bytes_text(ranks * rank, bytes),
    most / ranks >= 2 ? "more gain little: put several runs side by side" : "parallel.replicas is chosen from them");
  PetscFunctionReturn(0);
}
