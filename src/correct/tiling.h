/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside the module: windows as pieces of a whole field, and the kernel of a block. */
#ifndef SQUALL_CORRECT_TILING_H
#define SQUALL_CORRECT_TILING_H

#include "squall/correct.h"

/* first[SQ_DIM]: the first site of window number w, given where the first block begins; modulo the lattice. Not
 * collective. */
void sq_tiling_window(const sq_tiling *tiling, const int64_t begin[SQ_DIM], int64_t w, int64_t first[SQ_DIM]);
/* window[window_sites] = the part of field[V] (row-major) from first on, around the lattice. */
void sq_tiling_cut(const sq_tiling *tiling, const int64_t first[SQ_DIM], const double *field, double *window);
/* Writes the block in the middle of that window, block[block_sites], into field. */
void sq_tiling_put(const sq_tiling *tiling, const int64_t first[SQ_DIM], const double *block, double *field);
/* inside[block_sites]: where a block's sites are in its window. */
void sq_tiling_inside(const sq_tiling *tiling, int64_t *inside);

/* The Gaussian kernel of a block: see squall/correct.h. Modes are coefficients in the eigenvectors of K_BB. */
typedef struct {
  int64_t sites;     /* of a block */
  int64_t *inside;   /* [sites] */
  double *basis;     /* [mode][site] */
  double *lambda;    /* [sites] eigenvalues */
  double *ratio;     /* [steps + 1][sites] the score's R over that of a Gaussian, for each mode; row 0 unused */
  double *precision; /* [orbits] 1/G of the window */
} sq_block_kernel;

/* score: on the window, one rank. Error: PETSC_ERR_LIB when the eigenvalues do not converge. Not collective, the same
 * on all ranks. */
PetscErrorCode sq_block_kernel_create(const sq_tiling *tiling, const sq_score *score, const sq_noise_grid *levels,
                                      sq_block_kernel *kernel);
void sq_block_kernel_destroy(sq_block_kernel *kernel);
/* mode[sites] from site[sites], and back. */
void sq_block_modes(const sq_block_kernel *kernel, const double *site, double *mode);
void sq_block_values(const sq_block_kernel *kernel, const double *mode, double *site);
/* pull[sites] = the modes of K_BR phi of a window's clean field; scratch[window sites]. */
PetscErrorCode sq_block_pull(const sq_block_kernel *kernel, sq_fft *fft, const double *window, double *scratch,
                             double *pull);
/* The step down from level k: mean[sites] from the modes phi of level k, the pull of the rim and the modes of what the
 * score adds; variance[sites]. mean may be extra. */
void sq_block_step(const sq_block_kernel *kernel, const sq_noise_grid *levels, int k, const double *phi,
                   const double *pull, const double *extra, double *mean, double *variance);

#endif
