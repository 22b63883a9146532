/* SPDX-License-Identifier: BSD-3-Clause */
/* import: an ensemble of other programs becomes that of a run. The array is read twice: first it is looked at (numbers,
 * fields that are there twice, memory of the chain, Schwinger-Dyson equations), then it is written as records. */
#ifndef SQUALL_IMPORT_H
#define SQUALL_IMPORT_H

#include "src/run/run.h"
#include "src/import/axes.h"

/* The section ensemble; texts are the deck's. */
typedef struct {
  char file[SQ_PATH]; /* what source.path points to, and source.name behind it: it is not to be copied */
  sq_array_source source;
  const char *axes, *axes_where;
  double scale, shift; /* x = scale (number of the file) + shift */
  int chains;
  bool interleaved;          /* records of the chains take turns */
  int64_t skip, every, test; /* test: of all chains together; negative: auto */
  bool lenient;              /* what the checks find is a warning */
} sq_import_settings;

extern const sq_param sq_import_params[];
/* Error: SQ_ERR_INPUT. Not collective, the same on every rank. */
PetscErrorCode sq_import_settings_from_deck(const sq_deck *deck, sq_import_settings *set);

/* An array whose axes are known, and which of its configurations is what: chain r has `used` of them, number q at
 * position skip + every q. */
typedef struct {
  const sq_run *run;
  sq_import_settings set;
  sq_action action; /* in the form of the fields */
  sq_wanted_fields wanted;
  sq_array *array; /* owned */
  sq_axes axes;
  int chains;
  int64_t samples, length, used, group[2]; /* of axis n; of a chain in the file; records for training and testing */
} sq_import_source;

/* Errors: SQ_ERR_INPUT, SQ_ERR_DATA. Collective over run->world. */
PetscErrorCode sq_import_open(const sq_run *run, sq_import_source *source);
void sq_import_close(sq_import_source *source);
/* Records for training and testing that the section ensemble would make; planned: that any section which makes the
 * run's ensemble would. Errors: SQ_ERR_INPUT, SQ_ERR_DATA. Collective over run->world. */
PetscErrorCode sq_import_count(const sq_run *run, int64_t *training, int64_t *testing);
PetscErrorCode sq_import_planned(const sq_run *run, int64_t *training, int64_t *testing);
/* The group and the record of configuration q of chain r. Not collective, as the next. */
int sq_import_place(const sq_import_source *source, int64_t r, int64_t q, int64_t *index);

/* ---- reading configurations in the order of the file (chunks.c) ---- */

/* Pieces of the file, dealt out to replicas in turn. */
typedef struct {
  const sq_import_source *source;
  int64_t most, pieces, numbers; /* samples of a piece; how many pieces; numbers of a configuration */
  int64_t *near, *far;           /* [numbers] where they are in a piece: near + (samples of the piece) far */
  int64_t step;                  /* from one sample to the next */
  double *values;
  int64_t first, count; /* of the piece that was read: its samples */
  int slab;             /* and its entry of the axis chain */
} sq_chunks;

PetscErrorCode sq_chunks_create(const sq_import_source *source, sq_chunks *chunks);
void sq_chunks_destroy(sq_chunks *chunks);
/* Reads piece number p; p >= pieces: nothing. Collective over run->world. */
PetscErrorCode sq_chunks_read(sq_chunks *chunks, int64_t p);
/* Configuration i of the piece: its chain r and number q there; false: it is not used. Not collective, as the next. */
bool sq_chunks_which(const sq_chunks *chunks, int64_t i, int64_t *r, int64_t *q);
/* Its numbers as the theory has them, block[components][volume]; wrapped: how many were angles beyond [-pi, pi). */
void sq_chunks_take(const sq_chunks *chunks, int64_t i, double *block, int64_t *wrapped);

/* ---- what it was made of (origin.c) ---- */

enum { SQ_IMPORT_ORIGIN = 96 };
/* A line that tells the file from others: its size, a hash of parts of it; "" where it is not there. Collective over
 * run->world. */
PetscErrorCode sq_import_origin(const sq_run *run, const char *path, char text[SQ_IMPORT_ORIGIN]);
/* Warns where the file of the deck is there and no longer the one that the ensemble at path was made of. Collective
 * over run->world. */
PetscErrorCode sq_import_compare(const sq_run *run, const char *path);

/* ---- making ---- */

/* Looks at the array, checks it, and makes ensemble.h5 at path. Errors: SQ_ERR_INPUT, SQ_ERR_DATA, SQ_ERR_IO.
 * Collective over run->world. */
PetscErrorCode sq_import_make(const sq_run *run, const char *path, uint64_t fingerprint);

#endif
