/* SPDX-License-Identifier: BSD-3-Clause */
/* Boxes filled by their crosses: all boxes of a size in panels, then the boxes within them. */
#include "internal.h"
#include "crosses.h"
#include <math.h>
#include <string.h>

enum { P = SQ_CROSS_PANEL };

/* ---- one network on a panel ---- */

static void gather(const sq_cross_net *net, int count, const sq_cross_box *box, float *x)
{
  for (int i = 0; i < net->given; i++)
    for (int j = 0; j < P; j++)
      x[i * P + j] = j < count ? box[j].spin[sq_cross_site(&box[j], net->place[i][0], net->place[i][1])] : 1;
}

/* The logit 2 (h + o) of spin i. */
static void add_neighbours(const sq_crosses *c, const sq_cross_net *net, int i, const float *x, const float *out,
                           double logit[P])
{
  for (int j = 0; j < P; j++) logit[j] = 2 * (double)out[j];
  for (int k = 0; k < 4; k++) {
    if (net->link[i][k] < 0) continue;
    const float *known = x + net->link[i][k] * P;
    for (int j = 0; j < P; j++) logit[j] += 2 * c->coupling[k / 2] * known[j];
  }
}

/* Spin i of every box of a panel, and what it adds to log q. */
static void set_spins(const sq_cross_net *net, int i, int count, const sq_cross_box *box, bool draw,
                      const double logit[P], const sq_cross_tape *tape, double log_q[P])
{
  const int known = net->given + i;
  for (int j = 0; j < count; j++) {
    const int64_t site = sq_cross_site(&box[j], net->place[known][0], net->place[known][1]);
    int8_t *spin = box[j].spin + site;
    if (draw) {
      const double u = sq_rng_uniform(box[j].stream, box[j].site + (uint64_t)site, box[j].step, 0);
      *spin = u * (1 + exp(-logit[j])) < 1 ? 1 : -1;
    }
    const double against = exp(-*spin * logit[j]); /* q(-s)/q(s) */
    log_q[j] -= isfinite(against) ? log1p(against) : -*spin * logit[j];
    tape->slope[i * P + j] = (float)(2 * *spin * (isfinite(against) ? against / (1 + against) : 1));
    tape->x[known * P + j] = *spin;
  }
  for (int j = count; j < P; j++) {
    tape->slope[i * P + j] = 0;
    tape->x[known * P + j] = 1;
  }
}

static void fill_panel(sq_crosses *c, const sq_cross_net *net, sq_cross_tape *tape, int count, const sq_cross_box *box,
                       bool draw, double log_q[P])
{
  float out[P];
  double logit[P];
  memset(log_q, 0, P * sizeof *log_q);
  gather(net, count, box, tape->x);
  for (int i = 0; i < net->spins; i++) {
    const int inputs = net->given + i;
    memset(out, 0, sizeof out);
    if (inputs)
      sq_cross_forward(c->kernels, inputs, net->hidden, c->weight + net->at[i], tape->x,
                       tape->y + (c->batch ? (int64_t)i * 2 * net->hidden * P : 0), out);
    add_neighbours(c, net, i, tape->x, out, logit);
    set_spins(net, i, count, box, draw, logit, tape, log_q);
  }
  for (int j = 0; j < P; j++) tape->number[j] = j < count ? box[j].number : -1;
}

static void add_log_q(int64_t count, const sq_cross_box *box, const double *log_q, sq_sum *sum)
{
  for (int64_t j = 0; j < count; j++)
    if (box[j].number >= 0) sq_sum_add(&sum[box[j].number], log_q[j]);
}

static const sq_cross_net *net_of(const sq_crosses *c, int side)
{
  for (int k = 0; k < c->nets; k++)
    if (c->net[k].side == side) return &c->net[k];
  return NULL;
}

