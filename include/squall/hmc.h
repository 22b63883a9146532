/* hmc: hybrid Monte Carlo (Duane, Kennedy, Pendleton, Roweth, Phys. Lett. B 195 (1987) 216), many chains over the
 * replicas; and the Langevin equation, another dynamics of the same chains.
 *
 * H = sum pi^2/2 + S. Everything that happens to a chain is addressed by (seed, chain, trajectory) and decided by exact
 * sums, so a chain is the same, bit for bit, on any number of ranks and replicas, and after any restart.
 *
 * A stage uses it like this:
 *
 *   sq_hmc_settings_from_deck(deck, &settings);
 *   sq_hmc_create(grid, lattice, &action, &settings, seed, &hmc);
 *   sq_hmc_start(hmc);
 *   do sq_hmc_thermalise_step(hmc, &done); while (!done);        (look at signals and the clock between steps)
 *   for (n = 0; n < records of a chain; n++) {
 *     sq_hmc_advance(hmc, hmc->tuning.separation);
 *     for each chain hmc->chain[i], i < hmc->count: sq_chain_save(chain, block, number) and write it
 *   }
 *
 * To resume production: create, hmc->tuning = what was stored, and for each chain of this replica
 * sq_chain_restore(chain, block, number) from the last record of that chain. Thermalisation that was interrupted starts
 * again from sq_hmc_start.
 *
 * Why lengths are random: a mode of frequency omega keeps its amplitude over trajectories of fixed length n pi/omega,
 * and with a long trajectory some mode always does (Mackenzie, Phys. Lett. B 226 (1989) 369). At kappa = 0.21, lambda =
 * 0.022, L = 32, length 2: tau_int of S is 14(3) with fixed and 1.2(1) with random length. And why they are long: the
 * force is cheap beside the momenta.
 */
#ifndef SQUALL_HMC_H
#define SQUALL_HMC_H

#include "squall/action.h"
#include "squall/cluster.h"
#include "squall/fft.h"
#include "squall/halo.h"
#include "squall/metropolis.h"
#include "squall/stats.h"

/* ---- integrators ---- */
enum { SQ_INTEGRATOR_COEFFICIENTS = 12 };

/* One step: momenta += c_0 eps F, field += c_1 eps momenta, momenta += c_2 eps F, ... and last the momenta. Symmetric,
 * so reversible. */
typedef struct {
  const char *name, *summary;
  int order;         /* the violation of H is of order eps^order for a trajectory of fixed length */
  double acceptance; /* the acceptance at which it is cheapest, the target of tuning */
  int count;         /* coefficients, odd; (count - 1)/2 forces a step */
  double coefficient[SQ_INTEGRATOR_COEFFICIENTS];
} sq_integrator;

extern const sq_integrator *const sq_integrators[]; /* NULL-terminated; the first is the default */
/* NULL if there is none of that name. */
const sq_integrator *sq_integrator_find(const char *name);

/* ---- molecular dynamics: what the trajectories of all chains of a replica share ---- */
typedef struct {
  const sq_lattice *lattice; /* not owned */
  sq_action action;
  const sq_integrator *integrator;
  sq_halo *halo, *halo_cut;             /* all faces; without the last direction where that is not cut */
  int64_t rows, *row;                   /* index of the first site of each interior row in a field of halo 1 */
  double *momentum;                     /* block, at the beginning and the end of a trajectory */
  sq_field *end, *before;               /* of a trajectory: its last field, rim filled; the one before it */
  double *end_force;                    /* block: the force at its last field */
  int64_t planes, front;                /* of a block; steps that go through it in one wavefront, 1: sweep by sweep */
  sq_clusters *clusters;                /* made when first used */
  double mass;                          /* of Fourier acceleration; 0: none */
  sq_fft *fft;                          /* made when first used, with what follows */
  double *kernel, *root, *inverse_root; /* [orbits] of the velocities' covariance */
  double *velocity, *pull;              /* blocks: kernel * momenta, kernel * force */
} sq_md;

/* Collective over lattice->comm, as everything below is unless it says otherwise. */
PetscErrorCode sq_md_create(const sq_lattice *lattice, const sq_action *action, const sq_integrator *integrator,
                            sq_md **md);
PetscErrorCode sq_md_destroy(sq_md **md);

