/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside the module. */
#ifndef SQUALL_HMC_INTERNAL_H
#define SQUALL_HMC_INTERNAL_H

#include "squall/hmc.h"

/* An algorithm that thermalisation can choose. */
typedef struct {
  int64_t cluster;
  bool fourier, tried;
  double length, eps, mass; /* what it was tuned to */
  int64_t steps;
  double tau_int, cost; /* in trajectories; of an independent configuration, in site updates a site */
} sq_hmc_trial;
enum { SQ_HMC_TRIALS = 4 };

/* What thermalisation knows while it goes on. */
typedef struct sq_thermalisation {
  bool over;
  int64_t probes; /* of this replica */
  sq_chain **probe;
  sq_hmc_trial trial[SQ_HMC_TRIALS];
  int trials, trying; /* algorithms to choose from; the one at work, trials when the choice is made */
  int round;          /* a new one begins when the length changes */
  bool settled;       /* the length is final */
  int64_t since;      /* trajectories at the present step size */
  bool untried;       /* it has just become longer */
  int64_t fewest;     /* steps below this were found to be too few */
  int64_t next_look;  /* rows of warmup at which tau_int is looked at again */
  sq_sum *power;      /* [orbits] this rank's part of the spectra of fields of the present round, where Fourier
                         acceleration is open */
  int64_t orbits, fields;
  double mass, frequency; /* that fit the last propagator looked at */
  int64_t block, made;    /* trajectories of the block at work; of them made */
  int64_t help;           /* trajectories of the probes alone that are yet to be made */
  double apart;           /* how far they were from production before, in combined errors */
  bool helped, ending;    /* they got help; it is the last thing to be done */
} sq_thermalisation;

enum { SQ_APPROACH = 50 };      /* trajectories before the length of a round is looked at */
enum { SQ_MOST_STEPS = 10000 }; /* that tuning gives a trajectory */
/* In trajectories: before the first look at tau_int, and at most. */
enum { SQ_FIRST_LOOK = 100, SQ_LONGEST_THERMALISATION = 20000 };

/* ---- hmc.c: the set of chains ---- */

/* Probes are numbered from here, so that production does not depend on them. */
#define SQ_FIRST_PROBE ((uint64_t)1 << 32)

/* count chains numbered from first on, beyond set.first_id. */
PetscErrorCode sq_hmc_make_chains(const sq_hmc *hmc, uint64_t first, int64_t count, sq_chain ***chains);
PetscErrorCode sq_hmc_drop_chains(int64_t count, sq_chain ***chains);
/* A unit of the dynamics with the present tuning. Not collective. */
sq_pace sq_hmc_pace(const sq_hmc *hmc);
/* One trajectory of a chain with the present tuning, and its row. Collective over the domain. */
PetscErrorCode sq_hmc_move(sq_hmc *hmc, sq_chain *chain, double row[SQ_HISTORY_COLUMNS]);
/* Rows of the series of production, which all chains have alike. Collective over grid->world. */
PetscErrorCode sq_hmc_rows(const sq_hmc *hmc, int64_t *rows);

/* ---- history.c: histories, and what all replicas know together ---- */

/* The columns of one row. */
double *sq_history_at(const sq_history *history, int64_t chain, int64_t row);
/* Makes room for that many rows of each of some chains; keeps what is there. */
PetscErrorCode sq_history_reserve(sq_history *history, int64_t chains, int64_t rows);
/* Keeps the rows whose trajectory is a multiple of stride. */
void sq_history_thin(sq_history *history, int64_t stride);
/* all[total][each] in chain order from each replica's mine[its share][each]. Collective over grid->across. */
PetscErrorCode sq_gather_chains(const sq_grid *grid, int64_t total, int64_t each, const double *mine, double *all);

/* ---- tune.c: numbers of steps. Plain arithmetic, the same on all ranks ---- */

/* The standard deviation of dH at which a mean acceptance is reached, 0 < acceptance < 1. */
double sq_tune_sigma(double acceptance);
/* The number of steps of one trajectory: uniform in [ceil(mean/2), 2 mean - ceil(mean/2)]. */
int64_t sq_tune_vary(int64_t mean, sq_stream stream, int64_t trajectory);

/* ---- choose.c: which algorithm is cheapest. Plain arithmetic, the same on all ranks ---- */

