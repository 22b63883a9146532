/* SPDX-License-Identifier: BSD-3-Clause */
/* What the stages of a deck would take, as `squall check` says it: time, files. */
#include "src/costs/costs.h"
#include "src/plan/plan.h"
#include <math.h>
#include <string.h>

const char *sq_clock_text(double seconds, char text[SQ_BUDGET_TEXT])
{
  const double s = rint(seconds);
  if (seconds < 59.95) snprintf(text, SQ_BUDGET_TEXT, seconds < 9.95 ? "%.2g s" : "%.0f s", fmax(seconds, 0));
  else if (!(s < 1e12)) snprintf(text, SQ_BUDGET_TEXT, "for ever");
  else
    snprintf(text, SQ_BUDGET_TEXT, "%lld:%02d:%02d", (long long)(s / 3600), (int)fmod(floor(s / 60), 60),
             (int)fmod(s, 60));
  return text;
}

const char *sq_bytes_text(double bytes, char text[SQ_BUDGET_TEXT])
{
  static const char *const units[] = {"kB", "MB", "GB", "TB", "PB"};
  int unit = 0;
  double x = bytes / 1e3;
  for (; x >= 999.5 && unit < 4; unit++) x /= 1e3;
  snprintf(text, SQ_BUDGET_TEXT, x < 9.95 ? "%.1f %s" : "%.0f %s", x, units[unit]);
  return text;
}

/* Shared out evenly. */
static void add_time(const sq_run *run, sq_budget *budget, double amount, double rate, const char *text)
{
  char clock[SQ_BUDGET_TEXT] = "?";
  double seconds = rate > 0 ? amount / rate / run->size : 0;
  if (budget->quiet) return;
  if (rate > 0) sq_clock_text(seconds, clock);
  sq_info("          about %s for %s", clock, text);
  budget->seconds += seconds;
}

void sq_budget_flops(const sq_run *run, sq_budget *budget, double flops, const char *what)
{
  char text[320];
  snprintf(text, sizeof text, "%s (%.3g Tflop)", what, flops / 1e12);
  add_time(run, budget, flops, budget->network, text);
}

void sq_budget_updates(const sq_run *run, sq_budget *budget, double updates, const char *what)
{
  char text[320];
  snprintf(text, sizeof text, "%s (%.3g site updates)", what, updates);
  add_time(run, budget, updates, budget->updates, text);
}

void sq_budget_records(sq_budget *budget, const char *file, double records, double volume, double numbers)
{
  char size[SQ_BUDGET_TEXT];
  const double header = 10e3; /* of an HDF5 file */
  double bytes = 8 * records * (volume + numbers) + (volume > 0 ? header : 0);
  if (budget->quiet) return;
  sq_info("          %s: %s", file, sq_bytes_text(bytes, size));
  budget->bytes += bytes;
}

/* ---- what it has cost here ---- */

void sq_budget_costs(const sq_run *run, struct sq_costs *costs)
{
  static const char *const sections[] = {"lattice", "action", "hmc",     "mc",         "langevin",
                                         "model",   "sample", "correct", "likelihood", NULL};
  char kind[SQ_COSTS_WORD];
  const int64_t others = run->train.options.learner.batch + run->size * (int64_t)1000003;
  snprintf(kind, sizeof kind, "%.23s,%.23s", sq_run_model_type(run)->name, run->action.type->name);
  sq_costs_read(sq_fingerprint_join(sq_deck_process(run->deck, sections), (uint64_t)others, SQ_PART_FIELDS), kind,
                costs);
}

double sq_budget_work(const sq_budget *budget, double before)
{
  const double rate = 1e8; /* bytes a second: reading, analysing */
  return budget->seconds > before ? budget->seconds - before : budget->bytes / rate;
}

void sq_budget_settle(const sq_run *run, sq_budget *budget, const char *stage, double before)
{
  sq_cost cost;
  bool exact;
  char clock[SQ_BUDGET_TEXT];
  const double work = sq_budget_work(budget, before), start = 0.2;
  if (budget->quiet || !budget->costs || run->part_of) return;
  const bool known = sq_costs_find(budget->costs, stage, &cost, &exact);
  if (!known) cost = (sq_cost){.start = budget->seconds > before ? 0 : start, .factor = 1};
  if (!strcmp(stage, "train") && run->train.minutes > 0) cost.factor = 1;
  budget->seconds = before +
                    fmax(0, exact ? cost.start + cost.factor * work : fmax(0, cost.start) + cost.factor * work);
  if (budget->stages < SQ_BUDGET_STAGES)
    budget->stage[budget->stages++] = (sq_budget_stage){
      .seconds = (budget->seconds - before) * (budget->pieces ? run->size : 1), .pieces = budget->pieces};
  budget->pieces = 0;
  sq_info("  %-7s in all about %s%s", stage, sq_clock_text(budget->seconds - before, clock),
          exact ? ", as it has cost here" :
          known ? ", as decks like it have cost here" :
                  "");
}
