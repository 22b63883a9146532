/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to multilevel.
 *
 * A level's numbers are arrays [positions of a cell][cells with rim][batch], the fields of a batch innermost: what is
 * done at a position of all cells runs along arrays. Cells have a rim as networks see it; the box is one cell without.
 * `pixels` are the cells of this rank's interior times the fields at work.
 */
#ifndef SQUALL_MULTILEVEL_INTERNAL_H
#define SQUALL_MULTILEVEL_INTERNAL_H

#include "squall/conditional.h"
#include "squall/multilevel.h"
#include "squall/nn.h"
#include "src/multilevel/propagator.h"

enum {
  SQ_MULTI_SIDE = 4,
  SQ_MULTI_SITES = 256,
  SQ_MULTI_CHUNK = 512
}; /* SQ_MULTI_CHUNK: pixels at once, if not one cell has more */

/* ---- the order in a cell (plan.c) ---- */
typedef struct {
  int from;         /* position */
  int away[SQ_DIM]; /* from the site that is drawn */
} sq_multi_input;
/* A position that a network draws, and what it sees. */
typedef struct {
  int position, inputs;
  sq_multi_input *input;
} sq_multi_step;
typedef struct {
  int dim, sites, side[SQ_DIM];
  int rim;                       /* of cells that is looked at; the box has none */
  int known, learned, last, odd; /* positions in this order: of the coarser level; by networks; exactly */
  int order[SQ_MULTI_SITES];
  sq_multi_step *step; /* [learned] */
} sq_multi_plan;
/* Level 0, the other levels, the box. */
PetscErrorCode sq_multi_plan_fine(int dim, double reach, bool two, sq_multi_plan *plan);
PetscErrorCode sq_multi_plan_coarse(int dim, double reach, sq_multi_plan *plan);
PetscErrorCode sq_multi_plan_box(int dim, const int64_t box[SQ_DIM], sq_multi_plan *plan);
void sq_multi_plan_free(sq_multi_plan *plan);
/* Coordinates of a position; the position there. */
void sq_multi_place(const sq_multi_plan *plan, int position, int x[SQ_DIM]);
int sq_multi_position(const sq_multi_plan *plan, const int x[SQ_DIM]);

/* ---- what a model makes of a theory (theory.c) ---- */

/* A theory with what its functions go by; scale: S is that times its own. */
typedef struct {
  sq_action action;
  const sq_action_given *given; /* NULL: no site is drawn exactly */
  double *table, scale;         /* table: owned */
  sq_multi_propagator *waves;   /* that the start goes by, owned; NULL */
  double unit;                  /* networks see vectors in this unit */
} sq_multi_site;
/* A row for every space of numbers. */
typedef struct {
  const sq_space *space;
  const char *conditional; /* the distributions that networks make parameters for */
  bool two;                /* numbers have two values: the last even sites can be drawn exactly */
  bool waves;              /* whether the start goes by the propagator */
  /* The physical field of a step on level l where networks say nothing: coefficient[inputs] of the vectors it sees, and
   * what the other numbers of the field are. */
  void (*start)(const sq_multi_site *site, const sq_multi_plan *plan, int level, const sq_multi_step *step,
                double *coefficient, double *rest);
} sq_multi_theory;
/* NULL if there is none. */
const sq_multi_theory *sq_multi_theory_of(const sq_action *action);
/* The coupling of direction mu on level 0, scale included. */
double sq_multi_hop(const sq_multi_site *site, int mu);

/* ---- the network of a step (net.c): kernels on n pixels ---- */
typedef struct {
  int inputs, padded, channels, blocks, components, vectors, scalars; /* padded: inputs as kernels want them */
  int wide, wide_scalars;                                             /* vectors, scalars, as kernels want them */
} sq_multi_net;
/* Weights as kernels want them. */
typedef struct {
  float *all; /* [count], owned */
  int64_t count;
  float *first, *linear, *hidden, *hidden_t, *vectors, *vectors_t, *scalars, *scalars_t, *bias, *gains;
} sq_multi_weights;
sq_multi_net sq_multi_net_of(const sq_multilevel_shape *shape, const sq_conditional *type, int inputs);
int64_t sq_multi_net_parameters(const sq_multi_net *net);
double sq_multi_net_flops(const sq_multi_net *net);
PetscErrorCode sq_multi_weights_create(const sq_multi_net *net, sq_multi_weights *weights);
void sq_multi_weights_load(const sq_multi_net *net, const float *weight, sq_multi_weights *to);
/* Floats of a pixel that forward leaves for backward, and scratch of both. What is kept begins with the inputs,
 * [components][n][padded], zero beyond the inputs. */
int64_t sq_multi_net_kept(const sq_multi_net *net);
int64_t sq_multi_net_scratch(const sq_multi_net *net);
/* par[outputs][n], as distributions want them (squall/conditional.h). */
void sq_multi_net_forward(const sq_multi_net *net, const sq_multi_weights *w, int64_t n, float *kept, float *scratch,
                          float *par);
/* sums += the gradient of sum dpar par, in the form of the weights; its addition to gradient[parameters]. */
void sq_multi_net_backward(const sq_multi_net *net, const sq_multi_weights *w, int64_t n, const float *kept,
                           const float *dpar, float *scratch, const sq_multi_weights *sums);
void sq_multi_weights_collect(const sq_multi_net *net, const sq_multi_weights *sums, float *gradient);

/* ---- a level (level.c) ---- */

