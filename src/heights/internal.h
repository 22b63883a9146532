/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside the module: scales, tables, the order of links, distributions of integers, the network. */
#ifndef SQUALL_HEIGHTS_INTERNAL_H
#define SQUALL_HEIGHTS_INTERNAL_H

#include "squall/heights.h"
#include "squall/nn.h"

enum { SQ_HEIGHTS_PANEL = 32 }; /* fields that are worked on at once */

/* ---- scales (scales.c) ---- */

/* What is expected of a link and of a site, roughly. */
typedef struct {
  double rho;        /* |phi|^2 */
  double gap, above; /* energies of windings: the first, and what a density adds (see scales.c) */
  double density;    /* k_0 */
  double sigma;      /* the width of k */
  int k, l;          /* candidates of a number: k - k .. k + k, 2 l + 1 of l */
} sq_heights_scales;
sq_heights_scales sq_heights_scales_of(const sq_heights_shape *shape);
/* The logarithm of the weight of a winding, but for a constant. */
double sq_heights_winding(const sq_heights_shape *shape, const sq_heights_scales *scales, int64_t winding);
/* The likely l of a link that carries k. */
int64_t sq_heights_likely(const sq_heights_scales *scales, int64_t k);

/* ---- tables (tables.c) ---- */

/* Open ends of the links at a site. */
enum { SQ_TIME_OUT = 1, SQ_TIME_IN = 2, SQ_SPACE_OUT = 4, SQ_SPACE_IN = 8, SQ_OPEN = 16 };

/* open[mask][q + most][f]: the sum over the open links `mask` of a site whose known ones bring it the flux q and f of
 * W(f), all in units of powers of rho, as link weights are. Sizes are cut at the ends of the table. */
typedef struct {
  int most, sizes;
  double log_rho;
  double *open[SQ_OPEN];
  double *factorial; /* logarithms */
  int factorials;
} sq_heights_tables;
/* Multiplications that they take, in a round of their iteration. */
double sq_heights_tables_cost(const sq_heights_shape *shape, const sq_heights_scales *scales);
PetscErrorCode sq_heights_tables_create(const sq_heights_shape *shape, const sq_heights_scales *scales,
                                        sq_heights_tables *tables);
void sq_heights_tables_clear(sq_heights_tables *tables);
/* The logarithm of 1/((|k|+l)! l!) rho^(|k|+2l). */
double sq_heights_link(const sq_heights_tables *tables, int64_t k, int64_t l);
static inline double sq_heights_open(const sq_heights_tables *t, int mask, int64_t q, int64_t f)
{
  const int64_t row = q < -t->most ? 0 : q > t->most ? 2 * t->most : q + t->most, at = f < t->sizes ? f : t->sizes - 1;
  return t->open[mask][row * t->sizes + at];
}

/* ---- the order of links (order.c) ---- */

typedef struct {
  int64_t from, to;
  int direction;      /* 0 time, 1 space */
  int at_from, at_to; /* ends that stay open */
  bool loop, bound;   /* from is to; k is what the divergence at `from` leaves */
} sq_heights_link_step;

/* The first row's time links, the space link that closes a row, the links of a site: each has a network of its own. */
typedef enum { SQ_FIRST_ROW, SQ_CLOSING, SQ_SITE, SQ_EVENTS } sq_heights_kind;

typedef struct {
  sq_heights_kind kind;
  int64_t row, column; /* of the site that the network looks from */
  int links;
  sq_heights_link_step link[2];
} sq_heights_event;

PetscErrorCode sq_heights_order(const sq_heights_shape *shape, sq_heights_event **event, int64_t *events);
int64_t sq_heights_events(const sq_heights_shape *shape);

/* ---- distributions of integers (integer.c) ---- */

enum { SQ_HEIGHTS_CANDIDATES = 2 * SQ_HEIGHTS_WINDINGS + 1 };

/* Integers first .. first + count - 1 with weights; beyond them weights fall by e from one to the next, on the left
 * down to `least`. */
typedef struct {
  int64_t first, least;
  int count;
  double *log_weight; /* [count]; */
  double *share;      /* [count]: probabilities, the ends' with what is beyond them */
} sq_heights_integers;

/* Fills share from log_weight; returns the logarithm of the sum. */
double sq_heights_normalise(const sq_heights_integers *x);
/* The number that u in (0, 1) stands for. */
int64_t sq_heights_pick(const sq_heights_integers *x, double u);
/* log q of a number >= least, log_sum being what normalise gave; *at: the candidate that it counts with. */
double sq_heights_log_share(const sq_heights_integers *x, double log_sum, int64_t number, int *at);

