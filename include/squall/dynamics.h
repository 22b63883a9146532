/* SPDX-License-Identifier: BSD-3-Clause */
/* dynamics: one Markov chain of fields. Hybrid Monte Carlo (Duane, Kennedy, Pendleton, Roweth, Phys. Lett. B 195 (1987)
 * 216) with its integrators and Fourier acceleration, the Langevin equation, sweeps of local updates, worms; joined
 * with over-relaxation, cluster updates and moves between sectors.
 *
 * H = sum pi^2/2 + S. Everything that happens to a chain is addressed by (seed, chain, trajectory) and decided by exact
 * sums, so a chain is the same, bit for bit, on any number of ranks, and after any restart.
 *
 * Not collective, unless a comment says so.
 */
#ifndef SQUALL_DYNAMICS_H
#define SQUALL_DYNAMICS_H

#include "squall/action.h"
#include "squall/cluster.h"
#include "squall/fft.h"
#include "squall/halo.h"
#include "squall/metropolis.h"

SQ_C_BEGIN

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
/* The name of number index, NULL past the last; the one of that name, NULL if there is none. Not collective. */
const char *sq_integrator_name(int index);
const sq_integrator *sq_integrator_find(const char *name);

/* ---- molecular dynamics: buffers that the trajectories of all chains of a replica share ---- */
typedef struct sq_md sq_md;

/* Collective over lattice->comm, as everything below is unless it says otherwise. */
PetscErrorCode sq_md_create(const sq_lattice *lattice, const sq_action *action, const sq_integrator *integrator,
                            sq_md **md);
PetscErrorCode sq_md_destroy(sq_md **md);

/* Fourier acceleration (G. G. Batrouni et al., Phys. Rev. D 32 (1985) 2736; S. Duane et al., Phys. Lett. B 176 (1986)
 * 143): the kinetic energy becomes sum_p |pi_p|^2 K(p)/(2V), K(p) = (mass^2 + 2d)/(mass^2 + p_hat^2), so that all modes
 * of a field with propagator 1/(mass^2 + p_hat^2) have one frequency. mass 0: K = 1, none. What is drawn is K^(1/2) pi,
 * normal at each site. */
PetscErrorCode sq_md_accelerate(sq_md *md, double mass);
/* The transform of Fourier acceleration, made when it is first asked for; owned by md. */
PetscErrorCode sq_md_transform(sq_md *md, sq_fft **fft);
/* A block for anyone's use between trajectories, which overwrite it; owned by md. Not collective. */
double *sq_md_scratch(sq_md *md);
/* The mass (kept if it is positive) that fits a propagator G[orbits] best, 1/G(p) linear in p_hat^2, and the frequency
 * of the modes with it; the zero mode, which a broken phase sets apart, is left out. Not collective. */
void sq_md_fit_mass(const sq_orbits *orbits, const double *propagator, double *mass, double *frequency);

/* ---- a chain ---- */
typedef struct {
  sq_md *md; /* not owned */
  uint64_t seed, id;
  sq_field *phi;                                 /* rim not kept up to date */
  double *force;                                 /* block, as all here [components][local_volume]: -dS/dphi at phi */
  double action, magnetisation, schwinger_dyson; /* S; the order parameter, of several numbers the length of the vector
                                                    of their means; -sum phi F / V, NaN without identity */
  int64_t trajectory;                            /* done so far, thermalisation included */
  double dH;                                     /* of the last trajectory */
  bool accepted;
  bool turned;          /* its numbers stand for what they did, but are others: force and action are taken anew */
  int refused;          /* trajectories in a row that were rejected */
  sq_metropolis counts; /* since the last reset */
} sq_chain;

typedef enum { SQ_START_AUTO, SQ_START_HOT, SQ_START_ORDERED } sq_start;
enum { SQ_CHAIN_NUMBERS = 3 + SQ_METROPOLIS_NUMBERS };
extern const char *const sq_chain_number_name[SQ_CHAIN_NUMBERS]; /* trajectory, dH, accepted, then the counters */

/* A chain without a field yet; md is kept, not owned. What follows is collective over the ranks of md's lattice, unless
 * a comment says otherwise. */
PetscErrorCode sq_chain_create(sq_md *md, uint64_t seed, uint64_t id, sq_chain **chain);
PetscErrorCode sq_chain_destroy(sq_chain **chain);
/* The first field, trajectory 0. Hot: independent numbers of the theory's space. Ordered: the uniform field of least
 * action after a random symmetry move (of several numbers a vector of that length in a random direction). Auto is
 * ordered where that field is not 0, hot elsewhere: hot starts of the broken phase stay in domain states for a very
 * long time. Collective. */
PetscErrorCode sq_chain_start(sq_chain *chain, sq_start start);
/* The start that auto stands for. Not collective. */
sq_start sq_start_of(const sq_action *action, sq_start start);
/* One trajectory of steps steps of eps, and the decision. A dH that is not a number is rejected and counted.
 * Collective. */
