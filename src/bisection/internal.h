/* SPDX-License-Identifier: BSD-3-Clause */
/* Inside the module: intervals, the Gaussian path, networks and mixtures, all on runs of a fixed number of entries: an
 * entry has the same bits wherever it is in a run and whatever is beside it. Not collective. */
#ifndef SQUALL_BISECTION_INTERNAL_H
#define SQUALL_BISECTION_INTERNAL_H

#include "squall/bisection.h"

enum { RUN = 16, INPUTS = 2, KINDS = 3 }; /* entries of a run; numbers of an end; numbers of a part: o, t, log weight */
enum { GROUPS = 160, OUTPUTS = KINDS * SQ_BISECTION_MIXTURE, PARTS = 2 * SQ_BISECTION_MIXTURE };

/* ---- intervals (plan.c) ---- */

/* Intervals of one length at one depth, all of whose midpoints are drawn together. */
typedef struct {
  int64_t length;
  int network;          /* of that length */
  int64_t first, count; /* of its nodes */
} sq_bisection_group;

/* A site and the two that it is between. */
typedef struct {
  int64_t left, middle, right;
} sq_bisection_node;

typedef struct {
  int64_t sites;
  int networks, groups;
  int64_t length[GROUPS]; /* [networks] */
  sq_bisection_group group[GROUPS];
  sq_bisection_node *node; /* of the groups, in the order in which they are drawn; then those that are exact */
  int64_t nodes, exact;    /* how many of each */
} sq_bisection_plan;

PetscErrorCode sq_bisection_plan_make(int64_t sites, sq_bisection_plan *plan);
void sq_bisection_plan_clear(sq_bisection_plan *plan);
/* The lengths of intervals with a network, in the order of the plan; returns how many. */
int sq_bisection_lengths(int64_t sites, int64_t length[GROUPS]);

/* ---- the Gaussian path (bridge.c) ---- */

/* S = sum quadratic x^2 - hop x x'. */
typedef struct {
  double quadratic, hop, rate; /* rate: of the decay of correlations, in steps */
  bool free;                   /* the theory is that */
} sq_bisection_path;

/* Of a point between two: mean left x_l + right x_r, width. */
typedef struct {
  double left, right, width;
} sq_bisection_bridge;

sq_bisection_path sq_bisection_path_of(const sq_action *action);
/* A point on a closed path of n steps. */
double sq_bisection_ring(const sq_bisection_path *path, int64_t n);
sq_bisection_bridge sq_bisection_bridge_of(const sq_bisection_path *path, int64_t before, int64_t after);

/* ---- networks (net.c) ---- */

/* Activations of a run are [features][RUN]. A network of `inputs` numbers: hidden layers, then the outputs. */
typedef struct {
  int channels, hidden, outputs;
} sq_bisection_net;

int64_t sq_bisection_net_parameters(const sq_bisection_net *net);
/* in[INPUTS][RUN] -> out[outputs][RUN]. before[hidden][channels][RUN]: what activations are made of, and after, what
 * they are; kept for backward. */
void sq_bisection_net_forward(const sq_bisection_net *net, const float *weight, const float *in, float *before,
                              float *after, float *out);
/* gradient += that of sum out slope over `runs` runs, each with its activations one after the other.
 * slope[runs][outputs] [RUN]; work[2][runs][channels][RUN]. */
void sq_bisection_net_backward(const sq_bisection_net *net, const float *weight, int runs, const float *in,
                               const float *before, const float *after, const float *slope, float *work,
                               float *gradient);

/* ---- mixtures (law.c) ---- */

/* A run of entries: mean and width of the Gaussian path, outputs at the ends and at their mirror images,
 * [outputs][RUN]. */
typedef struct {
  int mixture;
  double mean[RUN], width[RUN];
  const float *out[2];
} sq_bisection_law;

/* x[RUN] from uniform numbers u, by which a part is chosen, and normal ones. */
void sq_bisection_law_draw(const sq_bisection_law *law, const double *u, const double *normal, double *x);
void sq_bisection_law_density(const sq_bisection_law *law, const double *x, double *log_q);
/* slope[side][outputs][RUN] = factor times the derivative of log q. */
void sq_bisection_law_gradient(const sq_bisection_law *law, const double *x, const double *factor, float *slope[2]);

#endif