/* ---- the network (network.c) ---- */

/* Outputs: coefficients of functions of k, then of l of the links of an event. */
enum { SQ_K_SMOOTH = 5, SQ_K_NEAR = 2, SQ_K_OUT = SQ_K_SMOOTH + 2 * SQ_K_NEAR + 1, SQ_L_OUT = 5 };
enum { SQ_HEIGHTS_OUT = 2 * (SQ_K_OUT + SQ_L_OUT) };

/* Columns that are seen; inputs; weights of a kind of event, and of an event. */
int sq_heights_ring(const sq_heights_shape *shape);
int sq_heights_inputs(const sq_heights_shape *shape);
int64_t sq_heights_shared(const sq_heights_shape *shape);
int64_t sq_heights_own(const sq_heights_shape *shape);
/* Of a panel: x[inputs][P], y[2 hidden][P] is left for backward, out[OUT][P]. w: the kind's weights, own: the event's.
 */
void sq_heights_forward(const sq_nn_kernels *kernels, const sq_heights_shape *shape, const float *w, const float *own,
                        const float *x, float *y, float *out);
/* Gradients are added to; scratch[2 hidden][P]. */
void sq_heights_backward(const sq_heights_shape *shape, const float *w, const float *x, const float *y,
                         const float *dout, float *scratch, float *dw, float *down);

/* ---- fields in panels (panel.c, look.c) ---- */

enum { SQ_HEIGHTS_STRENGTH = 4 }; /* of a weight of the table of windings in its logarithm */

/* A model at work, and the fields of the panel at hand. Arrays over sites are [V][PANEL], over directions
 * [d][V][PANEL]. */
typedef struct {
  sq_heights_shape shape;
  sq_heights_scales scales;
  sq_heights_tables tables;
  sq_heights_event *event;
  int64_t events;
  const sq_nn_kernels *kernels;
  float *weight;
  /* of windings: of the theory, with what is learned and mixed; their sum; what is learned alone */
  double *winding_start, *winding_log, *winding_share, winding_sum, *winding_learned;
  int64_t reach;      /* of the next two: numbers -reach .. reach */
  double **first_row; /* [columns]: the logarithm of the weight of what so many time links carry together */
  double *closed;     /* the logarithm of the weight of a space link that all is known of */
  double *ring;       /* for the sum over the last row */
  /* the panel */
  int count;
  const sq_stream *stream;            /* [count] where fields are drawn; NULL: they are given */
  int32_t *k[2], *l[2], *flux, *size; /* flux, size: what the known links bring to a site; sum of |k| + 2 l */
  int32_t *winding, *rest;            /* [PANEL] rest: of the time links of the first row that are not known yet */
  int *winding_at;                    /* [PANEL] */
  double *log_q;                      /* [PANEL] */
  float *out;                         /* [OUT][PANEL] */
  double *room, *share;               /* weights of candidates */
} sq_heights_work;

/* The logarithm of the weight of the last row of a field of the panel, all of which k of its closing link settles but
 * the l: these are summed over (row.c). Room for it: so many numbers. */
double sq_heights_last_row(const sq_heights_work *work, int column, int64_t k);
int64_t sq_heights_last_row_room(const sq_heights_scales *scales);
/* Brings what is learned of windings into their shares (windings.c); the gradient of log q. */
void sq_heights_load_windings(sq_heights_work *work);
void sq_heights_add_windings(const sq_heights_work *work, int count, const int *winding, const double *factor,
                             float *gradient);

/* What a panel leaves of an event for the gradient: inputs, activations, derivatives of log q by the outputs. */
typedef struct {
  float *x, *y, *slope;
} sq_heights_tape;

PetscErrorCode sq_heights_work_create(const sq_heights_shape *shape, sq_heights_work *work);
void sq_heights_work_clear(sq_heights_work *work);
/* What the network sees at an event: x[inputs][PANEL]. */
void sq_heights_look(const sq_heights_work *work, const sq_heights_event *event, float *x);
/* Draws the fields of the panel, or takes those given in k and l; log_q[count]. tape[events], or one, if it is not to
 * be kept. */
void sq_heights_fill(sq_heights_work *work, const sq_heights_tape *tape, bool keep);

#endif