/* Fourier acceleration (G. G. Batrouni et al., Phys. Rev. D 32 (1985) 2736; S. Duane et al., Phys. Lett. B 176 (1986)
 * 143): the kinetic energy becomes sum_p |pi_p|^2 K(p)/(2V), K(p) = (mass^2 + 2d)/(mass^2 + p_hat^2), so that all modes
 * of a field with propagator 1/(mass^2 + p_hat^2) have one frequency. mass 0: K = 1, none. md->momentum stays what is
 * drawn: K^(1/2) pi, normal at each site. */
PetscErrorCode sq_md_accelerate(sq_md *md, double mass);
/* The mass (kept if it is positive) that fits a propagator G[orbits] best, 1/G(p) linear in p_hat^2, and the frequency
 * of the modes with it; the zero mode, which a broken phase sets apart, is left out. Not collective. */
void sq_md_fit_mass(const sq_orbits *orbits, const double *propagator, double *mass, double *frequency);

/* ---- a chain ---- */
typedef struct {
  sq_md *md; /* not owned */
  uint64_t seed, id;
  sq_field *phi;                                 /* rim not kept up to date */
  double *force;                                 /* block: -dS/dphi at phi */
  double action, magnetisation, schwinger_dyson; /* S; sum phi / V; -sum phi F / V, whose mean is 1 */
  int64_t trajectory;                            /* done so far, thermalisation included */
  double dH;                                     /* of the last trajectory */
  bool accepted;
  int refused;          /* trajectories in a row that were rejected */
  sq_metropolis counts; /* since the last reset */
} sq_chain;

typedef enum { SQ_START_AUTO, SQ_START_HOT, SQ_START_ORDERED } sq_start;
enum { SQ_CHAIN_NUMBERS = 8 };
extern const char *const sq_chain_number_name[SQ_CHAIN_NUMBERS]; /* trajectory, dH, accepted, then the counters */

PetscErrorCode sq_chain_create(sq_md *md, uint64_t seed, uint64_t id, sq_chain **chain);
PetscErrorCode sq_chain_destroy(sq_chain **chain);
/* The first field, trajectory 0. Hot: independent standard normal sites. Ordered: the uniform field of least action,
 * with random sign. Auto is ordered where that field is not 0, hot elsewhere: hot starts of the broken phase stay in
 * domain states for a very long time. */
PetscErrorCode sq_chain_start(sq_chain *chain, sq_start start);
/* The start that auto stands for. Not collective. */
sq_start sq_start_of(const sq_action *action, sq_start start);
/* One trajectory of steps steps of eps, and the decision. A dH that is not a number is rejected and counted. */
PetscErrorCode sq_chain_trajectory(sq_chain *chain, double eps, int64_t steps);
/* How far a trajectory of steps steps of eps, run forth and, its momenta reversed, back again, misses where it began:
 * the norm of the difference in field and momenta over the norm of both, on a copy with momenta of their own; the chain
 * stays as it is. The same on any number of ranks. */
PetscErrorCode sq_chain_reversibility(const sq_chain *chain, double eps, int64_t steps, double *deviation);

/* ---- the Langevin equation: dphi = -K dS/dphi dtau + sqrt(2 alpha K) dW, whose density becomes exp(-S/alpha) ---- */

/* A step of eps with noise xi, normal at each site, F = -dS/dphi, and the predictor
 *   phi' = phi + eps K F(phi) + sqrt(2 alpha eps) K^(1/2) xi,     K the kernel of Fourier acceleration, or 1.
 * euler:    phi' (G. Parisi, Y.-S. Wu, Sci. Sin. 24 (1981) 483).
 * second:   phi + eps K (F(phi) + F(phi'))/2 + sqrt(2 alpha eps) K^(1/2) xi (G. G. Batrouni et al., Phys. Rev. D 32
 * (1985) 2736; Heun's). adjusted: phi', accepted as in hybrid Monte Carlo, of which it is the trajectory of one
 * leapfrog step of sqrt(2 alpha eps) (P. J. Rossky, J. D. Doll, H. L. Friedman, J. Chem. Phys. 69 (1978) 4628). A mode
 * of a free field, S = omega |phi|^2/2, x = eps K omega, has the variance alpha/omega times: euler 1/(1 - x/2); second
 * (2 - x)/(2 - x + x^2/2); adjusted 1. euler and second are stable for x < 2. */
