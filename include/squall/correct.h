/* SPDX-License-Identifier: BSD-3-Clause */
/* correct: Markov moves that make generated fields exact at any volume, out of any score, or a hierarchical model.
 *
 * A move by a score first noises the present field phi_0 with the forward process up to a level m, its depth, which is
 * an exact (Gibbs) step on field and path together, and then proposes another way back down, accepted with probability
 * min(1, w'/w), where w = exp(-S(phi_0)) prod_k q(phi_k|phi_{k-1}) / p(phi_{k-1}|phi_k), k = 1 .. m, of the new path
 * over the old one. exp(-S) is stationary whatever the score: a poor one only lowers the acceptance.
 *
 *   whole field   all sites move; one decision, whose log-ratio is a sum over V sites: acceptance falls with the volume
 * at a given depth. blocks        a block B of sites moves inside a window around it; the rim between them keeps its
 * path. q factorises over sites, so only terms of B remain, and the proposal may be any function of what does not move:
 * the score is run on the window as on a small periodic lattice. Cost and acceptance of a block know nothing of V.
 * Blocks that no other's window touches move at once.
 *
 * The kernel of a block uses the rim twice. The Gaussian part of the theory, G, gives phi_0 in B given the *clean* rim
 * in closed form: with K = 1/G on the window, K_BB = U diag(lambda) U^T, mode by mode in that basis D_B = (a phi_k/s^2
 * - (K_BR phi_0)_B) / (lambda + a^2/s^2),    R = 1/(lambda + a^2/s^2), to which comes what the score says beyond its
 * own Wiener filter on the noisy window. For a Gaussian field D_B is exact: every proposal is accepted.
 *
 * Random numbers are addressed by (seed, purpose, chain, move, level, site): chains are the same on any number of ranks
 * and after any restart.
 *
 * Not collective, unless a comment says so.
 */
#ifndef SQUALL_CORRECT_H
#define SQUALL_CORRECT_H

#include "squall/action.h"
#include "squall/crosses.h"
#include "squall/diffusion.h"
#include "squall/generator.h"
#include "squall/halo.h"
#include "squall/metropolis.h"
#include "squall/stats.h"

SQ_C_BEGIN

/* ---- a chain ---- */
typedef struct {
  uint64_t id;          /* number of the chain */
  int64_t moves;        /* made so far: the address of the next one */
  double *block;        /* [components][local_volume] the field, owned */
  sq_metropolis counts; /* of decisions: one a move, or one a block */
  double jump;          /* sum over decisions of min(1, ratio) (change of sum phi)^2, the mean over components, */
  bool of_size;         /* or of |sum phi|: where symmetry moves change the rest. Set by the owner, not stored */
} sq_move_chain;

enum { SQ_MOVE_CHAIN_NUMBERS = 7 };
extern const char *const sq_move_chain_number_name[SQ_MOVE_CHAIN_NUMBERS]; /* moves, jump, then the counters */

/* Chains first .. first + count - 1, fields zero, of so many numbers on this rank. Not collective. */
PetscErrorCode sq_move_chains_create(uint64_t first, int64_t count, int64_t numbers, sq_move_chain **chains);
void sq_move_chains_destroy(int64_t count, sq_move_chain **chains);
/* Plain numbers to store, integers below 2^53, and back. Not collective. */
void sq_move_chain_save(const sq_move_chain *chain, double number[SQ_MOVE_CHAIN_NUMBERS]);
void sq_move_chain_restore(sq_move_chain *chain, const double number[SQ_MOVE_CHAIN_NUMBERS]);

/* ---- moves ---- */
/* One kind of move. Everything is collective over the ranks of the lattice. */
typedef struct {
  void *self;
  int depths;        /* depth 1 .. depths: to that level of the noise grid */
  int64_t decisions; /* of one move */
  /* One move of each of count chains of this domain. */
  PetscErrorCode (*move)(void *self, uint64_t seed, int depth, int64_t count, sq_move_chain *chains);
  /* Network evaluations of one whole field that a move costs (a window counts by its share of the volume). */
  double (*cost)(const void *self, int depth);
  PetscErrorCode (*destroy)(void *self);
} sq_mover;

/* Gives back what a mover has made for itself. Collective as its create. */
PetscErrorCode sq_mover_destroy(sq_mover *mover);

/* Whole-field moves with the kernel of a sampler, which is kept, not owned. Collective over the ranks of the lattice.
 */
PetscErrorCode sq_mover_whole(const sq_sampler *sampler, const sq_action *action, sq_mover *mover);

/* How a lattice is covered by blocks: in every direction, `blocks` of them of `block` sites, each in the middle of a
 * window of `window` sites; from one to the next `pitch` sites, so that no block enters the window of another; where
 * they begin is drawn anew for every move. */
typedef struct {
  int dim;
  int64_t extent[SQ_DIM], block[SQ_DIM], window[SQ_DIM], pitch[SQ_DIM], blocks[SQ_DIM];
  int64_t total, block_sites, window_sites; /* products */
} sq_tiling;

/* Blocks of `block` sites a side with a rim of `rim` on every side; clipped to the lattice: a window as long as the
 * lattice is periodic as the lattice is. extent as in sq_lattice. Errors: SQ_ERR_INPUT for block or rim < 1, or a block
 * of more than SQ_BLOCK_SITES sites. Not collective. */
enum { SQ_BLOCK_SITES = 1024 };
PetscErrorCode sq_tiling_make(int dim, const int64_t extent[SQ_DIM], int64_t block, int64_t rim, sq_tiling *tiling);

