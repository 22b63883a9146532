/* SPDX-License-Identifier: BSD-3-Clause */
/* Clusters on a lattice that may be cut.
 *
 * Each rank joins the sites of its block by union-find. Across the faces of a cut lattice the labels of the clusters
 * that touch them are exchanged, each cluster takes the smallest label it meets, and so on until none changes: about as
 * many rounds as blocks lie along the longest cluster. A message holds, for each site of a face, 16 label + its open
 * links.
 */
#include "kernels.h"
#include "squall/cluster.h"
#include "squall/halo.h"

enum { WORD = 16 };

/* A link through a face. */
typedef struct {
  int32_t site;     /* of this block */
  int64_t own, rim; /* places of both ends in the exchanged array */
  uint8_t bit;
  bool outward; /* the link leaves this site in the positive direction, so it is decided here */
} crossing;

struct sq_clusters {
  const sq_lattice *lattice;
  uint8_t *state;  /* [local_volume] */
  int32_t *parent; /* [local_volume] */
  sq_stream stream;
  uint64_t step;
  sq_halo *halo; /* all below only where the lattice is cut */
  int64_t crossings;
  crossing *crossing;
  int64_t *face;  /* [padded sites] */
  int64_t *label; /* [local_volume] of the first sites of clusters that touch a face */
};

/* ---- making ---- */

static void block_strides(const sq_lattice *lattice, int64_t rim, int64_t stride[SQ_DIM])
{
  int64_t sites = 1;
  for (int mu = SQ_DIM - 1; mu >= 0; mu--) {
    stride[mu] = sites;
    sites *= lattice->local[mu] + (mu >= lattice->first_dir ? 2 * rim : 0);
  }
}

static void coordinates(const sq_lattice *lattice, int64_t site, int64_t x[SQ_DIM])
{
  for (int mu = SQ_DIM - 1; mu >= 0; mu--) {
    x[mu] = site % lattice->local[mu];
    site /= lattice->local[mu];
  }
}

static int64_t global_site(const sq_lattice *lattice, int64_t site)
{
  int64_t n = lattice->local[SQ_DIM - 1];
  return sq_lattice_row_site(lattice, site / n) + site % n;
}

/* The links of one site through faces; list may be NULL, to count. */
static int64_t crossings_of(const sq_lattice *lattice, int64_t site, crossing *list)
{
  int64_t x[SQ_DIM], stride[SQ_DIM], own = 0, count = 0;
  coordinates(lattice, site, x);
  block_strides(lattice, 1, stride);
  for (int mu = lattice->first_dir; mu < SQ_DIM; mu++) own += (x[mu] + 1) * stride[mu];
  for (int mu = lattice->first_dir; mu < SQ_DIM; mu++) {
    uint8_t bit = (uint8_t)(1 << (mu - lattice->first_dir));
    if (lattice->ranks[mu] == 1) continue;
    if (x[mu] == lattice->local[mu] - 1) {
      if (list) list[count] = (crossing){(int32_t)site, own, own + stride[mu], bit, true};
      count++;
    }
    if (x[mu] == 0) {
      if (list) list[count] = (crossing){(int32_t)site, own, own - stride[mu], bit, false};
      count++;
    }
  }
  return count;
}

