/* SPDX-License-Identifier: BSD-3-Clause */
/* hmc: many chains over the replicas, of any dynamics (squall/dynamics.h), hybrid Monte Carlo the first: settings,
 * thermalisation, choice of the algorithm and its tuning, histories. A chain is the same, bit for bit, on any number of
 * ranks and replicas, and after any restart.
 *
 * A stage uses it like this:
 *
 *   sq_hmc_settings_from_deck(deck, &settings);
 *   sq_hmc_create(grid, lattice, &action, &settings, seed, &hmc);
 *   sq_hmc_start(hmc);
 *   do sq_hmc_thermalise_step(hmc, &done); while (!done);        (look at signals and the clock between steps)
 *   sq_hmc_end_thermalisation(hmc);
 *   for (n = 0; n < records of a chain; n++) {
 *     sq_hmc_advance(hmc, hmc->tuning.separation);
 *     for each chain hmc->chain[i], i < hmc->count: sq_chain_save(chain, block, number) and write it
 *   }
 *
 * To resume production: create, hmc->tuning = what was stored, and for each chain of this replica
 * sq_chain_restore(chain, block, number) from the last record of that chain. To resume thermalisation: create, start,
 * sq_chain_restore for each chain and each probe, and sq_hmc_thermalisation_restore.
 *
 * Why lengths are random: a mode of frequency omega keeps its amplitude over trajectories of fixed length n pi/omega,
 * and with a long trajectory some mode always does (Mackenzie, Phys. Lett. B 226 (1989) 369). At kappa = 0.21, lambda =
 * 0.022, L = 32, length 2: tau_int of S is 14(3) with fixed and 1.2(1) with random length. And why they are long: the
 * force is cheap beside the momenta.
 *
 * Not collective, unless a comment says so.
 */
#ifndef SQUALL_HMC_H
#define SQUALL_HMC_H

#include "squall/dynamics.h"
#include "squall/stats.h"

SQ_C_BEGIN

/* The factor on eps that should change the acceptance to `target`, between 1/2 and 2; dH grows
 * as eps^order. Not collective. */
double sq_tune_stretch(double acceptance, double target, int order);

/* What a step size is tuned on: trajectories from given fields. */
typedef struct {
  int64_t fields;
  const double *block;  /* [fields][local_volume], the same fields in all replicas */
  uint64_t first_id;    /* field n has the random numbers of chain first_id + n */
  int64_t trajectories; /* of every field in a round */
  int64_t steps;        /* of a trajectory */
  double target;        /* acceptance, 0 < target < 1 */
  int order;            /* the deviation of dH grows as eps^order */
} sq_tuning_set;

/* Changes *eps, a first guess, by rounds of trajectories until it changes little; acceptance: that of the last round.
 * chain is at work meanwhile: its field, number and counters are lost. The fields are shared out over the replicas; the
 * result is the same for any layout of ranks. Collective over grid->world. */
PetscErrorCode sq_tune_step(const sq_grid *grid, sq_chain *chain, const sq_tuning_set *set, double *eps,
                            double *acceptance);

enum { SQ_HMC_AUTO = -1 };
typedef enum { SQ_ACCELERATION_AUTO = SQ_HMC_AUTO, SQ_ACCELERATION_NONE, SQ_ACCELERATION_FOURIER } sq_acceleration;

/* The declared deck parameters of the section `hmc`. */
extern const sq_param sq_hmc_params[];

typedef struct {
  const char *section;          /* of the deck, which messages name */
  int64_t configurations, test; /* to store: training, held-out */
  int chains;
  const sq_integrator *integrator;
  double length;          /* mean length of a trajectory; 0: tuned */
  int64_t steps;          /* mean number of steps of a trajectory; 0: tuned */
  bool vary_length;       /* the number of steps is random, uniform from half to one and a half times the mean */
  double acceptance;      /* target; 0: the integrator's */
  int64_t thermalisation; /* trajectories; 0: until measured long enough */
  int64_t separation;     /* trajectories between stored configurations; 0: tuned */
  sq_start start;
  bool flip;
  int64_t reversibility;   /* trajectories between checks of it; 0: never */
  int64_t cluster;         /* cluster updates after each trajectory; SQ_HMC_AUTO: where they pay */
  int64_t jumps;           /* between sectors, after each trajectory */
  int64_t over_relaxation; /* sweeps of it after each unit */
  sq_acceleration acceleration;
  double mass;                      /* of Fourier acceleration; 0: from the measured propagator */
  const sq_dynamics *dynamics;      /* of which a trajectory is one unit; length and steps are given if not tuned */
  const sq_langevin_scheme *scheme; /* of the Langevin equation, with alpha */
  double alpha;
  uint64_t first_id; /* chains are numbered from here in their random numbers */
} sq_hmc_settings;

