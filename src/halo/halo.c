/* SPDX-License-Identifier: BSD-3-Clause */
/* Halo exchange: one list of strips, each either copied on this rank or sent in one persistent message.
 *
 * Data: arrays [batch][padded sites][site_bytes], dense, or in the layout of sq_field. For every direction vector delta
 * in
 * {-1,0,1}^d this rank's rim on that side is received from the rank at coord + delta, and the strip that fills
 * the same rim there is sent to the rank at coord - delta. Corners are exchanged directly, not in d rounds: more
 * messages, but all are in flight at once, so the whole exchange hides behind the interior work.
 */
#include "squall/halo.h"
#include <string.h>

/* A box of the padded block. */
typedef struct {
  int64_t first, count[SQ_DIM]; /* first site; extents */
} box;

typedef struct {
  box send, receive;
  int to, from, tag; /* ranks; both this rank: a copy */
  char *out, *in;    /* packed messages */
  int64_t bytes;     /* of one packed message */
} strip;

struct sq_halo {
  int batch, strips, messages;           /* messages: strips that leave this rank */
  int64_t rim[SQ_DIM];                   /* width at either side, 0 where there is none */
  int64_t stride[SQ_DIM], origin, sites; /* origin: of the first interior site */
  size_t site_bytes;
  strip *strip;
  MPI_Request *request; /* [2 messages]: receives, then sends */
};

static void set_rim(const sq_lattice *lattice, int width, sq_halo_reach reach, sq_halo *halo)
{
  for (int mu = lattice->first_dir; mu < SQ_DIM; mu++)
    halo->rim[mu] = reach == SQ_HALO_RANKS && lattice->ranks[mu] == 1 ? 0 : width;
}

static void dense_geometry(const sq_lattice *lattice, sq_halo *halo)
{
  halo->sites = 1;
  for (int mu = SQ_DIM - 1; mu >= 0; mu--) {
    halo->stride[mu] = halo->sites;
    halo->origin += halo->rim[mu] * halo->sites;
    halo->sites *= lattice->local[mu] + 2 * halo->rim[mu];
  }
}

/* The rim on the side delta (sending = false), or the interior strip that fills that rim of the rank at coord - delta.
 */
static box strip_box(const sq_lattice *lattice, const sq_halo *halo, const int delta[SQ_DIM], bool sending)
{
  box b = {halo->origin, {0}};
  for (int mu = 0; mu < SQ_DIM; mu++) {
    int64_t w = halo->rim[mu], L = lattice->local[mu], start = 0;
    b.count[mu] = delta[mu] ? w : L;
    if (delta[mu] < 0) start = sending ? L - w : -w;
    if (delta[mu] > 0) start = sending ? 0 : L;
    b.first += start * halo->stride[mu];
  }
  return b;
}

static void copy_box(const sq_halo *halo, const box *from, const box *to, char *array)
{
  size_t run = (size_t)from->count[3] * halo->site_bytes;
  for (int64_t i = 0; i < from->count[0]; i++)
    for (int64_t j = 0; j < from->count[1]; j++)
      for (int64_t k = 0; k < from->count[2]; k++) {
        int64_t shift = i * halo->stride[0] + j * halo->stride[1] + k * halo->stride[2];
        memcpy(array + (size_t)(to->first + shift) * halo->site_bytes,
               array + (size_t)(from->first + shift) * halo->site_bytes, run);
      }
}

static char *pack_box(const sq_halo *halo, const box *b, const char *array, char *out)
{
  size_t run = (size_t)b->count[3] * halo->site_bytes;
  for (int64_t i = 0; i < b->count[0]; i++)
    for (int64_t j = 0; j < b->count[1]; j++)
      for (int64_t k = 0; k < b->count[2]; k++, out += run)
        memcpy(out,
               array + (size_t)(b->first + i * halo->stride[0] + j * halo->stride[1] + k * halo->stride[2]) *
                         halo->site_bytes,
               run);
  return out;
}

static const char *unpack_box(const sq_halo *halo, const box *b, const char *in, char *array)
{
  size_t run = (size_t)b->count[3] * halo->site_bytes;
  for (int64_t i = 0; i < b->count[0]; i++)
    for (int64_t j = 0; j < b->count[1]; j++)
      for (int64_t k = 0; k < b->count[2]; k++, in += run)
        memcpy(array + (size_t)(b->first + i * halo->stride[0] + j * halo->stride[1] + k * halo->stride[2]) *
                         halo->site_bytes,
               in, run);
  return in;
}

