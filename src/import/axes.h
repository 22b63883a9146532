/* SPDX-License-Identifier: BSD-3-Clause */
/* axes: what the axes of an array of configurations stand for. In words: n, the configuration; chain; c, the number of
 * a site; x y z t, the directions of the lattice, in the order t x y z its first, second, ... one; s, all sites in C
 * order; 1, an axis of one entry. Not collective, the same on every rank. */
#ifndef SQUALL_IMPORT_AXES_H
#define SQUALL_IMPORT_AXES_H

#include "squall/arrays.h"
#include "squall/lattice.h"

/* What a deck wants. */
typedef struct {
  int dim;
  const int64_t *extents; /* [dim] */
  int components;
} sq_wanted_fields;

enum { SQ_AXIS_DIRECTION = 0, SQ_AXIS_SAMPLE = SQ_DIM, SQ_AXIS_CHAIN, SQ_AXIS_COMPONENT, SQ_AXIS_SITES, SQ_AXIS_ONE };

/* role[i]: direction 0 .. dim - 1, or one of the above. */
typedef struct {
  int rank, role[SQ_ARRAY_RANK];
} sq_axes;

/* The axes of an array, by the words of a deck; "" or auto: the first axis is the configuration, axes of one entry are
 * left out, the others are the lattice's or all its sites, and, where a site has several numbers, one axis before or
 * behind these. Error: SQ_ERR_INPUT, saying what the file has, what is wanted, and which words would fit; where: of the
 * key, path: of the file. */
PetscErrorCode sq_axes_find(const char *where, const char *words, const char *path, const sq_array_shape *shape,
                            const sq_wanted_fields *wanted, sq_axes *axes);
/* "n x y" */
void sq_axes_text(const sq_axes *axes, int dim, char text[SQ_ARRAY_TEXT]);
/* The axis of that role, -1: there is none. */
int sq_axis_of(const sq_axes *axes, int role);

#endif