/* The declared deck parameters of the section `langevin`, and what they say. */
extern const sq_param sq_langevin_params[];
enum { SQ_LANGEVIN_STEPS = 8 };
typedef struct {
  int count;                     /* step sizes, each with chains of its own */
  double eps[SQ_LANGEVIN_STEPS]; /* falling */
  int degree;                    /* of the extrapolation; negative: auto */
  sq_hmc_settings set[SQ_LANGEVIN_STEPS];
} sq_langevin_settings;

/* Errors: SQ_ERR_INPUT. Not collective, the same on all ranks. */
PetscErrorCode sq_langevin_settings_from_deck(const sq_deck *deck, sq_langevin_settings *settings);

/* What thermalisation finds, plain numbers: store them with the ensemble. */
typedef struct {
  double length, eps; /* mean length of a trajectory; step size */
  int64_t steps;      /* mean number of steps */
  int64_t separation;
  int64_t thermalisation;        /* trajectories that were thrown away */
  double acceptance;             /* mean of min(1, exp(-dH)) at this step size, before production */
  double tau_int, tau_int_error; /* in trajectories, the largest of |M|, M^2 and S */
  int64_t cluster;               /* cluster updates after each trajectory */
  double mass;                   /* of Fourier acceleration; 0: none */
} sq_hmc_tuning;
enum { SQ_HMC_TUNING_NUMBERS = 10 };
extern const char *const sq_hmc_tuning_name[SQ_HMC_TUNING_NUMBERS];
/* A tuning as plain numbers, for checkpoints, and back. */
void sq_hmc_tuning_save(const sq_hmc_tuning *tuning, double number[SQ_HMC_TUNING_NUMBERS]);
void sq_hmc_tuning_restore(sq_hmc_tuning *tuning, const double number[SQ_HMC_TUNING_NUMBERS]);

/* What is kept of each trajectory. */
enum { SQ_HISTORY_ROWS = 16384 };
enum {
  SQ_HISTORY_TRAJECTORY,
  SQ_HISTORY_DH,
  SQ_HISTORY_ACCEPTED,
  SQ_HISTORY_M,
  SQ_HISTORY_ACTION,
  SQ_HISTORY_SD,
  SQ_HISTORY_COLUMNS
};
extern const char *const sq_history_name[SQ_HISTORY_COLUMNS];

/* The same number of rows for each of some chains: value[(chain * capacity + row) * SQ_HISTORY_COLUMNS + column]. */
typedef struct {
  int64_t chains, rows, capacity;
  double *value;
} sq_history;

/* What is watched of a history: |M|, S/V, Schwinger-Dyson; M^2. */
typedef enum {
  SQ_WATCH_M_ABS,
  SQ_WATCH_ACTION,
  SQ_WATCH_SD,
  SQ_WATCHED, /* the first three tell starts apart */
  SQ_WATCH_M_SQUARED = SQ_WATCHED
} sq_watched;
/* Its mean and tau_int (in rows) over rows skip .. of chains first .. first + chains - 1, by the Gamma method. Not
 * collective. */
PetscErrorCode sq_history_estimate(const sq_history *history, int64_t first, int64_t chains, int64_t skip,
                                   sq_watched what, sq_estimate *estimate);
/* The one of |M|, M^2 and S/V with the largest tau_int, over the first `chains` chains; not a number if there is none.
 * known: every window was found. Not collective. */
PetscErrorCode sq_history_slowest(const sq_history *history, int64_t chains, int64_t skip, sq_estimate *slowest,
                                  bool *known);

/* Production chains against probes from the other start, over the second half of thermalisation; probes that were off
 * have made cluster updates first (starts.c). */