typedef struct {
  const char *name, *summary;
  int order; /* averages are wrong by eps^order; 0: exact */
  bool corrector, adjusted;
} sq_langevin_scheme;

extern const sq_langevin_scheme *const sq_langevin_schemes[]; /* NULL-terminated */
/* NULL if there is none of that name. */
const sq_langevin_scheme *sq_langevin_scheme_find(const char *name);

/* One interval: steps steps of eps, which counts as a trajectory. With a scheme that decides, each step is a proposal,
 * and dH, accepted are those of the last. With one that does not, the interval is one; if S is not a number at its end,
 * it is refused and counted as invalid, and the chain stays where it was. Steps are numbered by trajectory * steps: all
 * intervals of a chain must have the same number of them. */
PetscErrorCode sq_chain_langevin(sq_chain *chain, const sq_langevin_scheme *scheme, double alpha, double eps,
                                 int64_t steps);

/* phi -> -phi with probability 1/2, an exact symmetry where action->type->z2: both signs come equally often. Does
 * nothing elsewhere. Not collective. */
void sq_chain_flip(sq_chain *chain);
/* Cluster updates of the signs of the field (squall/cluster.h), exact where action->type->bond: sweeps of them, at most
 * SQ_CLUSTER_SWEEPS, after which force and observables are those of the new field. Error: SQ_ERR_INPUT where the action
 * has no bonds. */
enum { SQ_CLUSTER_SWEEPS = 255 };
PetscErrorCode sq_chain_clusters(sq_chain *chain, int64_t sweeps);
/* The chain's state: its block[local_volume] and plain numbers (integers below 2^53). Not collective. */
void sq_chain_save(const sq_chain *chain, double *block, double number[SQ_CHAIN_NUMBERS]);
/* Puts it back; the chain goes on as if it had never stopped. */
PetscErrorCode sq_chain_restore(sq_chain *chain, const double *block, const double number[SQ_CHAIN_NUMBERS]);

/* By how much to stretch a step size to come from one acceptance to another, at most a factor of 2 either way; dH grows
 * as eps^order. Not collective. */
double sq_tune_stretch(double acceptance, double target, int order);

/* ---- many chains ---- */
enum { SQ_HMC_AUTO = -1 };
typedef enum { SQ_ACCELERATION_AUTO = SQ_HMC_AUTO, SQ_ACCELERATION_NONE, SQ_ACCELERATION_FOURIER } sq_acceleration;

/* The declared deck parameters of the section `hmc`. */
extern const sq_param sq_hmc_params[];

typedef struct {
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
  int64_t reversibility; /* trajectories between checks of it; 0: never */
  int64_t cluster;       /* cluster updates after each trajectory; SQ_HMC_AUTO: where they pay */
  sq_acceleration acceleration;
  double mass;                      /* of Fourier acceleration; 0: from the measured propagator */
  const sq_langevin_scheme *scheme; /* NULL: hybrid Monte Carlo; else a trajectory is an interval of Langevin time,
                                       length and steps are given */
  double alpha;                     /* of the Langevin equation */
  uint64_t first_id;                /* chains are numbered from here in their random numbers */
} sq_hmc_settings;

