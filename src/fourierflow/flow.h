/* SPDX-License-Identifier: BSD-3-Clause */
/* Private to fourierflow: the parts of the flow. Modes are in half-complex order (squall/fourierflow.h); index i has n
 * = min(i, N - i), and is a sine for i > N/2.
 *
 * Not collective.
 */
#ifndef SQUALL_FOURIERFLOW_FLOW_H
#define SQUALL_FOURIERFLOW_FLOW_H

#include "squall/fourierflow.h"
#include <fftw3.h>

enum { SQ_FOURIER_TAPS = 9, SQ_FOURIER_MIXED = 2 * SQ_FOURIER_MODES };

/* ---- modes.c: the transform ---- */

typedef struct {
  int sites;
  double *time, *mode; /* [sites] what plans work on */
  fftw_plan to_mode, to_time;
} sq_fourier;

PetscErrorCode sq_fourier_create(int sites, sq_fourier *f);
void sq_fourier_destroy(sq_fourier *f);
/* Orthonormal: each is the inverse, and the transpose, of the other. out may be in. */
void sq_fourier_modes(sq_fourier *f, const double *time, double *mode);
void sq_fourier_path(sq_fourier *f, const double *mode, double *time);
/* even[k] = sum_t x_t cos(2 pi k t/N), odd[k] the same with sin, k = 0 .. N - 1; and the transpose of that: x_t = sum_k
 * even[k] cos + odd[k] sin. */
void sq_fourier_sums(sq_fourier *f, const double *time, double *even, double *odd);
void sq_fourier_sums_back(sq_fourier *f, const double *even, const double *odd, double *time);
static inline int sq_fourier_number(int sites, int i)
{
  return i < sites - i ? i : sites - i;
}

/* ---- prior.c: the free field that is like the theory ---- */

typedef struct {
  double centre;  /* >= 0: of the field, in a well; 0: there is one centre */
  double A, hop;  /* modes have the variance 1/(2 A - 2 hop cos p) */
  double width;   /* sqrt <phi^2>, with the centre */
  bool quadratic; /* the theory is that field */
} sq_fourier_prior;

sq_fourier_prior sq_fourier_prior_of(const sq_action *action, int sites);
double sq_fourier_variance(const sq_fourier_prior *prior, int sites, int n);
/* The largest one. */
double sq_fourier_widest(const sq_fourier_prior *prior, int sites);

/* ---- zero.c: the distribution of the zero mode, a symmetric mixture of normal ones ----
 * Weights: of each pair of peaks the logarithm of its place and of its width, and what its share is made of; of one in
 * the middle, which odd numbers of peaks have, the last two. */

int sq_fourier_zero_parameters(int peaks);
/* place: of the outermost pair. */
void sq_fourier_zero_init(int peaks, double place, double *weight);

typedef struct {
  int count;                                                                        /* peaks */
  double share[SQ_FOURIER_PEAKS], place[SQ_FOURIER_PEAKS], width[SQ_FOURIER_PEAKS]; /* of each */
} sq_fourier_zero;

void sq_fourier_zero_load(int peaks, const double *weight, sq_fourier_zero *zero);
/* u uniform in (0, 1), z normal. */
double sq_fourier_zero_draw(const sq_fourier_zero *zero, double u, double z);
/* log of the density; slope: d/dx of it. */
double sq_fourier_zero_log(const sq_fourier_zero *zero, double x, double *slope);
/* gradient += factor d log density/d weight at fixed x. */
void sq_fourier_zero_backward(const sq_fourier_zero *zero, double x, double factor, double *gradient);
/* gradient += cotangent dx/d weight at fixed F(x), F the integral of the density: dx/dw = -(dF/dw)/(dF/dx) (M.
 * Figurnov, S. Mohamed, A. Mnih, NeurIPS 2018). */
void sq_fourier_zero_move(const sq_fourier_zero *zero, double x, double cotangent, double *gradient);

/* ---- base.c: the modes before the couplings ---- */

typedef struct {
  int sites, peaks, kinks;
  sq_fourier *fourier; /* not owned */
  sq_fourier_zero zero;
  double beta, wall;          /* of the chain of signs, with kinks */
  double walls;               /* of the last log with a slope, how many there are in the mean */
  double *sign;               /* [batch][sites] signs of the fields that were drawn */
  double *path, *mean, *left; /* [sites], of the last log: y, and the mean of s; [sites + 1][4] */
  double *slope;              /* [sites] the caller's */
} sq_fourier_base;

/* Whether the theory has wells that are deep enough for kinks. */
bool sq_fourier_kinks_possible(const sq_fourier_prior *prior);
int sq_fourier_base_parameters(const sq_fourierflow_shape *shape);
void sq_fourier_base_init(const sq_fourierflow_shape *shape, double *weight);
/* fourier is kept. */
PetscErrorCode sq_fourier_base_create(const sq_fourierflow_shape *shape, int batch, sq_fourier *fourier,
                                      sq_fourier_base *base);
void sq_fourier_base_destroy(sq_fourier_base *base);
void sq_fourier_base_load(const double *weight, sq_fourier_base *base);
/* z[sites] at random, those of field b of the batch. */
void sq_fourier_base_draw(const sq_fourier_base *base, sq_stream stream, int b, double *z);
/* log of the density; slope: d/dz of it, NULL: not asked for. */
double sq_fourier_base_log(sq_fourier_base *base, const double *z, double *slope);
/* After log of the same z with a slope: gradient += factor d log density/d weight at fixed z. */
void sq_fourier_base_backward(const sq_fourier_base *base, const double *z, double factor, double *gradient);
/* gradient += cotangent[sites] dz/d weight along paths, of field b. Signs are held. */
void sq_fourier_base_move(sq_fourier_base *base, const double *z, int b, const double *cotangent, double *gradient);