/* The numbers of a level, or of the box, of a batch of fields. */
typedef struct {
  const sq_multi_plan *plan;
  int index;                              /* l; sites of it are 2^l apart on the lattice */
  int batch;                              /* fields that there is room for */
  int orders;                             /* components of the vector that networks see */
  bool shared;                            /* over the ranks of the lattice; else every rank has all of it */
  sq_lattice *cells;                      /* owned */
  int64_t stride[SQ_DIM], origin, padded; /* of cells with their rim */
  int64_t interior;                       /* cells */
  int64_t *cell;                          /* [interior] its index among the padded ones */
  uint64_t *corner;                       /* [interior] the lattice's number of the site at position 0 */
  uint64_t offset[SQ_MULTI_SITES];        /* of a position's site, from that */
  double *x;                              /* [positions][padded][batch] */
  double *v;                              /* [positions][orders][padded][batch], or x */
  const sq_space *space;
  sq_halo *halo;     /* of the numbers at a position; NULL: no other rank has cells */
  int64_t rims;      /* then: cells of the rim, */
  int64_t (*rim)[2]; /* [rims] each with the interior one that it is */
} sq_multi_level;
PetscErrorCode sq_multi_level_create(const sq_lattice *lattice, const sq_action *action, const sq_multi_plan *plan,
                                     int index, int batch, sq_multi_level *level);
PetscErrorCode sq_multi_level_destroy(sq_multi_level *level);
/* Numbers and component c of the vectors at a position. */
double *sq_multi_numbers(const sq_multi_level *level, int position);
double *sq_multi_vectors(const sq_multi_level *level, int position, int c);
/* Fills the rim at a position and makes the vectors there; collective where the level is shared. */
PetscErrorCode sq_multi_complete(sq_multi_level *level, int position);
/* What is away from a position by that many sites: the position, and how far its cell is, in padded cells. */
int sq_multi_away(const sq_multi_level *level, int position, const int away[SQ_DIM], int64_t *shift);
/* The numbers of `count` fields: the coarser level's sites in a finer level, complete; a finer level's in a coarser
 * one, and of a block of fields in level 0, all positions complete; and back into blocks. Collective over
 * lattice->comm. */
PetscErrorCode sq_multi_refine(const sq_multi_level *coarse, int count, sq_multi_level *fine);
PetscErrorCode sq_multi_coarsen(const sq_lattice *lattice, const sq_multi_level *fine, int count,
                                sq_multi_level *coarse);
PetscErrorCode sq_multi_from_blocks(const sq_lattice *lattice, int count, const double *blocks, sq_multi_level *level);
void sq_multi_to_blocks(const sq_lattice *lattice, const sq_multi_level *level, int count, double *blocks);

/* ---- steps ---- */

/* Fields at work, whether they are drawn, and what their densities add up from; arrays of `room` pixels. */
typedef struct {
  const sq_multi_site *site;
  const sq_conditional *type;
  int count, room;
  bool draw, backward;
  sq_stream *stream; /* [batch] of the fields */
  sq_sum *sum;       /* [batch] log q, this rank's part */
  bool counts;       /* whether this rank's pixels of a level do, in sum and in gradients */
  sq_stream *streams;
  uint64_t *sites;
  double *x, *field, *log_q, *factor, *more; /* field, more: [2 orders][room] */
  float *scratch, *par, *dpar, *kept;        /* kept: without backward, of all networks */
} sq_multi_work;
/* Pixels of whole cells that are done together. */
int64_t sq_multi_chunk_cells(const sq_multi_work *work);
/* Numbers x of the pixels of cells first .. first + cells - 1 at a position, by the distributions of `batch`: draws
 * them, or takes them as they are, and adds their log q. */
void sq_multi_take(sq_multi_work *work, const sq_multi_level *level, int position, int64_t first, int64_t cells,
                   const sq_conditional_batch *batch);
/* To and from work->x, and the addresses of these pixels. */
void sq_multi_read(sq_multi_work *work, const sq_multi_level *level, int position, int64_t first, int64_t cells);
void sq_multi_write(sq_multi_work *work, const sq_multi_level *level, int position, int64_t first, int64_t cells);
void sq_multi_address(sq_multi_work *work, const sq_multi_level *level, int position, int64_t first, int64_t cells);
void sq_multi_add(sq_multi_work *work, int64_t pixels);

/* A position that a network draws (step.c). */
typedef struct {
  const sq_multi_step *step;
  sq_multi_net net;
  sq_multi_weights weights, sums;
  int64_t at;          /* of its weights */
  int64_t *shift;      /* [inputs] how far their cells are, in numbers */
  double *start, rest; /* [inputs] the physical field */
  float *kept, *par;   /* of all pixels, with backward */
} sq_multi_draw;
PetscErrorCode sq_multi_draw_create(const sq_multilevel_shape *shape, const sq_multi_level *level,
                                    const sq_multi_step *step, const sq_multi_work *work, sq_multi_draw *draw);
void sq_multi_draw_destroy(sq_multi_draw *draw);
/* The position is complete then. Collective where the level is shared. */
PetscErrorCode sq_multi_draw_forward(sq_multi_draw *draw, sq_multi_level *level, sq_multi_work *work);
/* gradient[parameters of the network] += sum_b factor[b] d log q_b of this rank's pixels. */
void sq_multi_draw_backward(sq_multi_draw *draw, const sq_multi_level *level, sq_multi_work *work, const double *factor,
                            float *gradient);

/* The exact steps on level 0 (exact.c): the last even positions, all odd ones. As above. */
PetscErrorCode sq_multi_exact_last(sq_multi_level *level, int position, sq_multi_work *work);
void sq_multi_exact_odd(sq_multi_level *level, int position, sq_multi_work *work);

#endif
