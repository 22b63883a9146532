/* SPDX-License-Identifier: BSD-3-Clause */
/* Block moves by a hierarchical model of spins (squall/crosses.h): boxes that are a line apart are drawn anew, each
 * given its boundary, and each is accepted with probability min(1, w'/w), w = exp(-S)/q of the links and spins of the
 * box. It is a heat bath of a whole box where q is exact. Every rank has the whole field; ranks share the boxes out,
 * and decide together.
 */
#include "energy.h"
#include "squall/crosses.h"
#include <math.h>
#include <string.h>

typedef struct {
  const sq_lattice *lattice;
  sq_crosses *crosses;
  sq_cross_whole whole;
  int side;
  int64_t boxes[2], total; /* in either direction; of a move */
  sq_cross_box *box;       /* [total] */
  int8_t *field, *trial;   /* [volume] */
  int8_t *value;           /* [total][side side] new spins, boxes of a rank together, */
  double *log_ratio;       /* [total] and log w'/w */
  sq_sum *log_q;           /* [total] */
  int *counts, *starts;    /* [ranks] */
} boxes;

/* Where the boxes of a move are. */
static void place(boxes *m, uint64_t seed, const sq_move_chain *chain, int8_t *field)
{
  const int64_t rows = m->lattice->extent[2], columns = m->lattice->extent[3], pitch = m->side + 1;
  const sq_stream where = sq_stream_make(seed, SQ_RNG_MOVE_PLACE, chain->id),
                  draws = sq_stream_make(seed, SQ_RNG_MOVE_REVERSE, chain->id);
  const int64_t first[2] = {sq_rng_index(where, 0, (uint64_t)chain->moves, 0, (uint32_t)rows),
                            sq_rng_index(where, 1, (uint64_t)chain->moves, 0, (uint32_t)columns)};
  for (int64_t k = 0; k < m->total; k++)
    m->box[k] = (sq_cross_box){
      .spin = field,
      .extent = {rows, columns},
      .pitch = columns,
      .first = {(first[0] + k / m->boxes[1] * pitch) % rows, (first[1] + k % m->boxes[1] * pitch) % columns},
      .stream = draws,
      .step = (uint64_t)chain->moves,
      .number = k};
}

/* The spins of a box, row after row: taken out of its field, or put in. */
static void copy_spins(const boxes *m, const sq_cross_box *box, bool in, int8_t *value)
{
  for (int64_t r = 0; r < m->side; r++)
    for (int64_t c = 0; c < m->side; c++, value++) {
      int8_t *spin = box->spin + (box->first[0] + r) % box->extent[0] * box->pitch +
                     (box->first[1] + c) % box->extent[1];
      if (in) *spin = *value;
      else *value = *spin;
    }
}

/* log w of some boxes, drawn or as they are, into log_w. */
static PetscErrorCode weigh(boxes *m, int64_t first, int64_t count, bool draw, double *log_w)
{
  PetscFunctionBeginUser;
  memset(m->log_q + first, 0, (size_t)count * sizeof *m->log_q);
  PetscCall(sq_crosses_fill(m->crosses, m->side, count, m->box + first, draw, m->log_q));
  for (int64_t k = first; k < first + count; k++)
    log_w[k] = sq_crosses_weight(m->crosses, m->side, &m->box[k]) - sq_sum_value(&m->log_q[k]);
  PetscFunctionReturn(0);
}

/* This rank's boxes: what they may become, and log w'/w. */
static PetscErrorCode propose(boxes *m, int64_t first, int64_t count)
{
  PetscFunctionBeginUser;
  const int64_t sites = (int64_t)m->side * m->side;
  double *before;
  PetscCall(sq_alloc(m->total, &before));
  PetscCall(weigh(m, first, count, false, before));
  memcpy(m->trial, m->field, (size_t)m->lattice->volume);
  for (int64_t k = first; k < first + count; k++) m->box[k].spin = m->trial;
  PetscCall(weigh(m, first, count, true, m->log_ratio));
  for (int64_t k = first; k < first + count; k++) {
    m->log_ratio[k] -= before[k];
    copy_spins(m, &m->box[k], false, m->value + k * sites);
  }
  sq_free(&before);
  PetscFunctionReturn(0);
}

static PetscErrorCode share_results(boxes *m)
{
  PetscFunctionBeginUser;
  const int64_t sites = (int64_t)m->side * m->side;
  for (int part = 0; part < 2; part++) {
    const int64_t each = part ? sites : 1;
    for (int r = 0; r < m->lattice->size; r++) {
      int64_t first, count;
      sq_share(m->total, m->lattice->size, r, &first, &count);
      m->starts[r] = (int)(first * each);
      m->counts[r] = (int)(count * each);
    }
    PetscCallMPI(MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, part ? (void *)m->value : (void *)m->log_ratio,
                                m->counts, m->starts, part ? MPI_INT8_T : MPI_DOUBLE, m->lattice->comm));
  }
  PetscFunctionReturn(0);
}

/* What a box adds to sum s. */
static double magnetisation(int64_t sites, const int8_t *value)
{
  int64_t sum = 0;
  for (int64_t i = 0; i < sites; i++) sum += value[i];
  return (double)sum;
}