void sq_cross_net_fill(sq_crosses *c, int side, int64_t count, const sq_cross_box *box, bool draw, sq_sum *sum)
{
  const sq_cross_net *net = net_of(c, side);
  double log_q[P];
  c->used[net - c->net] = 0;
  for (int64_t at = 0; at < count; at += P) {
    const int n = (int)PetscMin(P, count - at);
    sq_cross_tape *tape = c->tape[net - c->net] + (c->batch ? at / P : 0);
    fill_panel(c, net, tape, n, box + at, draw, log_q);
    add_log_q(n, box + at, log_q, sum);
    c->used[net - c->net]++;
  }
}

static void fill_exactly(sq_crosses *c, int side, int64_t count, const sq_cross_box *box, bool draw, sq_sum *sum)
{
  double log_q[SQ_CROSS_LANES];
  for (int64_t at = 0; at < count; at += SQ_CROSS_LANES) {
    const int n = (int)PetscMin(SQ_CROSS_LANES, count - at);
    sq_cross_strip_fill(c->strip, c->coupling, side, n, box + at, draw, log_q);
    add_log_q(n, box + at, log_q, sum);
  }
}

/* ---- levels ---- */

/* The four boxes that a cross leaves. */
static void cut(int side, const sq_cross_box *box, sq_cross_box part[4])
{
  for (int k = 0; k < 4; k++) {
    part[k] = *box;
    part[k].first[0] = (box->first[0] + k / 2 * (side / 2 + 1)) % box->extent[0];
    part[k].first[1] = (box->first[1] + k % 2 * (side / 2 + 1)) % box->extent[1];
  }
}