typedef struct {
  sq_estimate production[SQ_WATCHED], probe[SQ_WATCHED];
  double sigmas; /* the largest difference in combined errors; not a number where that is not known, or where a chain
                    hardly moves */
} sq_hmc_agreement;

typedef struct {
  const sq_grid *grid;       /* not owned */
  const sq_lattice *lattice; /* not owned; of grid->domain */
  sq_action action;
  sq_hmc_settings set;
  sq_hmc_tuning tuning;
  sq_hmc_agreement agreement; /* after thermalisation */
  uint64_t seed;
  sq_md *md;
  int64_t first, count; /* this replica runs chains first .. first + count - 1 */
  sq_chain **chain;     /* [count] */
  sq_history warmup;    /* thermalisation, the part with the final length: all production chains, then all probes, on
                           every rank */
  int64_t all_probes;   /* chains of warmup that are probes */
  sq_history series;    /* production: this replica's chains, every stride-th trajectory */
  int64_t stride;
  struct sq_thermalisation *thermal; /* private */
} sq_hmc;

/* What the sections hmc, mc and langevin have in common, with defaults for the rest; section is kept. Error:
 * SQ_ERR_INPUT. Not collective, the same on all ranks. */
PetscErrorCode sq_hmc_common_settings(const sq_deck *deck, const char *section, sq_hmc_settings *settings);
/* Notes in the deck what was chosen for a key of a section, where that was automatic. Not collective. */
PetscErrorCode sq_hmc_note(sq_deck *deck, const char *section, const char *key, bool automatic, double value);
/* The settings of a deck. Errors: SQ_ERR_INPUT. Not collective, the same on all ranks. */
PetscErrorCode sq_hmc_settings_from_deck(const sq_deck *deck, sq_hmc_settings *settings);
/* Work of a trajectory of so many steps with its cluster updates and transforms, in updates of one site: what choices
 * between algorithms go by. Not collective. */
double sq_hmc_updates(const sq_hmc_settings *settings, int dim, double steps);
/* Makes a section's settings fit a theory: what it has not got is not chosen. Errors: SQ_ERR_INPUT
 * where the deck asks for that. Not collective, the same on all ranks. */
PetscErrorCode sq_hmc_suit(const sq_deck *deck, const sq_action *action, sq_hmc_settings *settings);
/* Notes what was tuned in the deck, section hmc: its echo says so, and still repeats the run to the bit, because auto
 * stays auto. (Thermalisation with the same numbers given from the start would take another way.) Not collective. */
PetscErrorCode sq_hmc_resolve(const sq_hmc_settings *settings, const sq_hmc_tuning *tuning, sq_deck *deck);

/* Collective over grid->world; so are start, the steps of thermalisation and the gathering of series. */
PetscErrorCode sq_hmc_create(const sq_grid *grid, const sq_lattice *lattice, const sq_action *action,
                             const sq_hmc_settings *settings, uint64_t seed, sq_hmc **hmc);
PetscErrorCode sq_hmc_destroy(sq_hmc **hmc);
/* Starts all chains, and at least two probes from the other start. Collective over grid->world. */
PetscErrorCode sq_hmc_start(sq_hmc *hmc);
/* Some trajectories of thermalisation and what follows from them for the step size. When done, the tuning is fixed,
 * what was found is logged and the counters are reset. The decisions come from all chains in chain order: the same on
 * any number of ranks. Collective over grid->world. */
PetscErrorCode sq_hmc_thermalise_step(sq_hmc *hmc, bool *done);
/* Whether the last step was made. Not collective. */
bool sq_hmc_thermalised(const sq_hmc *hmc);
/* After the last step: gives back what only thermalisation needs. Collective over grid->world. */
PetscErrorCode sq_hmc_end_thermalisation(sq_hmc *hmc);
/* How many trajectories it will take, as far as can be said now; 0: that is not known. Not collective. */
int64_t sq_hmc_thermalisation_expected(const sq_hmc *hmc);
/* All that thermalisation knows between two steps, but for the fields of its walkers: numbers[*count], the caller's
 * (sq_free), the same on every rank and for any layout of ranks. Collective over grid->world, as is the next. */
