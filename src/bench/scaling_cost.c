/* SPDX-License-Identifier: BSD-3-Clause */
/* The model of scaling: what a rank computes and sends, and prices for that from measured times. Serial arithmetic.
 *
 * seconds = a (work of a rank) + b (bytes it sends) + c (messages it sends, those of a reduction counted as log2 of the
 * ranks)
 */
#include "src/bench/scaling.h"
#include "squall/stats.h"
#include <math.h>
#include <string.h>

const char *const sq_scaling_name[SQ_SCALING_KINDS] = {"hmc", "training", "sampling"};
const char *const sq_scaling_mode_name[] = {"strong", "weak", "chains", "cut"};

/* Surface of the largest block towards other ranks, and the directions in which there are any. */
static void surface(const sq_scaling_point *p, double *sites, double *faces, int *cuts)
{
  int64_t local[SQ_DIM];
  *sites = 1;
  *faces = 0;
  *cuts = 0;
  for (int mu = 0; mu < SQ_DIM; mu++) {
    local[mu] = (p->extent[mu] + p->cut[mu] - 1) / p->cut[mu];
    *sites *= (double)local[mu];
  }
  for (int mu = 0; mu < SQ_DIM; mu++) {
    if (p->cut[mu] == 1) continue;
    *faces += 2 * *sites / (double)local[mu];
    *cuts += 1;
  }
}

static bool cut_lattice(const sq_scaling_set *set, sq_scaling_point *p)
{
  int64_t grain = p->kind == SQ_SCALING_HMC ? 1 : sq_network_grain(&set->shape), units[SQ_DIM];
  for (int i = 0; i < p->dim; i++) units[i] = p->extent[SQ_DIM - p->dim + i] / grain;
  return p->ranks % p->replicas == 0 && sq_lattice_can_share(p->dim, units, p->ranks / p->replicas, p->cut);
}

bool sq_scaling_cost(const sq_scaling_set *set, sq_scaling_point *p)
{
  double sites, faces, fields = ceil((double)p->fields / p->replicas), rounds = log2(p->ranks),
                       layers = 2 * set->shape.blocks + 2;
  int cuts;
  if (!cut_lattice(set, p)) return false;
  surface(p, &sites, &faces, &cuts);
  double layer = faces * set->shape.channels * sizeof(float),
         batches = ceil(fields / sq_network_batch(&set->shape, (int64_t)sites * p->ranks / p->replicas));
  switch (p->kind) {
  case SQ_SCALING_HMC:
    memcpy(p->cost,
           (double[]){sites * set->forces * fields, faces * sizeof(double) * set->forces * fields,
                      (2 * cuts * set->forces + rounds) * fields},
           sizeof p->cost);
    return true;
  case SQ_SCALING_TRAINING: /* forward, and backward twice the work; the gradient as integers of 8 bytes, sent about
                               twice */
    memcpy(
      p->cost,
      (double[]){3 * sites * fields * sq_network_flops(&set->shape),
                 2 * layer * layers * fields + 16 * (double)sq_network_parameters(&set->shape) * (1 - 1. / p->ranks),
                 4 * cuts * layers * batches + rounds},
      sizeof p->cost);
    return true;
  default:
    memcpy(p->cost,
           (double[]){sites * fields * set->steps * sq_network_flops(&set->shape), layer * layers * fields * set->steps,
                      2 * cuts * layers * batches * set->steps},
           sizeof p->cost);
    return true;
  }
}

int sq_scaling_replicas(const sq_scaling_set *set, const sq_scaling_point *point, int64_t pieces)
{
  sq_scaling_point p = *point;
  for (p.replicas = p.ranks; p.replicas >= 1; p.replicas--)
    if (p.ranks % p.replicas == 0 && p.replicas <= pieces && cut_lattice(set, &p)) return p.replicas;
  return 0;
}

static double model_of(const sq_scaling_point *p, const double price[SQ_COSTS])
{
  double seconds = 0;
  for (int k = 0; k < SQ_COSTS; k++) seconds += price[k] * p->cost[k];
  return seconds;
}

void sq_scaling_fit(sq_scaling_point *points, int count, double price[SQ_SCALING_KINDS][SQ_COSTS])
{
  enum { MOST = 1024 };
  for (int kind = 0; kind < SQ_SCALING_KINDS; kind++) {
    double x[MOST * SQ_COSTS], y[MOST], weight[MOST];
    int rows = 0;
    for (int i = 0; i < count && rows < MOST; i++) {
      const sq_scaling_point *p = &points[i];
      if ((int)p->kind != kind || !(p->seconds > 0)) continue;
      memcpy(x + rows * SQ_COSTS, p->cost, sizeof p->cost);
      y[rows] = p->seconds;
      weight[rows] = 1 / (p->seconds * p->seconds);
      rows++;
    }
    if (!sq_fit_nonnegative(rows, SQ_COSTS, x, y, weight, price[kind]))
      for (int k = 0; k < SQ_COSTS; k++) price[kind][k] = NAN;
    for (int i = 0; i < count; i++)
      if ((int)points[i].kind == kind) points[i].model = model_of(&points[i], price[kind]);
  }
}

const sq_scaling_point *sq_scaling_first(const sq_scaling_point *points, int count, const sq_scaling_point *of)
{
  for (int i = 0; i < count; i++)
    if (points[i].kind == of->kind && points[i].sweep == of->sweep && points[i].ranks == 1) return &points[i];
  return NULL;
}

double sq_scaling_efficiency(const sq_scaling_point *p, const sq_scaling_point *first, bool model)
{
  double volume = 1, before = 1;
  for (int mu = 0; mu < SQ_DIM; mu++) volume *= (double)p->extent[mu], before *= (double)first->extent[mu];
  double work = volume * (double)p->fields / (before * (double)first->fields),
         one = model ? first->model : first->seconds, many = model ? p->model : p->seconds;
  return work * one / (many * p->ranks);
}