/* All ranks come to the same decisions. */
static PetscErrorCode decide(boxes *m, uint64_t seed, sq_move_chain *chain)
{
  PetscFunctionBeginUser;
  const int64_t sites = (int64_t)m->side * m->side;
  const sq_stream stream = sq_stream_make(seed, SQ_RNG_MOVE_ACCEPT, chain->id);
  double order = magnetisation(m->lattice->volume, m->field);
  int8_t *old;
  PetscCall(sq_alloc(sites, &old));
  for (int64_t k = 0; k < m->total; k++) {
    sq_cross_box *box = &m->box[k];
    box->spin = m->field;
    copy_spins(m, box, false, old);
    const double log_ratio = m->log_ratio[k],
                 change = magnetisation(sites, m->value + k * sites) - magnetisation(sites, old),
                 felt = sq_change_of_order(chain, 1, &order, &change);
    if (sq_metropolis_decide(&chain->counts, log_ratio,
                             sq_rng_uniform(stream, (uint64_t)k, (uint64_t)chain->moves, 0))) {
      copy_spins(m, box, true, m->value + k * sites);
      order += change;
    }
    if (!isnan(log_ratio)) chain->jump += fmin(1, exp(log_ratio)) * felt * felt;
  }
  sq_free(&old);
  PetscFunctionReturn(0);
}

static PetscErrorCode move(void *self, uint64_t seed, int depth, int64_t count, sq_move_chain *chains)
{
  PetscFunctionBeginUser;
  boxes *m = self;
  int64_t first, mine;
  (void)depth;
  sq_share(m->total, m->lattice->size, m->lattice->rank, &first, &mine);
  for (int64_t i = 0; i < count; i++) {
    PetscCall(sq_cross_whole_gather(&m->whole, chains[i].block, m->field));
    place(m, seed, &chains[i], m->field);
    PetscCall(propose(m, first, mine));
    PetscCall(share_results(m));
    PetscCall(decide(m, seed, &chains[i]));
    sq_cross_whole_give(&m->whole, m->field, chains[i].block);
    chains[i].moves++;
  }
  PetscFunctionReturn(0);
}

/* ---- the mover ---- */

static double cost(const void *self, int depth)
{
  const boxes *m = self;
  (void)depth;
  return (double)(m->total * m->side * m->side) / (double)m->lattice->volume;
}

static PetscErrorCode destroy(void *self)
{
  PetscFunctionBeginUser;
  boxes *m = self;
  PetscCall(sq_crosses_destroy(&m->crosses));
  sq_cross_whole_destroy(&m->whole);
  sq_free(&m->box);
  sq_free(&m->field);
  sq_free(&m->trial);
  sq_free(&m->value);
  sq_free(&m->log_ratio);
  sq_free(&m->log_q);
  sq_free(&m->counts);
  sq_free(&m->starts);
  sq_free(&m);
  PetscFunctionReturn(0);
}

static PetscErrorCode allocate(boxes *m)
{
  PetscFunctionBeginUser;
  PetscCall(sq_alloc(m->total, &m->box));
  PetscCall(sq_alloc(m->lattice->volume, &m->field));
  PetscCall(sq_alloc(m->lattice->volume, &m->trial));
  PetscCall(sq_alloc(m->total * m->side * m->side, &m->value));
  PetscCall(sq_alloc(m->total, &m->log_ratio));
  PetscCall(sq_alloc(m->total, &m->log_q));
  PetscCall(sq_alloc(m->lattice->size, &m->counts));
  PetscCall(sq_alloc(m->lattice->size, &m->starts));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_mover_boxes_fit(int dim, const int64_t extent[SQ_DIM], const sq_cross_shape *shape, int64_t side)
{
  PetscFunctionBeginUser;
  SqCheck(dim == 2, SQ_EVERY_RANK, SQ_ERR_INPUT, "blocks of a hierarchical model are squares in two dimensions, not %d",
          dim);
  SqCheck(sq_cross_knows(shape, side), SQ_EVERY_RANK, SQ_ERR_INPUT,
          "correct.block: %lld: this hierarchical model has blocks of 2^k - 1 sites a side, 1 to %d", (long long)side,
          sq_cross_side(shape));
  SqCheck(side < extent[2] && side < extent[3], SQ_EVERY_RANK, SQ_ERR_INPUT,
          "correct.block: %lld: blocks of so many sites and a line between them do not fit into %lldx%lld",
          (long long)side, (long long)extent[2], (long long)extent[3]);
  SqCheck((double)extent[2] * (double)extent[3] < INT32_MAX, SQ_EVERY_RANK, SQ_ERR_INPUT,
          "block moves hold a whole field on every rank: %lldx%lld sites are too many", (long long)extent[2],
          (long long)extent[3]);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_mover_boxes(const sq_lattice *lattice, const sq_cross_shape *shape, const double coupling[2],
                              const float *weight, int side, sq_mover *mover)
{
  PetscFunctionBeginUser;
  boxes *m;
  PetscCall(sq_mover_boxes_fit(lattice->dim, lattice->extent, shape, side));
  PetscCall(sq_alloc(1, &m));
  m->lattice = lattice;
  m->side = side;
  for (int mu = 0; mu < 2; mu++) m->boxes[mu] = lattice->extent[2 + mu] / (side + 1);
  m->total = m->boxes[0] * m->boxes[1];
  PetscCall(sq_crosses_create(shape, coupling, 0, &m->crosses));
  sq_crosses_load(m->crosses, weight);
  PetscCall(sq_cross_whole_create(lattice, &m->whole));
  PetscCall(allocate(m));
  *mover = (sq_mover){.self = m, .depths = 1, .decisions = m->total, .move = move, .cost = cost, .destroy = destroy};
  PetscFunctionReturn(0);
}
