/* SPDX-License-Identifier: BSD-3-Clause */
/* rng: counter-based random numbers, addressed and never stored.
 *
 * Every number is f(seed, purpose, member, site, step, draw), Philox 4x32-10 of Random123 (Salmon et al.,
 * SC'11): the same on any number of ranks, in any order, after any restart. member is the chain or the
 * sample, site the global site index, step the trajectory, training step or noise level.
 *
 * Not collective, unless a comment says so.
 */
#ifndef SQUALL_RNG_H
#define SQUALL_RNG_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a number is for; two purposes never share one. Append only: the value is part of the address. */
typedef enum {
  SQ_RNG_TEST = 0,
  SQ_RNG_START,        /* hot starts */
  SQ_RNG_MOMENTUM,     /* HMC momenta */
  SQ_RNG_ACCEPT,       /* accept/reject */
  SQ_RNG_FLIP,         /* symmetry moves */
  SQ_RNG_WEIGHTS,      /* initial network weights */
  SQ_RNG_BATCH,        /* which fields, noise levels and symmetries a training step takes */
  SQ_RNG_NOISE,        /* training noise */
  SQ_RNG_VALIDATION,   /* held-out noise levels and noise */
  SQ_RNG_PRIOR,        /* first level of a generated field */
  SQ_RNG_REVERSE,      /* noise of the reverse process */
  SQ_RNG_CALIBRATION,  /* forward noise of calibration */
  SQ_RNG_BOOTSTRAP,    /* resampling in the analysis */
  SQ_RNG_LENGTH,       /* random lengths of HMC trajectories */
  SQ_RNG_CORRECT,      /* accept/reject of generated fields */
  SQ_RNG_CLUSTER,      /* bonds of clusters, and which clusters turn */
  SQ_RNG_REVERSAL,     /* momenta of trajectories that are only checked */
  SQ_RNG_WALKERS,      /* Langevin paths of one or two sites: starts and noise */
  SQ_RNG_FORWARD,      /* forward noise of given fields: likelihoods and bounds */
  SQ_RNG_PROBE,        /* signs that estimate traces */
  SQ_RNG_CORRECTOR,    /* noise of Langevin corrections */
  SQ_RNG_MOVE_FORWARD, /* partial paths and blocks: noise on the way up, */
  SQ_RNG_MOVE_REVERSE, /* on the way down, */
  SQ_RNG_MOVE_ACCEPT,  /* decisions, */
  SQ_RNG_MOVE_PLACE,   /* and where blocks are */
  SQ_RNG_LANGEVIN,     /* noise of the Langevin equation of a lattice */
  SQ_RNG_LOCAL,        /* local updates: sites one after the other */
  SQ_RNG_WORM,         /* fluxes: heat baths and worms */
  SQ_RNG_JUMP,         /* moves between sectors */
  SQ_RNG_RASTER,       /* autoregressive fields: numbers of sites, and signs */
  SQ_RNG_CROSSES,      /* hierarchical fields: spins */
  SQ_RNG_MULTILEVEL,   /* fields made from coarse to fine */
  SQ_RNG_FOURIER,      /* modes of Fourier flows */
  SQ_RNG_FORGER,       /* noise that a network makes fields of at once */
  SQ_RNG_LATENT,       /* fields made with hidden numbers: both */
  SQ_RNG_HEIGHTS       /* autoregressive fluxes: windings and numbers of links */
} sq_rng_purpose;

typedef struct {
  uint32_t key[2];
} sq_stream;

/* The stream of one (seed, purpose, member). The key is itself a Philox block, so streams are independent. */
sq_stream sq_stream_make(uint64_t seed, sq_rng_purpose purpose, uint64_t member);
/* The four 32-bit words at an address; site < 2^48. */
void sq_rng_block(sq_stream stream, uint64_t site, uint64_t step, uint16_t draw, uint32_t word[4]);
/* word[count][4]: the words at the sites first .. first + count - 1, several times as fast. */
void sq_rng_words(sq_stream stream, uint64_t first, int64_t count, uint64_t step, uint16_t draw, uint32_t *word);
/* Uniform in (0, 1), 53 bits, never 0 or 1. */
double sq_rng_uniform(sq_stream stream, uint64_t site, uint64_t step, uint16_t draw);
/* An integer in [0, count). count < 2^32. */
uint32_t sq_rng_index(sq_stream stream, uint64_t site, uint64_t step, uint16_t draw, uint32_t count);
/* Standard normal numbers of the consecutive global sites first .. first + count - 1. Two sites share one
 * block (Box-Muller), so a run costs half a block a site. */
void sq_rng_normals(sq_stream stream, uint64_t first, int64_t count, uint64_t step, uint16_t draw, double *normal);
/* For tests and benchmarks: makes words and normals with set number 0, 1, ... of the compiled kernels and returns its
 * name, "" where this processor cannot run it, NULL beyond the last, which is the plain scalar code. -1: the fastest
 * again. All give the same bits. */
const char *sq_rng_choose(int set);

#ifdef __cplusplus
}
#endif

#endif
