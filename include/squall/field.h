/* SPDX-License-Identifier: BSD-3-Clause */
/* field: numbers on the sites of a block, with or without a halo.
 *
 * Two forms. A *block* is a bare array double[components][local_volume] in block order: what files, FFTs, noise and
 * samplers use. A *field* (sq_field) has a halo of `halo` sites around the block in the used directions: what actions
 * use. Most fields have one component; number c of the global site x is number c V + x of the lattice, the address of
 * its random numbers and its hash.
 *
 * Not collective, unless a comment says so.
 */
#ifndef SQUALL_FIELD_H
#define SQUALL_FIELD_H

#include "squall/lattice.h"
#include "squall/rng.h"

SQ_C_BEGIN

enum { SQ_COMPONENTS = 16 }; /* at most */

typedef struct {
  const sq_lattice *lattice; /* not owned */
  int halo, components;
  int64_t stride[SQ_DIM]; /* in sites; stride[3] = 1; rows of the interior begin at multiples of 64 bytes, as vectors
                             like it */
  int64_t origin;         /* index of the first interior site */
  int64_t sites;          /* of one component of the data, with rims and gaps */
  double *data;           /* [components][sites], owned */
} sq_field;

/* A field of zeros with that rim, of one component or of several; lattice is kept, not owned. */
PetscErrorCode sq_field_create(const sq_lattice *lattice, int halo, sq_field **field);
PetscErrorCode sq_field_create_components(const sq_lattice *lattice, int halo, int components, sq_field **field);
PetscErrorCode sq_field_destroy(sq_field **field);
/* Index of the first site of row r of the interior of a component (rows as in sq_lattice_row_site). */
int64_t sq_field_row(const sq_field *field, int64_t row);
/* A field is a stack of planes in its first used direction (d > 1), or one. How many a block has, and the sites of one
 * with its rim. */
int64_t sq_field_planes(const sq_field *field, int64_t *sites);
/* Fills the rim of planes first .. first + count - 1 of a lattice that is not cut, and, of the first and the last one,
 * the rim beyond the other end. Faces only; halo = 1. */
void sq_field_wrap(sq_field *field, int64_t first, int64_t count);
/* Copies between a field's interior and a block. Not collective. */
void sq_field_from_block(sq_field *field, const double *block);
void sq_field_to_block(const sq_field *field, double *block);
/* to = from, rims included; of one shape. Not collective. */
void sq_field_copy(const sq_field *from, sq_field *to);

/* ---- turning the numbers of sites into each other ---- */

/* A random orthogonal matrix[n][n], uniform (Haar): the Gram-Schmidt vectors of normal ones (G. W. Stewart, SIAM J.
 * Numer. Anal. 17 (1980) 403), the n n numbers of that address. Not collective. */
void sq_turn_random(int n, sq_stream stream, uint64_t step, uint16_t draw, double *matrix);
/* x[c][i] = sum_b matrix[c][b] x[b][i], i = 0 .. n - 1, components x[c] being pitch apart. Not collective. */
void sq_turn_numbers(int components, const double *matrix, int64_t n, int64_t pitch, double *x);

/* Makes n random numbers of the addresses first .. first + n - 1: sq_rng_normals, or what a space calls random. */
typedef void (*sq_random)(sq_stream stream, uint64_t first, int64_t n, uint64_t step, uint16_t draw, double *x);
/* Random numbers on a block, addressed by their numbers. Not collective. */
void sq_block_random(const sq_lattice *lattice, int components, sq_random make, sq_stream stream, uint64_t step,
                     uint16_t draw, double *block);
/* Standard normal noise on a block of one component. Not collective. */
void sq_block_normals(const sq_lattice *lattice, sq_stream stream, uint64_t step, uint16_t draw, double *block);
/* A 64-bit checksum of a distributed block that depends on values and their numbers only, never on ranks:
 * the sum mod 2^64 of a mixed hash of (number, bits). The value on every rank. Collective over lattice->comm. */
PetscErrorCode sq_block_checksum(const sq_lattice *lattice, int components, const double *block, uint64_t *checksum);
/* The hash of one (number, value) of that sum, for serial checks. */
uint64_t sq_site_hash(int64_t number, double value);
/* The sum of those of count values, numbered from first on; whether they are all finite. */
uint64_t sq_run_hash(int64_t first, int64_t count, const double *value);
bool sq_run_finite(int64_t count, const double *value);
/* Sums of one component over all sites of the lattice, exact and the same on any rank count. Collective over
 * lattice->comm. */
PetscErrorCode sq_block_sum(const sq_lattice *lattice, const double *block, double *sum);

SQ_C_END

#endif