PetscErrorCode sq_chain_trajectory(sq_chain *chain, double eps, int64_t steps);
/* How far a trajectory of steps steps of eps, run forth and, its momenta reversed, back again, misses where it began:
 * the norm of the difference in field and momenta over the norm of both, on a copy with momenta of their own; the chain
 * stays as it is. The same on any number of ranks. Collective. */
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
/* As for integrators. */
const char *sq_langevin_scheme_name(int index);
const sq_langevin_scheme *sq_langevin_scheme_find(const char *name);

/* One interval: steps steps of eps, which counts as a trajectory. With a scheme that decides, each step is a proposal,
 * and dH, accepted are those of the last. With one that does not, the interval is one; if S is not a number at its end,
 * or has risen by more than 1000 alpha a site, it is refused and counted as invalid, and the chain stays where it was.
 * Steps are numbered by trajectory * steps: all intervals of a chain must have the same number of them. Collective. */
PetscErrorCode sq_chain_langevin(sq_chain *chain, const sq_langevin_scheme *scheme, double alpha, double eps,
                                 int64_t steps);

/* An interval of sweeps of local updates (sq_action_local_sweep), which counts as a trajectory. All intervals of a
 * chain must have the same number of them. Error: SQ_ERR_INPUT where the action has none. */
PetscErrorCode sq_chain_local(sq_chain *chain, int64_t sweeps);
/* Sweeps of over-relaxation (sq_action_relax_sweep), which do not count. Error: SQ_ERR_INPUT where the action has none.
 */
PetscErrorCode sq_chain_relax(sq_chain *chain, int64_t sweeps);
/* The work of a sweep of it in d dimensions, in updates of a site. Not collective. */
double sq_chain_relax_work(int dim);

/* ---- dynamics: what a chain does with a unit of its time ---- */

typedef struct {
  double eps;
  int64_t steps;                    /* of eps in a unit */
  const sq_langevin_scheme *scheme; /* of the Langevin equation, with alpha */
  double alpha;
} sq_pace;

typedef struct {
  const char *name, *summary;
  const char *unit;                     /* several units of its time: "trajectories" */
  bool tuned;                           /* number and size of steps are free: the ensemble does not depend on them */
  bool reversible;                      /* sq_chain_reversibility is a test of it */
  bool (*decides)(const sq_pace *pace); /* by a Metropolis decision, with a dH */
  /* The work of a unit of so many steps, in updates of a site (a force and a move); NULL: that of a trajectory. */
  double (*work)(int dim, double steps);
  /* How many steps a unit has where the settings do not say and it is not tuned; NULL: they say. Collective over the
   * lattice's ranks, the same whatever they are. */
  PetscErrorCode (*steps)(sq_md *md, uint64_t seed, int64_t *steps);
  /* One unit. Each step is cut into that many parts, as a chain far from equilibrium may need. */
  PetscErrorCode (*move)(sq_chain *chain, const sq_pace *pace, int64_t parts);
  /* What a unit is made of, in words. */
  void (*describe)(const sq_md *md, const sq_pace *pace, char *text, size_t size);
} sq_dynamics;

extern const sq_dynamics sq_dynamics_trajectory, sq_dynamics_langevin, sq_dynamics_local, sq_dynamics_cluster,
  sq_dynamics_worm;
extern const sq_dynamics *const sq_dynamics_types[]; /* NULL-terminated: these and all others */

/* ---- what any dynamics may be joined with ---- */

/* A random symmetry move of the theory (phi -> -phi with probability 1/2 on the real line, a random orthogonal matrix
 * where sites have several real numbers), so that all that is alike comes equally often. Does nothing where the theory
 * has none. Not collective. */
void sq_chain_flip(sq_chain *chain);
/* Cluster updates by the reflections of the theory (squall/cluster.h), exact for exp(-S/alpha) where
 * action->type->bond: sweeps of them, at most SQ_CLUSTER_SWEEPS, after which force and observables are those of the new
 * field. Error: SQ_ERR_INPUT where the action has no bonds. Collective. */
enum { SQ_CLUSTER_SWEEPS = 255 };
PetscErrorCode sq_chain_clusters(sq_chain *chain, double alpha, int64_t sweeps);
/* Moves between sectors (sq_action_type.jump), each with a Metropolis decision of its own: jumps of them, at most
 * SQ_JUMPS. Error: SQ_ERR_INPUT where the action has none. Collective. */
enum { SQ_JUMPS = 255 };
PetscErrorCode sq_chain_jumps(sq_chain *chain, int64_t jumps);
/* The chain's state: its block[components][local_volume] and plain numbers (integers below 2^53). Not collective. */
void sq_chain_save(const sq_chain *chain, double *block, double number[SQ_CHAIN_NUMBERS]);
/* Puts it back; the chain goes on as if it had never stopped. Collective. */
PetscErrorCode sq_chain_restore(sq_chain *chain, const double *block, const double number[SQ_CHAIN_NUMBERS]);

SQ_C_END

#endif
