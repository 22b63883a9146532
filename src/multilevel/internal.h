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

enum { ML_SIDE = 4, ML_SITES = 256, ML_CHUNK = 512 }; /* ML_CHUNK: pixels at once, if not one cell has more */

/* ---- the order in a cell (plan.c) ---- */
typedef struct {
  int from;         /* position */
  int away[SQ_DIM]; /* from the site that is drawn */
} ml_input;
/* A position that a network draws, and what it sees. */
typedef struct {
  int position, inputs;
  ml_input *input;
} ml_step;
typedef struct {
  int dim, sites, side[SQ_DIM];
  int rim;                       /* of cells that is looked at; the box has none */
  int known, learned, last, odd; /* positions in this order: of the coarser level; by networks; exactly */
  int order[ML_SITES];
  ml_step *step; /* [learned] */
} ml_plan;
/* Level 0, the other levels, the box. */
PetscErrorCode ml_plan_fine(int dim, double reach, bool two, ml_plan *plan);
PetscErrorCode ml_plan_coarse(int dim, double reach, ml_plan *plan);
PetscErrorCode ml_plan_box(int dim, const int64_t box[SQ_DIM], ml_plan *plan);
void ml_plan_free(ml_plan *plan);
/* Coordinates of a position; the position there. */
void ml_place(const ml_plan *plan, int position, int x[SQ_DIM]);
int ml_position(const ml_plan *plan, const int x[SQ_DIM]);

/* ---- what a model makes of a theory (theory.c) ---- */

/* A theory with what its functions go by; scale: S is that times its own. */
typedef struct {
  sq_action action;
  const sq_action_given *given; /* NULL: no site is drawn exactly */
  double *table, scale;         /* table: owned */
  ml_propagator *waves;         /* that the start goes by, owned; NULL */
  double unit;                  /* networks see vectors in this unit */
} ml_site;
/* A row for every space of numbers. */
typedef struct {
  const sq_space *space;
  const char *conditional; /* the distributions that networks make parameters for */
  bool two;                /* numbers have two values: the last even sites can be drawn exactly */
  bool waves;              /* whether the start goes by the propagator */
  /* The physical field of a step on level l where networks say nothing: coefficient[inputs] of the vectors it sees, and
   * what the other numbers of the field are. */
  void (*start)(const ml_site *site, const ml_plan *plan, int level, const ml_step *step, double *coefficient,
                double *rest);
} ml_theory;
/* NULL if there is none. */
const ml_theory *ml_theory_of(const sq_action *action);
/* The coupling of direction mu on level 0, scale included. */
double ml_hop(const ml_site *site, int mu);

/* ---- the network of a step (net.c): kernels on n pixels ---- */
typedef struct {
  int inputs, padded, channels, blocks, components, vectors, scalars; /* padded: inputs as kernels want them */
  int wide, wide_scalars;                                             /* vectors, scalars, as kernels want them */
} ml_net;
/* Weights as kernels want them. */
typedef struct {
  float *all; /* [count], owned */
  int64_t count;
  float *first, *linear, *hidden, *hidden_t, *vectors, *vectors_t, *scalars, *scalars_t, *bias, *gains;
} ml_weights;
ml_net ml_net_of(const sq_multilevel_shape *shape, const sq_conditional *type, int inputs);
int64_t ml_net_parameters(const ml_net *net);
double ml_net_flops(const ml_net *net);
PetscErrorCode ml_weights_create(const ml_net *net, ml_weights *weights);
void ml_weights_load(const ml_net *net, const float *weight, ml_weights *to);
/* Floats of a pixel that forward leaves for backward, and scratch of both. What is kept begins with the inputs,
 * [components][n][padded], zero beyond the inputs. */
int64_t ml_net_kept(const ml_net *net);
int64_t ml_net_scratch(const ml_net *net);
/* par[outputs][n], as distributions want them (squall/conditional.h). */
void ml_net_forward(const ml_net *net, const ml_weights *w, int64_t n, float *kept, float *scratch, float *par);
/* sums += the gradient of sum dpar par, in the form of the weights; its addition to gradient[parameters]. */
void ml_net_backward(const ml_net *net, const ml_weights *w, int64_t n, const float *kept, const float *dpar,
                     float *scratch, const ml_weights *sums);
void ml_weights_collect(const ml_net *net, const ml_weights *sums, float *gradient);

/* ---- a level (level.c) ---- */