/* The declared deck parameters of the section `langevin`, and what they say. */
extern const sq_param sq_langevin_params[];
enum { SQ_LANGEVIN_STEPS = 8 };
typedef struct {
  int count;                     /* step sizes, each with chains of its own */
  double eps[SQ_LANGEVIN_STEPS]; /* falling */
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
void sq_hmc_tuning_save(const sq_hmc_tuning *tuning, double number[SQ_HMC_TUNING_NUMBERS]);
void sq_hmc_tuning_restore(sq_hmc_tuning *tuning, const double number[SQ_HMC_TUNING_NUMBERS]);

/* An algorithm that thermalisation can choose. */
typedef struct {
  int64_t cluster;
  bool fourier, tried;
  double length, eps, mass; /* what it was tuned to */
  int64_t steps;
  double tau_int, cost; /* in trajectories; of an independent configuration, in site updates a site */
} sq_hmc_trial;
enum { SQ_HMC_TRIALS = 4 };

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

/* Production chains against probes from the other start, over the second half of thermalisation. */
enum { SQ_WATCH_M_ABS, SQ_WATCH_ACTION, SQ_WATCH_SD, SQ_WATCHED }; /* |M|, S/V, Schwinger-Dyson */
typedef struct {
  sq_estimate production[SQ_WATCHED], probe[SQ_WATCHED];
  double sigmas; /* the largest difference in combined errors; not a number when unknown */
} sq_hmc_agreement;

typedef struct {
  const sq_grid *grid;       /* not owned */
  const sq_lattice *lattice; /* not owned; of grid->domain */
  sq_hmc_settings set;
  sq_hmc_tuning tuning;
  sq_hmc_agreement agreement; /* after thermalisation */
  uint64_t seed;
  sq_md *md;
  int64_t first, count; /* this replica runs chains first .. first + count - 1 */
  sq_chain **chain;     /* [count] */
  int64_t first_probe, probes;
  sq_chain **probe; /* [probes], during thermalisation */
  sq_history
    warmup; /* thermalisation, the part with the final length: all production chains, then all probes, on every rank */
  int64_t all_probes;
  bool thermalising;
  int round; /* of thermalisation: a new one begins when the length changes */
  sq_hmc_trial trial[SQ_HMC_TRIALS];
  int trials, trying; /* algorithms to choose from; the one at work, trials when the choice is made */
  sq_sum *power; /* [orbits] this rank's part of the spectra of fields of the present round, where Fourier acceleration
                    is open */
  int64_t fields;
  double mass, frequency; /* that fit the last propagator looked at */
  bool settled;           /* the length is final */
  int64_t since;          /* trajectories at the present step size */
  int64_t fewest;         /* steps below this were found to be too few */
  int64_t next_look;      /* rows of warmup at which tau_int is looked at again */
  sq_history series;      /* production: this replica's chains, every stride-th trajectory */
  int64_t stride;
} sq_hmc;

/* The settings of a deck. Errors: SQ_ERR_INPUT. Not collective, the same on all ranks. */
PetscErrorCode sq_hmc_settings_from_deck(const sq_deck *deck, sq_hmc_settings *settings);
/* Writes what was tuned into the deck, so that its echo repeats the run. Not collective. */
PetscErrorCode sq_hmc_resolve(const sq_hmc *hmc, sq_deck *deck);

/* Collective over grid->world; so are start, the steps of thermalisation and the gathering of series. */
PetscErrorCode sq_hmc_create(const sq_grid *grid, const sq_lattice *lattice, const sq_action *action,
                             const sq_hmc_settings *settings, uint64_t seed, sq_hmc **hmc);
PetscErrorCode sq_hmc_destroy(sq_hmc **hmc);
/* Starts all chains, and at least two probes from the other start. */
PetscErrorCode sq_hmc_start(sq_hmc *hmc);
/* Some trajectories of thermalisation and what follows from them for the step size. When done, the tuning is fixed,
 * what was found is logged and the counters are reset. The decisions come from all chains in chain order: the same on
 * any number of ranks.
 */
PetscErrorCode sq_hmc_thermalise_step(sq_hmc *hmc, bool *done);
/* start and all steps. */
PetscErrorCode sq_hmc_thermalise(sq_hmc *hmc);
/* Each chain of this replica by that many trajectories. Collective over the domain only: replicas may be at different
 * places. All chains make the same number of trajectories. */
PetscErrorCode sq_hmc_advance(sq_hmc *hmc, int64_t trajectories);
/* The largest sq_chain_reversibility of all chains, with the present step size and the mean number of steps. */
PetscErrorCode sq_hmc_reversibility(const sq_hmc *hmc, double *worst);
/* The series of production of all chains, in chain order, on every rank; history is the caller's (sq_history_clear). At
 * most SQ_HISTORY_ROWS rows a chain: beyond that every second, fourth, ... trajectory is kept. */
PetscErrorCode sq_hmc_gather_series(sq_hmc *hmc, sq_history *history);
/* Puts back what sq_hmc_gather_series gave, after chains were restored. Not collective. */
PetscErrorCode sq_hmc_set_series(sq_hmc *hmc, const sq_history *history);
/* Counters of all chains together, since thermalisation. */
PetscErrorCode sq_hmc_counts(const sq_hmc *hmc, sq_metropolis *counts);
void sq_history_clear(sq_history *history);

#endif