static bool wanted(const sq_lattice *lattice, const sq_halo *halo, sq_halo_reach reach, const int delta[SQ_DIM])
{
  int length = 0;
  for (int mu = 0; mu < SQ_DIM; mu++) {
    if (!halo->rim[mu] && delta[mu]) return false;
    length += delta[mu] != 0;
  }
  if (reach == SQ_HALO_CUT && delta[SQ_DIM - 1] && lattice->ranks[SQ_DIM - 1] == 1) return false;
  return length > 0 && (reach == SQ_HALO_FULL || reach == SQ_HALO_RANKS || length == 1);
}

static PetscErrorCode add_strip(const sq_lattice *lattice, sq_halo *halo, const int delta[SQ_DIM], int tag)
{
  PetscFunctionBeginUser;
  strip *s = &halo->strip[halo->strips++];
  int ahead[SQ_DIM], behind[SQ_DIM];
  for (int mu = 0; mu < SQ_DIM; mu++) {
    ahead[mu] = lattice->coord[mu] + delta[mu];
    behind[mu] = lattice->coord[mu] - delta[mu];
  }
  s->tag = tag;
  s->from = sq_lattice_rank_at(lattice, ahead);
  s->to = sq_lattice_rank_at(lattice, behind);
  s->send = strip_box(lattice, halo, delta, true);
  s->receive = strip_box(lattice, halo, delta, false);
  if (s->from == lattice->rank) PetscFunctionReturn(0);
  s->bytes = (int64_t)halo->site_bytes * halo->batch;
  for (int mu = 0; mu < SQ_DIM; mu++) s->bytes *= s->send.count[mu];
  PetscCall(sq_alloc(s->bytes, &s->out));
  PetscCall(sq_alloc(s->bytes, &s->in));
  halo->messages++;
  PetscFunctionReturn(0);
}