/* The numbers of a level, or of the box, of a batch of fields. */
typedef struct {
  const ml_plan *plan;
  int index;                              /* l; sites of it are 2^l apart on the lattice */
  int batch;                              /* fields that there is room for */
  int orders;                             /* components of the vector that networks see */
  bool shared;                            /* over the ranks of the lattice; else every rank has all of it */
  sq_lattice *cells;                      /* owned */
  int64_t stride[SQ_DIM], origin, padded; /* of cells with their rim */
  int64_t interior;                       /* cells */
  int64_t *cell;                          /* [interior] its index among the padded ones */
  uint64_t *corner;                       /* [interior] the lattice's number of the site at position 0 */
  uint64_t offset[ML_SITES];              /* of a position's site, from that */
  double *x;                              /* [positions][padded][batch] */
  double *v;                              /* [positions][orders][padded][batch], or x */
  const sq_space *space;
  sq_halo *halo;     /* of the numbers at a position; NULL: no other rank has cells */
  int64_t rims;      /* then: cells of the rim, */
  int64_t (*rim)[2]; /* [rims] each with the interior one that it is */
} ml_level;
PetscErrorCode ml_level_create(const sq_lattice *lattice, const sq_action *action, const ml_plan *plan, int index,
                               int batch, ml_level *level);
PetscErrorCode ml_level_destroy(ml_level *level);
/* Numbers and component c of the vectors at a position. */
double *ml_numbers(const ml_level *level, int position);
double *ml_vectors(const ml_level *level, int position, int c);
/* Fills the rim at a position and makes the vectors there; collective where the level is shared. */
PetscErrorCode ml_complete(ml_level *level, int position);
/* What is away from a position by that many sites: the position, and how far its cell is, in padded cells. */
int ml_away(const ml_level *level, int position, const int away[SQ_DIM], int64_t *shift);
/* The numbers of `count` fields: the coarser level's sites in a finer level, complete; a finer level's in a coarser
 * one, and of a block of fields in level 0, all positions complete; and back into blocks. Collective over
 * lattice->comm. */
PetscErrorCode ml_refine(const ml_level *coarse, int count, ml_level *fine);
PetscErrorCode ml_coarsen(const sq_lattice *lattice, const ml_level *fine, int count, ml_level *coarse);
PetscErrorCode ml_from_blocks(const sq_lattice *lattice, int count, const double *blocks, ml_level *level);
void ml_to_blocks(const sq_lattice *lattice, const ml_level *level, int count, double *blocks);

/* ---- steps ---- */

/* Fields at work, whether they are drawn, and what their densities add up from; arrays of `room` pixels. */
typedef struct {
  const ml_site *site;
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
} ml_work;
/* Pixels of whole cells that are done together. */
int64_t ml_chunk_cells(const ml_work *work);
/* Numbers x of the pixels of cells first .. first + cells - 1 at a position, by the distributions of `batch`: draws
 * them, or takes them as they are, and adds their log q. */
void ml_take(ml_work *work, const ml_level *level, int position, int64_t first, int64_t cells,
             const sq_conditional_batch *batch);
/* To and from work->x, and the addresses of these pixels. */
void ml_read(ml_work *work, const ml_level *level, int position, int64_t first, int64_t cells);
void ml_write(ml_work *work, const ml_level *level, int position, int64_t first, int64_t cells);
void ml_address(ml_work *work, const ml_level *level, int position, int64_t first, int64_t cells);
void ml_add(ml_work *work, int64_t pixels);

/* A position that a network draws (step.c). */
typedef struct {
  const ml_step *step;
  ml_net net;
  ml_weights weights, sums;
  int64_t at;          /* of its weights */
  int64_t *shift;      /* [inputs] how far their cells are, in numbers */
  double *start, rest; /* [inputs] the physical field */
  float *kept, *par;   /* of all pixels, with backward */
} ml_draw;
PetscErrorCode ml_draw_create(const sq_multilevel_shape *shape, const ml_level *level, const ml_step *step,
                              const ml_work *work, ml_draw *draw);
void ml_draw_destroy(ml_draw *draw);
/* The position is complete then. Collective where the level is shared. */
PetscErrorCode ml_draw_forward(ml_draw *draw, ml_level *level, ml_work *work);
/* gradient[parameters of the network] += sum_b factor[b] d log q_b of this rank's pixels. */
void ml_draw_backward(ml_draw *draw, const ml_level *level, ml_work *work, const double *factor, float *gradient);

/* The exact steps on level 0 (exact.c): the last even positions, all odd ones. As above. */
PetscErrorCode ml_exact_last(ml_level *level, int position, ml_work *work);
void ml_exact_odd(ml_level *level, int position, ml_work *work);

#endif