/* ---- net.c: what a coupling makes of a path ---- */

typedef struct {
  int sites, channels, depth, spacing;
} sq_fourier_net;

int64_t sq_fourier_net_parameters(const sq_fourier_net *net);
int64_t sq_fourier_net_kept(const sq_fourier_net *net);
int64_t sq_fourier_net_scratch(const sq_fourier_net *net);
/* The last layers are 0: g = 1 and shift = 0. */
void sq_fourier_net_init(const sq_fourier_net *net, sq_stream stream, double *weight);
double sq_fourier_net_flops(const sq_fourier_net *net);
/* shift[sites] and log_g[sites] of path[sites]; kept for backward. */
void sq_fourier_net_forward(const sq_fourier_net *net, const double *weight, const double *path, double *kept,
                            double *scratch, double *shift, double *log_g);
/* gradient += those of the weights; path[sites] is written: the cotangent of the path. */
void sq_fourier_net_backward(const sq_fourier_net *net, const double *weight, const double *kept, double *scratch,
                             const double *shift, const double *log_g, double *gradient, double *path);

/* ---- matrix.c: M of a coupling, dense, symmetric and positive ---- */

/* M[count][count] of the modes index[count]; scale[i]: D h, h^2 = 1/2 for modes without a partner, else 1, over
 * sqrt(N). even, odd: sums of g - 1. */
void sq_fourier_matrix(int sites, int count, const int *index, const double *scale, const double *even,
                       const double *odd, double *M);
/* The transpose of that: even, odd += what Q[count][count], the cotangent of M, says. */
void sq_fourier_matrix_back(int sites, int count, const int *index, const double *scale, const double *Q, double *even,
                            double *odd);
/* M = L L^T, in the lower half; the logarithm of the determinant of M; not a number where M is not positive. */
double sq_fourier_factor(int count, const double *M, double *L);
/* x <- M^-1 x; the inverse of M. */
void sq_fourier_solve(int count, const double *L, double *x);
void sq_fourier_invert(int count, const double *L, double *inverse);
void sq_fourier_times(int count, const double *M, const double *x, double *out);

/* ---- layer.c: a coupling ---- */

typedef struct {
  sq_fourier_net net;
  int given, moved, mixed; /* how many modes: A, B, those of B that M mixes, which come first */
  int *A, *B;              /* [given], [moved] their indices */
  double *into;            /* [given] what makes a path of them: widths over that of the field */
  double *scale;           /* [mixed] for sq_fourier_matrix */
  double *D;               /* [moved] */
  int *number;             /* [moved] which s and e: they are numbers of n */
  int numbers;             /* how many */
  int64_t at, parameters;  /* weights among the flow's: the network, s, log(e/D) */
} sq_fourier_layer;

/* What a field leaves behind in a coupling. */
typedef struct {
  double *net;             /* sq_fourier_net_kept */
  double *g, *log_g;       /* [sites]; log g before it is bounded */
  double *shift;           /* [moved] */
  double *before, *mixed;  /* [moved] of B: before M, and after it */
  double *M, *L, *inverse; /* [mixed][mixed]; M^-1: for gradients */
} sq_fourier_trace;

/* Room that couplings share. */
typedef struct {
  sq_fourier *fourier;
  double *net;                       /* sq_fourier_net_scratch */
  double *a, *b, *even, *odd, *path; /* [sites] */
  double *Q;                         /* [SQ_FOURIER_MIXED^2] */
  bool gradients;
} sq_fourier_work;

/* Number shape->layers is the last one. */
PetscErrorCode sq_fourier_layer_create(const sq_fourierflow_shape *shape, const sq_fourier_prior *prior, int number,
                                       sq_fourier_layer *layer);
void sq_fourier_layer_destroy(sq_fourier_layer *layer);
int64_t sq_fourier_layer_parameters(const sq_fourierflow_shape *shape, int number);
int64_t sq_fourier_trace_size(const sq_fourier_layer *layer);
/* The parts of memory[size]. */
void sq_fourier_trace_lay(const sq_fourier_layer *layer, double *memory, sq_fourier_trace *trace);
/* mode[sites] from before the coupling to after it, and back; log_det: of that from before to after. */
void sq_fourier_layer_forward(const sq_fourier_layer *layer, const double *weight, sq_fourier_work *work,
                              sq_fourier_trace *trace, double *mode, double *log_det);
void sq_fourier_layer_inverse(const sq_fourier_layer *layer, const double *weight, sq_fourier_work *work,
                              sq_fourier_trace *trace, double *mode, double *log_det);
/* gradient += d/dweight (cotangent after - factor log_det) with the modes before held; cotangent becomes that of the
 * modes before. */
void sq_fourier_layer_pull(const sq_fourier_layer *layer, const double *weight, sq_fourier_work *work,
                           const sq_fourier_trace *trace, double factor, double *cotangent, double *gradient);
/* gradient += d/dweight (cotangent before - factor log_det) with the modes after held; cotangent becomes that of the
 * modes after. */
void sq_fourier_layer_backward(const sq_fourier_layer *layer, const double *weight, sq_fourier_work *work,
                               const sq_fourier_trace *trace, double factor, double *cotangent, double *gradient);

#endif