static PetscErrorCode prepare_messages(const sq_lattice *lattice, sq_halo *halo)
{
  PetscFunctionBeginUser;
  PetscCall(sq_alloc(2 * halo->messages, &halo->request));
  for (int i = 0, m = 0; i < halo->strips; i++) {
    strip *s = &halo->strip[i];
    PetscMPIInt count;
    if (!s->out) continue;
    PetscCall(PetscMPIIntCast((PetscInt)s->bytes, &count));
    PetscCheck(s->bytes == count, lattice->comm, PETSC_ERR_SUP,
               "a halo message of %lld bytes is too long: use more ranks", (long long)s->bytes);
    PetscCallMPI(MPI_Recv_init(s->in, count, MPI_BYTE, s->from, s->tag, lattice->comm, &halo->request[m]));
    PetscCallMPI(
      MPI_Send_init(s->out, count, MPI_BYTE, s->to, s->tag, lattice->comm, &halo->request[halo->messages + m]));
    m++;
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_halo_check(const sq_lattice *lattice, const int64_t rim[SQ_DIM])
{
  PetscFunctionBeginUser;
  bool narrow[SQ_DIM] = {false};
  for (int mu = 0; mu < SQ_DIM; mu++) {
    PetscCall(sq_any_true(lattice->comm, lattice->local[mu] < rim[mu], &narrow[mu]));
    SqCheck(!narrow[mu], lattice->comm, SQ_ERR_INPUT,
            "blocks of %lld sites are narrower than the halo of %lld: use fewer ranks for each lattice (more replicas)",
            (long long)(lattice->extent[mu] / lattice->ranks[mu]), (long long)rim[mu]);
  }
  PetscFunctionReturn(0);
}

static PetscErrorCode create(const sq_lattice *lattice, const sq_halo *geometry, sq_halo_reach reach, sq_halo **halo)
{
  PetscFunctionBeginUser;
  PetscCall(sq_halo_check(lattice, geometry->rim));
  sq_halo *h;
  PetscCall(sq_alloc(1, &h));
  *h = *geometry;
  PetscCall(sq_alloc(81, &h->strip));
  for (int index = 0; index < 81; index++) { /* 3^4 direction vectors */
    int delta[SQ_DIM] = {index / 27 - 1, index / 9 % 3 - 1, index / 3 % 3 - 1, index % 3 - 1};
    if (wanted(lattice, h, reach, delta)) PetscCall(add_strip(lattice, h, delta, index));
  }
  PetscCall(prepare_messages(lattice, h));
  *halo = h;
  PetscFunctionReturn(0);
}

PetscErrorCode sq_halo_create(const sq_lattice *lattice, int width, sq_halo_reach reach, size_t site_bytes, int batch,
                              sq_halo **halo)
{
  PetscFunctionBeginUser;
  sq_halo geometry = {.batch = batch, .site_bytes = site_bytes};
  set_rim(lattice, width, reach, &geometry);
  dense_geometry(lattice, &geometry);
  PetscCall(create(lattice, &geometry, reach, halo));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_halo_create_field(const sq_field *shape, sq_halo_reach reach, sq_halo **halo)
{
  PetscFunctionBeginUser;
  sq_halo geometry = {
    .batch = shape->components, .site_bytes = sizeof(double), .origin = shape->origin, .sites = shape->sites};
  set_rim(shape->lattice, shape->halo, reach, &geometry);
  for (int mu = 0; mu < SQ_DIM; mu++) geometry.stride[mu] = shape->stride[mu];
  PetscCall(create(shape->lattice, &geometry, reach, halo));
  PetscFunctionReturn(0);
}

PetscErrorCode sq_halo_destroy(sq_halo **halo)
{
  PetscFunctionBeginUser;
  if (!*halo) PetscFunctionReturn(0);
  for (int m = 0; m < 2 * (*halo)->messages; m++) PetscCallMPI(MPI_Request_free(&(*halo)->request[m]));
  for (int i = 0; i < (*halo)->strips; i++) {
    sq_free(&(*halo)->strip[i].out);
    sq_free(&(*halo)->strip[i].in);
  }
  sq_free(&(*halo)->request);
  sq_free(&(*halo)->strip);
  sq_free(halo);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_halo_begin(sq_halo *halo, void *array)
{
  PetscFunctionBeginUser;
  size_t one = (size_t)halo->sites * halo->site_bytes;
  if (halo->messages) PetscCallMPI(MPI_Startall(halo->messages, halo->request));
  for (int i = 0; i < halo->strips; i++) {
    strip *s = &halo->strip[i];
    char *out = s->out;
    if (out)
      for (int b = 0; b < halo->batch; b++) out = pack_box(halo, &s->send, (char *)array + b * one, out);
  }
  if (halo->messages) PetscCallMPI(MPI_Startall(halo->messages, halo->request + halo->messages));
  for (int i = 0; i < halo->strips; i++)
    if (!halo->strip[i].out)
      for (int b = 0; b < halo->batch; b++)
        copy_box(halo, &halo->strip[i].send, &halo->strip[i].receive, (char *)array + b * one);
  PetscFunctionReturn(0);
}

PetscErrorCode sq_halo_end(sq_halo *halo, void *array)
{
  PetscFunctionBeginUser;
  if (!halo->messages) PetscFunctionReturn(0);
  size_t one = (size_t)halo->sites * halo->site_bytes;
  PetscCallMPI(MPI_Waitall(2 * halo->messages, halo->request, MPI_STATUSES_IGNORE));
  for (int i = 0; i < halo->strips; i++) {
    const char *in = halo->strip[i].in;
    if (in)
      for (int b = 0; b < halo->batch; b++) in = unpack_box(halo, &halo->strip[i].receive, in, (char *)array + b * one);
  }
  PetscFunctionReturn(0);
}

PetscErrorCode sq_halo_exchange(sq_halo *halo, void *array)
{
  PetscFunctionBeginUser;
  PetscCall(sq_halo_begin(halo, array));
  PetscCall(sq_halo_end(halo, array));
  PetscFunctionReturn(0);
}

void sq_halo_cost(const sq_halo *halo, int64_t *bytes, int *messages)
{
  *bytes = 0;
  *messages = halo->messages;
  for (int i = 0; i < halo->strips; i++)
    if (halo->strip[i].out) *bytes += halo->strip[i].bytes;
}