/* Lists the algorithms that the settings leave open, the one to begin with first. Not collective. */
void sq_choose_list(sq_hmc *hmc);
/* The work of a trajectory of that many steps with its cluster updates, in site updates a site. */
double sq_choose_work(const sq_hmc *hmc, const sq_hmc_trial *trial, double steps);
/* The mean length to try for a susceptibility, or, with Fourier acceleration, for the frequency of the modes. */
double sq_choose_length(const sq_hmc_trial *trial, double susceptibility, double frequency);
/* The cheapest so far, NULL before the first. */
const sq_hmc_trial *sq_choose_best(const sq_hmc *hmc);
/* The algorithm at work: the one that is tried, or the cheapest. */
const sq_hmc_trial *sq_choose_present(const sq_hmc *hmc);

/* ---- rounds.c: number of steps, length and mass ---- */

/* The most trajectories of thermalisation; whether those for the trial at work are over (all trials share the first
 * half). Not collective, as all of these that return no error. */
int64_t sq_round_limit(const sq_hmc *hmc);
bool sq_round_out_of_time(const sq_hmc *hmc);
/* The acceptance to tune for. */
double sq_round_target(const sq_hmc *hmc);
/* Changes the number of steps when the acceptance is clearly off its target. A number found too small is not tried
 * again. last: nothing would try longer steps any more. */
void sq_round_retune(sq_hmc *hmc, bool last);
/* The length to give an algorithm: the deck's, or what follows from this round. */
double sq_round_length(const sq_hmc *hmc, const sq_hmc_trial *trial);
/* thermal->mass and frequency from the spectra of this round. Collective over grid->world, as are the next two. */
PetscErrorCode sq_round_fit_propagator(sq_hmc *hmc);
/* Begins one with the length and the mass that follow from the round that ends. */
PetscErrorCode sq_round_begin(sq_hmc *hmc);
/* At the end of the approach of a round: begins another, or takes its length for final. A trial whose time is up begins
 * no further round: it would have no rows to be judged by. */
PetscErrorCode sq_round_settle(sq_hmc *hmc);
/* The tuning to start from; forgets what was measured in a round. */
void sq_round_first(sq_hmc *hmc);
void sq_round_forget(sq_hmc *hmc);

/* ---- trials.c, thermalise.c ---- */

/* Goes on to the next algorithm, or to the cheapest when all are known; with one there is nothing to choose. Collective
 * over grid->world. */
PetscErrorCode sq_trials_step(sq_hmc *hmc);
PetscErrorCode sq_thermalisation_destroy(sq_thermalisation **thermal);

/* ---- walkers.c: n trajectories of one kind, into the history from row `at` on. Collective over grid->world ---- */

PetscErrorCode sq_walk_production(sq_hmc *hmc, int64_t at, int64_t n);
PetscErrorCode sq_walk_probes(sq_hmc *hmc, int64_t at, int64_t n);

/* ---- watch.c: statistics of histories. Not collective: every rank has all rows ---- */

/* Over the second half of a round: the tau_int of the tuning; known: every window was found. */
PetscErrorCode sq_watch_tau(sq_hmc *hmc, bool *known);
/* Whether a number is the same in all rows from skip on of these chains. Not collective. */
bool sq_history_constant(const sq_history *history, int64_t first, int64_t chains, int64_t skip, sq_watched what);

/* ---- starts.c ---- */

/* Fills hmc->agreement: production chains against probes. Not collective. */
PetscErrorCode sq_watch_starts(sq_hmc *hmc);
/* Whether they do, as far as is known. Not collective. */
bool sq_starts_agree(const sq_hmc *hmc);
/* Where they disagree and cluster updates can tell whose fault that is: makes thermal->help what the probes are to make
 * next. Once only. Not collective. */
bool sq_starts_ask_help(sq_hmc *hmc);
/* At most that many of these; after the last, hmc->agreement is with the probes as they are now. Collective over
 * grid->world. */
PetscErrorCode sq_starts_help(sq_hmc *hmc, int64_t most);

/* ---- hopeless.c: what is refused. SQ_ERR_INPUT, the same on every rank. Collective over grid->world ---- */

/* First fields whose action is not a number. */
PetscErrorCode sq_hopeless_start(const sq_hmc *hmc);
/* Trajectories of a settled length that are refused at the largest number of steps. */
PetscErrorCode sq_hopeless_steps(const sq_hmc *hmc);
/* Intervals without decisions, of the block that is through, that ran away although the approach is over. */
PetscErrorCode sq_hopeless_intervals(const sq_hmc *hmc);

/* ---- report.c ---- */

/* Says what thermalisation found. */
void sq_hmc_report(const sq_hmc *hmc, bool too_short);

#endif