/* The boxes within those given that are wanted, in room of their own; those of another rank add to no sum. */
static PetscErrorCode cut_all(const sq_cross_region *region, int side, int64_t *count, sq_cross_box **box)
{
  PetscFunctionBeginUser;
  sq_cross_box *part, all[4];
  int64_t kept = 0;
  PetscCall(sq_alloc(4 * *count, &part));
  for (int64_t i = 0; i < *count; i++) {
    cut(side, &(*box)[i], all);
    for (int k = 0; k < 4; k++)
      if (!region || sq_cross_wanted(region, side / 2, &all[k])) part[kept++] = all[k];
  }
  sq_free(box);
  *box = part;
  *count = kept;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_cross_descend(sq_crosses *c, const sq_cross_region *region, int side, int64_t count,
                                sq_cross_box **box, bool draw, sq_sum *sum)
{
  PetscFunctionBeginUser;
  for (; side > c->shape.exact; side /= 2) {
    sq_cross_net_fill(c, side, count, *box, draw, sum);
    PetscCall(cut_all(region, side, &count, box));
  }
  if (side) fill_exactly(c, side, count, *box, draw, sum);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_crosses_fill(sq_crosses *c, int side, int64_t count, const sq_cross_box *box, bool draw, sq_sum *sum)
{
  PetscFunctionBeginUser;
  sq_cross_box *own;
  PetscCheck(sq_cross_knows(&c->shape, side) && !c->batch, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "boxes of %d sites a side", side);
  PetscCall(sq_alloc(count, &own));
  memcpy(own, box, (size_t)count * sizeof *own);
  PetscCall(sq_cross_descend(c, NULL, side, count, &own, draw, sum));
  sq_free(&own);
  PetscFunctionReturn(0);
}

double sq_crosses_weight(const sq_crosses *c, int side, const sq_cross_box *box)
{
  return sq_cross_links(c->coupling, side, box);
}

/* ---- gradients ---- */

static void backward_panel(const sq_crosses *c, const sq_cross_net *net, const sq_cross_tape *tape,
                           const double *factor, float *gradient)
{
  float dout[P];
  for (int i = 0; i < net->spins; i++) {
    const int inputs = net->given + i;
    if (!inputs) continue;
    for (int j = 0; j < P; j++)
      dout[j] = tape->number[j] < 0 ? 0 : (float)factor[tape->number[j]] * tape->slope[i * P + j];
    sq_cross_backward(inputs, net->hidden, c->weight + net->at[i], tape->x, tape->y + (int64_t)i * 2 * net->hidden * P,
                      dout, c->scratch, gradient + net->at[i]);
  }
}

void sq_cross_gradient(const sq_crosses *c, const double *factor, float *gradient)
{
  for (int k = 0; k < c->nets; k++)
    for (int64_t p = 0; p < c->used[k]; p++) backward_panel(c, &c->net[k], &c->tape[k][p], factor, gradient);
}

/* ---- the object ---- */

void sq_crosses_load(sq_crosses *c, const float *weight)
{
  memcpy(c->weight, weight, (size_t)sq_cross_parameters(&c->shape) * sizeof *weight);
}

void sq_crosses_scale(sq_crosses *c, double scale)
{
  for (int mu = 0; mu < 2; mu++) c->coupling[mu] = scale * c->full[mu];
}

/* Panels of a network for a batch of fields. */
static int64_t panels(const sq_cross_shape *shape, int side, int batch)
{
  const int64_t boxes = side ? shape->extent[0] * shape->extent[1] / ((side + 1) * (side + 1)) : 1;
  return batch ? (batch * boxes + P - 1) / P : 1;
}

static PetscErrorCode make_tape(sq_crosses *c, int k)
{
  PetscFunctionBeginUser;
  const sq_cross_net *net = &c->net[k];
  c->tapes[k] = panels(&c->shape, net->side, c->batch);
  PetscCall(sq_alloc(c->tapes[k], &c->tape[k]));
  for (int64_t p = 0; p < c->tapes[k]; p++) {
    sq_cross_tape *t = &c->tape[k][p];
    PetscCall(sq_alloc((net->given + net->spins) * P, &t->x));
    PetscCall(sq_alloc((c->batch ? net->spins : 1) * 2 * net->hidden * P, &t->y));
    PetscCall(sq_alloc(net->spins * P, &t->slope));
  }
  PetscFunctionReturn(0);
}

double sq_cross_bytes(const sq_cross_shape *shape, int batch, bool learning)
{
  double floats = (double)sq_cross_parameters(shape);
  for (int side = 0, next = sq_cross_side(shape);; side = next, next /= 2) {
    const double spins = sq_cross_spins(shape, side);
    floats += (double)panels(shape, side, learning ? batch : 0) * P *
              (sq_cross_given(side) + 2 * spins + (learning ? spins : 1) * 2 * shape->hidden);
    if (next <= shape->exact) break;
  }
  return 4 * floats + sizeof(sq_cross_strip);
}

PetscErrorCode sq_crosses_create(const sq_cross_shape *shape, const double coupling[2], int batch, sq_crosses **crosses)
{
  PetscFunctionBeginUser;
  sq_crosses *c;
  PetscCall(sq_cross_check(shape));
  PetscCall(sq_alloc(1, &c));
  c->shape = *shape;
  c->batch = batch;
  c->kernels = sq_nn_best();
  memcpy(c->full, coupling, sizeof c->full);
  sq_crosses_scale(c, 1);
  PetscCall(sq_cross_nets(shape, c->net, &c->nets));
  for (int k = 0; k < c->nets; k++) PetscCall(make_tape(c, k));
  PetscCall(sq_alloc(sq_cross_parameters(shape), &c->weight));
  PetscCall(sq_alloc(2 * shape->hidden * P, &c->scratch));
  PetscCall(sq_alloc(1, &c->strip));
  *crosses = c;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_crosses_destroy(sq_crosses **crosses)
{
  PetscFunctionBeginUser;
  sq_crosses *c = *crosses;
  if (!c) PetscFunctionReturn(0);
  for (int k = 0; k < c->nets; k++) {
    for (int64_t p = 0; p < c->tapes[k]; p++) {
      sq_free(&c->tape[k][p].x);
      sq_free(&c->tape[k][p].y);
      sq_free(&c->tape[k][p].slope);
    }
    sq_free(&c->tape[k]);
  }
  sq_cross_nets_destroy(c->nets, c->net);
  sq_free(&c->weight);
  sq_free(&c->scratch);
  sq_free(&c->strip);
  sq_free(crosses);
  PetscFunctionReturn(0);
}
