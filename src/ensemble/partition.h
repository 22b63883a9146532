/* SPDX-License-Identifier: BSD-3-Clause */
/* partition: what fields say of log Z where the density q of any field is known: those of the model by their weights w
 * = e^{-S}/q, and Monte Carlo fields, whose weights see what the model leaves out. */
#ifndef SQUALL_ENSEMBLE_PARTITION_H
#define SQUALL_ENSEMBLE_PARTITION_H

#include "src/ensemble/ensemble.h"

/* The weights of n fields of p = e^{-S}/Z. Errors know the autocorrelation of the fields; NaN: not known, or the
 * weights are not trusted. */
typedef struct {
  int64_t n;                  /* 0: there are none */
  bool held_out;              /* they are the group testing; else training */
  double *log_weight, *chain; /* [n], owned; log w = -log q - S, +inf where q = 0; the chain number of each */
  sq_weights weights;         /* w on fields of p */
  sq_estimate ess;            /* 1/(<w> <1/w>) */
  sq_estimate log_Z;          /* -log <1/w>: of the fields that p has and q gives */
  sq_estimate bridge;         /* log Z of generated and Monte Carlo fields together */
  sq_estimate upper;          /* <log w> = log Z + KL(p||q) */
  sq_estimate unseen;         /* the share of them whose weight is above that of any generated field */
} sq_forward;

struct sq_partition {
  sq_estimate lower;   /* <log w> of generated fields = log Z - KL(q||p) */
  sq_estimate entropy; /* (log Z + <S>)/V, both by their weights; the error knows their correlation. NaN: not known */
  sq_forward forward;
};

/* e->partition, of an ensemble of the run whose fields have a known density. Collective. */
PetscErrorCode sq_partition_find(const sq_run *run, sq_ensemble *e);
void sq_partition_free(sq_partition **partition);

/* ---- forward.h5 (forward.c) ---- */

/* Whether there are Monte Carlo fields on the lattice of samples.h5 to weigh: their file, which of its groups, how many
 * (as many as were generated, at most), and the fingerprint of their weights. Not those of a Langevin equation, which
 * are not exact. Collective. */
typedef struct {
  bool wanted;
  char path[SQ_PATH];
  int group;
  int64_t count;
  uint64_t fingerprint;
} sq_forward_source;
PetscErrorCode sq_forward_find(const sq_run *run, sq_forward_source *source);
/* Whether forward.h5 has them. Collective. */
PetscErrorCode sq_forward_finished(const sq_run *run, const sq_forward_source *source, bool *finished);
/* Writes log_weight[count] and chain[count] of the source. Collective. */
PetscErrorCode sq_forward_write(const sq_run *run, const sq_forward_source *source, const double *log_weight,
                                const double *chain);
/* Reads them and says what they are worth beside generated ones; n = 0 where there are none of the present files.
 * Collective. */
PetscErrorCode sq_forward_read(const sq_run *run, const sq_ensemble *generated, sq_forward *forward);

#endif