static PetscErrorCode prepare_faces(sq_clusters *c)
{
  PetscFunctionBeginUser;
  const sq_lattice *lattice = c->lattice;
  int64_t padded = 1, at = 0;
  for (int mu = lattice->first_dir; mu < SQ_DIM; mu++) padded *= lattice->local[mu] + 2;
  PetscCall(sq_halo_create(lattice, 1, SQ_HALO_FACES, sizeof *c->face, 1, &c->halo));
  for (int64_t i = 0; i < lattice->local_volume; i++) c->crossings += crossings_of(lattice, i, NULL);
  PetscCall(sq_alloc(c->crossings, &c->crossing));
  PetscCall(sq_alloc(padded, &c->face));
  PetscCall(sq_alloc(lattice->local_volume, &c->label));
  for (int64_t i = 0; i < lattice->local_volume; i++) at += crossings_of(lattice, i, c->crossing + at);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_clusters_create(const sq_lattice *lattice, sq_clusters **clusters)
{
  PetscFunctionBeginUser;
  sq_clusters *c;
  bool large = lattice->local_volume > INT32_MAX;
  PetscCall(sq_any_true(lattice->comm, large, &large));
  SqCheck(!large, lattice->comm, SQ_ERR_INPUT,
          "clusters: a block has more than %d sites; use more ranks, or none (cluster: 0)", INT32_MAX);
  PetscCall(sq_alloc(1, &c));
  c->lattice = lattice;
  PetscCall(sq_alloc(lattice->local_volume, &c->state));
  PetscCall(sq_alloc(lattice->local_volume, &c->parent));
  if (lattice->size > 1) PetscCall(prepare_faces(c));
  *clusters = c;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_clusters_destroy(sq_clusters **clusters)
{
  PetscFunctionBeginUser;
  if (!*clusters) PetscFunctionReturn(0);
  PetscCall(sq_halo_destroy(&(*clusters)->halo));
  sq_free(&(*clusters)->state);
  sq_free(&(*clusters)->parent);
  sq_free(&(*clusters)->crossing);
  sq_free(&(*clusters)->face);
  sq_free(&(*clusters)->label);
  sq_free(clusters);
  PetscFunctionReturn(0);
}

/* ---- links and clusters of a block ---- */

void sq_clusters_open(sq_clusters *c, sq_stream stream, uint64_t step, int64_t row, const double *strength)
{
  const int64_t n = c->lattice->local[3];
  c->stream = stream;
  c->step = step;
  sq_cluster_decide(c->lattice->dim, stream, step, (uint64_t)sq_lattice_row_site(c->lattice, row), n, strength,
                    c->state + row * n);
}

/* The links of one row to the rows before it, and those that go round the lattice. */
static void join_row(sq_clusters *c, int64_t row, const int64_t stride[SQ_DIM])
{
  const sq_lattice *lattice = c->lattice;
  const int64_t n = lattice->local[3], from = row * n;
  int64_t x[SQ_DIM];
  coordinates(lattice, from, x);
  for (int mu = lattice->first_dir; mu < SQ_DIM - 1; mu++) {
    uint8_t bit = (uint8_t)(1 << (mu - lattice->first_dir));
    int64_t back = (lattice->local[mu] - 1) * stride[mu];
    if (x[mu] > 0) sq_cluster_join_row(from - stride[mu], n, stride[mu], bit, c->state, c->parent);
    if (x[mu] == lattice->local[mu] - 1 && lattice->ranks[mu] == 1)
      sq_cluster_join_row(from, n, -back, bit, c->state, c->parent);
  }
}

static void join_block(sq_clusters *c)
{
  const sq_lattice *lattice = c->lattice;
  const int64_t n = lattice->local[3], rows = lattice->local_volume / n;
  const uint8_t along = (uint8_t)(1 << (lattice->dim - 1));
  int64_t stride[SQ_DIM];
  block_strides(lattice, 0, stride);
  for (int64_t row = 0; row < rows; row++) {
    sq_cluster_start_row(row * n, n, along, c->state, c->parent);
    if (lattice->ranks[3] == 1) sq_cluster_join_row(row * n + n - 1, 1, 1 - n, along, c->state, c->parent);
    join_row(c, row, stride);
  }
  sq_cluster_flatten(lattice->local_volume, c->parent);
}

/* ---- across the faces ---- */

/* One round: does any label change? */
static PetscErrorCode exchange_labels(sq_clusters *c, bool *changed)
{
  PetscFunctionBeginUser;
  *changed = false;
  for (const crossing *at = c->crossing; at < c->crossing + c->crossings; at++)
    c->face[at->own] = WORD * c->label[c->parent[at->site]] + c->state[at->site] % WORD;
  PetscCall(sq_halo_exchange(c->halo, c->face));
  for (const crossing *at = c->crossing; at < c->crossing + c->crossings; at++) {
    int64_t *mine = &c->label[c->parent[at->site]], other = c->face[at->rim];
    uint8_t open = at->outward ? c->state[at->site] : (uint8_t)(other % WORD);
    if (!(open & at->bit) || other / WORD >= *mine) continue;
    *mine = other / WORD;
    *changed = true;
  }
  PetscCall(sq_any_true(c->lattice->comm, *changed, changed));
  PetscFunctionReturn(0);
}

static PetscErrorCode join_blocks(sq_clusters *c)
{
  PetscFunctionBeginUser;
  bool changed = true;
  for (const crossing *at = c->crossing; at < c->crossing + c->crossings; at++) {
    int32_t first = c->parent[at->site];
    c->label[first] = global_site(c->lattice, first);
  }
  while (changed) PetscCall(exchange_labels(c, &changed));
  for (const crossing *at = c->crossing; at < c->crossing + c->crossings; at++) {
    int32_t first = c->parent[at->site];
    bool turns = sq_cluster_turns(c->lattice->dim, c->stream, c->step, (uint64_t)c->label[first]);
    c->state[first] = (uint8_t)(c->state[first] % WORD + (turns ? SQ_CLUSTER_TURNS : 0));
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_clusters_join(sq_clusters *c)
{
  PetscFunctionBeginUser;
  join_block(c);
  if (c->lattice->size > 1) PetscCall(join_blocks(c));
  PetscFunctionReturn(0);
}

/* ---- what comes of it ---- */

void sq_clusters_turn(const sq_clusters *c, sq_field *field)
{
  const int64_t n = c->lattice->local[3], rows = c->lattice->local_volume / n;
  for (int k = 0; k < field->components; k++)
    for (int64_t row = 0; row < rows; row++)
      sq_cluster_turn_row(n, c->parent + row * n, c->state, field->data + k * field->sites + sq_field_row(field, row));
}

void sq_clusters_turning(const sq_clusters *c, int64_t row, bool *turn)
{
  const int64_t n = c->lattice->local[3];
  for (int64_t i = 0; i < n; i++) turn[i] = (c->state[c->parent[row * n + i]] & SQ_CLUSTER_TURNS) != 0;
}

void sq_clusters_inspect(const sq_clusters *c, int64_t *label, uint8_t *open)
{
  const int64_t sites = c->lattice->local_volume;
  for (int64_t i = 0; label && i < sites; i++) label[i] = global_site(c->lattice, c->parent[i]);
  for (const crossing *at = c->crossing; label && at < c->crossing + c->crossings; at++)
    label[c->parent[at->site]] = c->label[c->parent[at->site]];
  for (int64_t i = 0; label && i < sites; i++) label[i] = label[c->parent[i]];
  for (int64_t i = 0; open && i < sites; i++) open[i] = c->state[i] % WORD;
}