PetscErrorCode sq_hmc_thermalisation_save(sq_hmc *hmc, int64_t *count, double **numbers);
/* Puts it back after sq_hmc_start, when the walkers have their fields: goes on with the same bits. Error: SQ_ERR_DATA
 * where it is not of these settings. */
PetscErrorCode sq_hmc_thermalisation_restore(sq_hmc *hmc, int64_t count, const double *numbers);
/* The probes first .. first + count - 1 of all_probes, which this replica has during thermalisation. Not collective. */
sq_chain **sq_hmc_probes(const sq_hmc *hmc, int64_t *first, int64_t *count);
/* start, all steps and the end. Collective over grid->world. */
PetscErrorCode sq_hmc_thermalise(sq_hmc *hmc);
/* Each chain of this replica by that many trajectories. Collective over the domain only: replicas may be at different
 * places. All chains make the same number of trajectories. */
PetscErrorCode sq_hmc_advance(sq_hmc *hmc, int64_t trajectories);
/* The largest sq_chain_reversibility of all chains, with the present step size and the mean number of steps. Collective
 * over grid->world. */
PetscErrorCode sq_hmc_reversibility(const sq_hmc *hmc, double *worst);
/* The series of production of all chains, in chain order, on every rank; history is the caller's (sq_history_clear). At
 * most SQ_HISTORY_ROWS rows a chain: beyond that every second, fourth, ... trajectory is kept. Collective over
 * grid->world. */
PetscErrorCode sq_hmc_gather_series(sq_hmc *hmc, sq_history *history);
/* Puts back what sq_hmc_gather_series gave, after chains were restored. Not collective. */
PetscErrorCode sq_hmc_set_series(sq_hmc *hmc, const sq_history *history);
/* Counters of all chains together, since thermalisation. Collective over grid->world. */
PetscErrorCode sq_hmc_counts(const sq_hmc *hmc, sq_metropolis *counts);
/* Frees the rows. */
void sq_history_clear(sq_history *history);

/* ---- what production keeps an eye on ---- */
enum { SQ_MONITOR_NUMBERS = 2, SQ_MONITOR_FIGURES = 11 };

typedef struct {
  int64_t every;                 /* trajectories between checks of reversibility; 0: none */
  bool reversible, decides;      /* the dynamics: its trajectories can be run back; it has Metropolis decisions */
  double checks, deviation;      /* how many; the largest deviation */
  int64_t next_look;             /* rows of the series at which autocorrelations are computed again */
  double tau_int, tau_int_error; /* of the series so far, in trajectories, the largest of |M|, M^2 and S; NaN: not yet
                                    known */
  double schwinger_dyson, schwinger_dyson_error;
  sq_metropolis counts;
  sq_weights exp_dH; /* exp(-dH) of the series: whether its mean and error are to be believed */
} sq_monitor;

/* A number with its name while the chains run and its name in the file; NULL: it has none there. */
typedef struct {
  const char *now, *kept;
  double value;
} sq_monitor_number;

/* Begins to watch. */
void sq_monitor_begin(sq_monitor *monitor, const sq_hmc_settings *set);
/* After separation more trajectories, so that each chain has made `trajectory`: checks reversibility when that is due.
 * Collective over hmc->grid->world, as is the next. */
PetscErrorCode sq_monitor_step(sq_monitor *monitor, const sq_hmc *hmc, int64_t trajectory, int64_t separation);
/* Brings acceptance up to date, and the series' numbers when the series has grown by a quarter (now: in any case). */
PetscErrorCode sq_monitor_look(sq_monitor *monitor, sq_hmc *hmc, bool now);
/* All numbers; for a progress line; as members of a JSON object, each after a comma. Not collective. */
void sq_monitor_figures(const sq_monitor *monitor, sq_monitor_number figure[SQ_MONITOR_FIGURES]);
void sq_monitor_text(const sq_monitor *monitor, char *text, size_t size);
void sq_monitor_json(const sq_monitor *monitor, char *text, size_t size);
/* The part that a checkpoint must carry. Not collective. */
void sq_monitor_save(const sq_monitor *monitor, double number[SQ_MONITOR_NUMBERS]);
void sq_monitor_restore(sq_monitor *monitor, const double number[SQ_MONITOR_NUMBERS]);

SQ_C_END

#endif