/* Block moves. window: a score on a one-rank lattice with the extents of tiling->window; levels: the noise grid; both
 * kept, not owned. Windows are handled `batch` at a time, shared out over the ranks of lattice; every rank holds one
 * whole field (8 V bytes a component). Collective over lattice->comm. */
PetscErrorCode sq_mover_blocks(const sq_lattice *lattice, const sq_tiling *tiling, const sq_action *action,
                               const sq_score *window, const sq_noise_grid *levels, int batch, sq_mover *mover);

/* Moves of boxes that a hierarchical model of spins draws, given their boundaries: as many of `side` sites a side as
 * fit with a line between them, in places drawn anew for every move; their acceptance does not know the volume. They
 * have one depth. coupling as in squall/crosses.h; shape and weight are copied, the lattice is kept, not owned. Every
 * rank holds one whole field (2 V bytes). Errors: SQ_ERR_INPUT where they do not fit. Collective over lattice->comm. */
PetscErrorCode sq_mover_boxes(const sq_lattice *lattice, const sq_cross_shape *shape, const double coupling[2],
                              const float *weight, int side, sq_mover *mover);
/* Whether they fit into a lattice, extent as in sq_lattice: SQ_ERR_INPUT if not. Not collective; the same on every
 * rank. */
PetscErrorCode sq_mover_boxes_fit(int dim, const int64_t extent[SQ_DIM], const sq_cross_shape *shape, int64_t side);

/* ---- choosing the depth ---- */
typedef struct {
  int depth;
  double acceptance; /* mean of min(1, ratio) over decisions */
  double forgets;    /* 1 - rho(1) of M, from its mean square jump: <(V dM)^2>/(2 V G), the mean over components */
  double cost; /* field evaluations for one independent value of M, if rho(t) = rho(1)^t: moves (2 - forgets)/forgets
                  times those of a move; infinite if nothing moved */
} sq_move_trial;

/* What chains did since sq_move_chain_save gave before[count][SQ_MOVE_CHAIN_NUMBERS]: acceptance and forgets as above.
 * The same on every rank. Collective over grid->across. */
PetscErrorCode sq_moves_achieved(const sq_grid *grid, double spread, int64_t count, const sq_move_chain *chains,
                                 const double *before, double *acceptance, double *forgets);
/* V G of the slowest mode that moves must bring about: V G(0), or what p -> 0 leads to where G(0) stands apart (a
 * broken phase, whose sign is changed by reflection). Not collective. */
double sq_slowest_spread(const sq_orbits *orbits, const double *propagator);

/* Trial moves of some chains. */
typedef struct {
  const sq_grid *grid;
  uint64_t seed;
  double spread; /* sq_slowest_spread: what moves must bring about */
  int chains;    /* of all replicas */
  int64_t count;
  sq_move_chain *chain;                                                          /* [count] of this replica */
  void (*say)(void *context, const sq_mover *mover, const sq_move_trial *trial); /* after each trial; may be NULL */
  PetscErrorCode (*obey)(void *context); /* after each round of moves, to stop when that is wished; may be NULL */
  void *context;
} sq_move_trials;

/* Tries depths from the highest down, each two thirds of the one before, until they get worse, and gives the best; or
 * only the given depth, if it is positive. The same numbers on every rank, whatever their number. Collective over
 * grid->world. */
PetscErrorCode sq_mover_best_depth(const sq_move_trials *trials, const sq_mover *mover, int depth, sq_move_trial *best);
/* Moves that forget the start, each of which forgets that much, 0 < forgets <= 1: ten autocorrelation times. Not
 * collective. */
int64_t sq_moves_to_forget(double forgets);
/* Moves in blocks that change every site once, on average. Not collective. */
int64_t sq_tiling_sweep(const sq_tiling *tiling);

/* ---- the independence chain ---- */
/* Samples first .. first + count - 1 are independent proposals, taken in order, each once; one with weight w' replaces
 * the present one of weight w with probability min(1, w'/w). If samples come with probability q, and w = p/q, the chain
 * has the distribution p. Decisions are drawn by (seed, member, sample); a weight that is not a number is never taken:
 * the chain begins at the first sample with a finite log weight. Returns the sample that the chain ends at;
 * from[count], unless NULL: the one that it is at after each proposal. Not collective. */
int64_t sq_independence_chain(uint64_t seed, uint64_t member, const double *log_weight, int64_t first, int64_t count,
                              int64_t *from, sq_metropolis *counts);
/* The least tau_int, in proposals, of anything in a chain whose proposals know nothing of where it is and are accepted
 * that often: (2 - a)/(2 a), that of rho(t) = (1 - a)^t; infinite for 0. Fields that are hard to leave make it longer.
 */
double sq_independence_tau(double acceptance);

/* ---- what the weights of generated fields say ---- */
typedef struct {
  sq_weights weights; /* effective sample size, log Z, whether to believe them */
  double acceptance;  /* of an independence chain of such fields */
  double spread;      /* standard deviation of log w */
} sq_weighed;

/* log_weight[count] = log w = -log q - S of fields 0 .. count - 1 of a seed, on every rank and with the same bits on
 * any number of them: batches are shared out over the replicas of grid, whose lattices the generator works on. NaN
 * without a density. Collective over grid->world. */
PetscErrorCode sq_generator_log_weights(const sq_generator *generator, const sq_grid *grid, const sq_action *action,
                                        uint64_t seed, int64_t count, double *log_weight);
/* What they say together; the same arguments. Collective over grid->world. */
PetscErrorCode sq_generator_weigh(const sq_generator *generator, const sq_grid *grid, const sq_action *action,
                                  uint64_t seed, int64_t count, sq_weighed *weighed);

SQ_C_END

#endif
